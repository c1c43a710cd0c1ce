namespace WarehouseImport.Storage.Postgres;

internal sealed class PostgresMaintenance(PostgresDatabase database) : IStorageMaintenance
{
    public Task PrepareHistoryAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("SELECT ensure_changes_month(@now), ensure_changes_month(@now + interval '1 month')", ("now", now)), cancellationToken);

    public Task<long> DropHistoryAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        async session => (await session.QueryAsync(
            "SELECT drop_changes_before(@before)", reader => reader.GetInt64(0), ("before", before)).ConfigureAwait(false))[0],
        cancellationToken);
}
