using DbUp;
using DbUp.Sqlite.Helpers;
using Microsoft.Data.Sqlite;
using WarehouseImport.Storage.Sqlite;

namespace WarehouseImport.Storage.Migrations;

/// <summary>All scripts run in one BEGIN EXCLUSIVE transaction: a second process waits for it, then finds nothing left to do.</summary>
internal sealed class SqliteMigrator(SqliteDatabase database) : SchemaMigrator("sqlite")
{
    private protected override Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            database.Create();
            using var connection = database.Open();
            Execute(connection, "BEGIN EXCLUSIVE");
            try
            {
                var engine = DeployChanges.To
                    .SqliteDatabase(new SharedConnection(connection))
                    .WithScripts(Scripts)
                    .JournalToSqliteTable(JournalTable)
                    .WithVariablesDisabled()
                    .WithoutTransaction()
                    .LogTo(new SilentLog())
                    .Build();
                var names = Run(engine, ReadApplied(connection));
                Execute(connection, "COMMIT");
                return names;
            }
            catch
            {
                Execute(connection, "ROLLBACK");
                throw;
            }
        },
        cancellationToken);

    private protected override Task<IReadOnlyList<string>> GetAppliedAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (!File.Exists(database.FilePath)) return [];
            using var connection = database.Open();
            return ReadApplied(connection);
        },
        cancellationToken);

    private static IReadOnlyList<string> ReadApplied(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{JournalTable}'";
        if (command.ExecuteScalar() is 0L) return [];

        command.CommandText = $"SELECT ScriptName FROM {JournalTable} ORDER BY ScriptName";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read()) names.Add(reader.GetString(0));
        return names;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
