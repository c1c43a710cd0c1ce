using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>One statement that was accepted, with its frozen result or its failure.</summary>
internal sealed class SnowflakeStatement(string handle, string requestId, string body, string owner, DateTimeOffset createdOn)
{
    public string Handle => handle;

    public string RequestId => requestId;

    public string Body => body;

    public string Owner => owner;

    public DateTimeOffset CreatedOn => createdOn;

    public FrozenResult? Result { get; init; }

    public SnowflakeError? Failure { get; init; }

    public SnowflakeFormats Formats { get; init; } = new();

    /// <value>First row and count of each partition.</value>
    public IReadOnlyList<(int Start, int Count)> Partitions { get; init; } = [];

    public TimeSpan Duration { get; init; }

    public bool NeverFinishes { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <value>GETs still to be answered with 202.</value>
    public int RunningPolls { get; set; }

    public bool ThrottlesOnce { get; set; }

    public bool IsCancelled { get; set; }

    public bool IsRunning(DateTimeOffset now) => !IsCancelled && (NeverFinishes || RunningPolls > 0 || now < CreatedOn + Duration);
}

/// <summary>Session parameters that change cells into formatted text.</summary>
internal sealed record SnowflakeFormats
{
    public string TimeZone { get; init; } = "America/Los_Angeles";

    public string? Date { get; init; }

    public string? Time { get; init; }

    public string? Timestamp { get; init; }

    public string? TimestampNtz { get; init; }

    public string? TimestampLtz { get; init; }

    public string? TimestampTz { get; init; }

    public string? Binary { get; init; }

    public bool WritesNullAsText { get; init; }
}
