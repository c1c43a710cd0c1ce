namespace WarehouseImport.Storage;

/// <summary>Small texts by name: what the installation decides once and every process must agree on.</summary>
public interface ISettingStore
{
    Task<string?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Stores the value if the key has none yet.</summary>
    /// <returns>The stored value: the given one, or that of whoever came first.</returns>
    Task<string> GetOrAddAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Stores the value, replacing any.</summary>
    Task SetAsync(string key, string value, CancellationToken cancellationToken);
}

/// <summary>The encryption keys of data protection as XML texts. Entries are only ever added (S1).</summary>
public interface IKeyRingStore
{
    /// <summary>All entries, oldest first.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    Task AddAsync(string xml, CancellationToken cancellationToken);
}

/// <summary>Work that keeps the database in shape; called at start and about once a day.</summary>
public interface IStorageMaintenance
{
    /// <summary>Makes room for the history of this month and the next one, so that no import has to. Nothing to do on SQLite.</summary>
    Task PrepareHistoryAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Drops history applied before an instant: whole months on PostgreSQL, so some of it stays up to a month longer; rows on SQLite.</summary>
    /// <returns>Months or rows dropped.</returns>
    Task<long> DropHistoryAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
