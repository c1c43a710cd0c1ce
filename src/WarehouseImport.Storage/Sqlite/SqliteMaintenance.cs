namespace WarehouseImport.Storage.Sqlite;

internal sealed class SqliteMaintenance(SqliteDatabase database) : IStorageMaintenance
{
    /// <summary>Rows per transaction, so that imports wait for milliseconds, not for the whole of it.</summary>
    private const int RowsPerStep = 20_000;

    public Task PrepareHistoryAsync(DateTimeOffset now, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<long> DropHistoryAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        long dropped = 0;
        while (true)
        {
            var step = await database.WriteAsync(
                session => session.ExecuteAsync(
                    """
                    DELETE FROM changes
                    WHERE seq < coalesce((SELECT seq FROM changes WHERE applied_at >= @before ORDER BY seq LIMIT 1), (SELECT max(seq) + 1 FROM changes))
                        AND seq < (SELECT min(seq) FROM changes) + @step
                    """,
                    ("before", before),
                    ("step", RowsPerStep)),
                cancellationToken).ConfigureAwait(false);
            if (step == 0) return dropped;
            dropped += step;
        }
    }
}
