namespace WarehouseImport.Emulators.BigQuery;

/// <summary>Behaviour that may be changed while the emulator runs; the defaults are what the service is believed to do.</summary>
public sealed class BigQuerySwitches
{
    /// <value>Greatest size of a page's rows in bytes, whatever <c>maxResults</c> says; 10 MB.</value>
    public int PageBytes { get; set; } = 10_000_000;

    /// <value>Greatest number of rows in a page, to force paging over small tables; no limit.</value>
    public int PageRows { get; set; } = int.MaxValue;

    /// <value>How long a job takes on the emulator's clock; none.</value>
    public TimeSpan JobDuration { get; set; }

    /// <value>Answers of <c>jobComplete: false</c> or a state before DONE; 0.</value>
    public int RunningPolls { get; set; }

    /// <value>Jobs whose query contains this text run until they are cancelled.</value>
    public string? NeverFinishes { get; set; }

    /// <value>Fields of mode NULLABLE come without <c>mode</c>, as they sometimes do; off.</value>
    public bool OmitsMode { get; set; }

    /// <value>Fields no client knows are in every answer; on.</value>
    public bool AddsUnknownFields { get; set; } = true;
}
