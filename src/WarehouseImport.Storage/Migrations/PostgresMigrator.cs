using DbUp;
using DbUp.Postgresql;
using Npgsql;
using WarehouseImport.Storage.Postgres;

namespace WarehouseImport.Storage.Migrations;

/// <summary>All scripts run in one transaction while a session of its own holds an advisory lock: a second process waits, then finds nothing left to do.</summary>
internal sealed class PostgresMigrator(PostgresDatabase database) : SchemaMigrator("postgres")
{
    /// <summary>Arbitrary but fixed: every version of this product must wait for the same lock.</summary>
    private const long LockNumber = 0x57494D50_53434845;

    private protected override async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        await using var holder = await database.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await LockAsync(holder, "SELECT pg_advisory_lock(@number)", cancellationToken).ConfigureAwait(false);
        try
        {
            var applied = await GetAppliedAsync(cancellationToken).ConfigureAwait(false);
            return await Task.Run(
                () =>
                {
                    var engine = DeployChanges.To
                        .PostgresqlDatabase(new PostgresqlConnectionManager(database.DataSource))
                        .WithScripts(Scripts)
                        .JournalToPostgresqlTable(null, JournalTable)
                        .WithVariablesDisabled()
                        .WithTransaction()
                        .LogTo(new SilentLog())
                        .Build();
                    return Run(engine, applied);
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await LockAsync(holder, "SELECT pg_advisory_unlock(@number)", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private protected override Task<IReadOnlyList<string>> GetAppliedAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        async session =>
        {
            var table = await session.QueryAsync("SELECT to_regclass(@table) IS NOT NULL", reader => reader.GetBoolean(0), ("table", JournalTable)).ConfigureAwait(false);
            if (!table[0]) return [];
            return await session.QueryAsync($"SELECT scriptname FROM {JournalTable} ORDER BY scriptname", reader => reader.GetString(0)).ConfigureAwait(false);
        },
        cancellationToken);

    private static async Task LockAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddWithValue("number", LockNumber);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
