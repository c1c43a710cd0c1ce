namespace WarehouseImport.Warehouses.Postgres;

/// <summary>How long a PostgreSQL warehouse may take. The server enforces the statement, lock and idle limits.</summary>
public sealed class PostgresOptions
{
    public const string SectionName = "Warehouses:Postgres";

    /// <value>15 seconds.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>One statement, or one fetch of a page; the first fetch of a window includes its sort.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Waiting behind somebody's schema change.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>An open window that nobody reads. Its snapshot holds back VACUUM, so it must end.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A preview or a set-up check, which a person waits for.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan PreviewTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
