using System.Text.Json.Nodes;
using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>One job with its frozen result or its failure.</summary>
internal sealed class BigQueryJob(string project, string id, string location, DateTimeOffset createdOn)
{
    public string Project => project;

    public string Id => id;

    public string Location => location;

    public DateTimeOffset CreatedOn => createdOn;

    public required string Owner { get; init; }

    public required JsonObject Configuration { get; init; }

    public FrozenResult? Result { get; init; }

    public BigQueryError? Failure { get; set; }

    public long Bytes { get; init; }

    public TimeSpan Duration { get; init; }

    public bool NeverFinishes { get; init; }

    public int RunningPolls { get; set; }

    public bool IsCancelled { get; set; }

    /// <value>The anonymous table that holds the result.</value>
    public required (string Dataset, string Table) Destination { get; init; }

    public bool IsDone(DateTimeOffset now) => IsCancelled || (!NeverFinishes && RunningPolls == 0 && now >= CreatedOn + Duration);
}
