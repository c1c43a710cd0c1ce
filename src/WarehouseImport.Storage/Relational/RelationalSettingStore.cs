namespace WarehouseImport.Storage.Relational;

internal sealed class RelationalSettingStore(Database database) : ISettingStore
{
    public Task<string?> GetAsync(string key, CancellationToken cancellationToken) => database.ReadAsync(session => FindAsync(session, key), cancellationToken);

    public Task<string> GetOrAddAsync(string key, string value, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(
                "INSERT INTO settings (key, value) VALUES (@key, @value) ON CONFLICT (key) DO NOTHING",
                ("key", key),
                ("value", value)).ConfigureAwait(false);
            return await FindAsync(session, key).ConfigureAwait(false) ?? value;
        },
        cancellationToken);

    public Task SetAsync(string key, string value, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "INSERT INTO settings (key, value) VALUES (@key, @value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            ("key", key),
            ("value", value)),
        cancellationToken);

    private static Task<string?> FindAsync(Session session, string key) =>
        session.FirstAsync("SELECT value FROM settings WHERE key = @key", reader => reader.GetString(0), ("key", key));
}

internal sealed class RelationalKeyRingStore(Database database) : IKeyRingStore
{
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync("SELECT xml FROM key_ring ORDER BY id", reader => reader.GetString(0)), cancellationToken).ConfigureAwait(false);

    public Task AddAsync(string xml, CancellationToken cancellationToken) =>
        database.WriteAsync(session => session.ExecuteAsync("INSERT INTO key_ring (xml) VALUES (@xml)", ("xml", xml)), cancellationToken);
}
