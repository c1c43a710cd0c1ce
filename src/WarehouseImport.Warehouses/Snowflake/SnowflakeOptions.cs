namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>How long a Snowflake warehouse may take and how much of it is read at once.</summary>
public sealed class SnowflakeOptions
{
    public const string SectionName = "Warehouses:Snowflake";

    /// <summary>A window's statement, its wait for a warehouse included, where the connection states no other time. Snowflake cancels it past that.</summary>
    /// <value>1 hour.</value>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A preview, a look at columns or a set-up check, which a person waits for.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan PreviewTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the first look at a statement that still runs; it grows by half each time up to <see cref="MaxPollDelay"/>.</summary>
    /// <value>0.1 seconds.</value>
    public TimeSpan PollDelay { get; set; } = TimeSpan.FromSeconds(0.1);

    /// <value>10 seconds.</value>
    public TimeSpan MaxPollDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Partitions of a result asked for at the same time; they are held compressed until it is their turn.</summary>
    /// <value>4.</value>
    public int ParallelPartitions { get; set; } = 4;

    /// <summary>Largest single cell (S14).</summary>
    /// <value>16 MiB.</value>
    public int MaxCellBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How long a signed token is valid. It is renewed at half its life; Snowflake accepts none older than an hour.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromMinutes(10);
}
