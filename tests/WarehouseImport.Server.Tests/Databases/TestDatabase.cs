using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;
using WarehouseImport.Storage;
using WarehouseImport.Testing;

namespace WarehouseImport.Server.Tests.Databases;

/// <summary>An empty database of one of the two kinds, for tests that run over both.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    /// <summary>A run's own account of itself, and files: what a check leaves behind.</summary>
    private static readonly string[] Accounts =
        ["runs", "run_pages", "run_errors", "run_error_codes", "run_error_counts", "uploads", "upload_chunks", "upload_jobs", "schema_versions", "syncs"];

    /// <summary>The settings of a server over this database.</summary>
    public abstract Task<IReadOnlyDictionary<string, string?>> CreateAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Every row of every table but a run's account of itself.</summary>
    public async Task<string> DumpAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        var dump = new StringBuilder();
        foreach (var table in (await ReadAsync(connection, TablesQuery, cancellationToken)).Except(Accounts, StringComparer.Ordinal))
        {
            dump.AppendLine(table);
            foreach (var row in (await ReadAsync(connection, $"SELECT * FROM {table}", cancellationToken)).Order(StringComparer.Ordinal)) dump.AppendLine(row);
        }

        return dump.ToString();
    }

    protected abstract string TablesQuery { get; }

    protected abstract Task<DbConnection> OpenAsync(CancellationToken cancellationToken);

    private static async Task<List<string>> ReadAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column =>
                reader.GetValue(column) is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture))));
        }

        return rows;
    }
}

public sealed class SqliteTestDatabase : TestDatabase
{
    private readonly TemporaryFolder _folder = new();

    protected override string TablesQuery => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

    public override Task<IReadOnlyDictionary<string, string?>> CreateAsync() => Task.FromResult<IReadOnlyDictionary<string, string?>>(
        new Dictionary<string, string?> { ["Storage:Provider"] = "Sqlite", ["Storage:Path"] = _folder.Path });

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection($"Data Source={_folder.File(StorageOptions.FileName)};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}

public sealed class PostgresTestDatabase : TestDatabase
{
    private ThrowawayPostgres? _server;
    private string? _connectionString;

    protected override string TablesQuery => "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname";

    public override async Task<IReadOnlyDictionary<string, string?>> CreateAsync()
    {
        _server = await ThrowawayPostgres.SharedAsync();

        // The server of the tests trades durability for speed, which the product refuses.
        _connectionString = new NpgsqlConnectionStringBuilder(await _server.CreateDatabaseAsync("server")) { Options = "-c synchronous_commit=on" }.ConnectionString;
        return new Dictionary<string, string?> { ["Storage:Provider"] = "Postgres", [$"ConnectionStrings:{StorageOptions.ConnectionStringName}"] = _connectionString };
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null && _connectionString is not null) await _server.DropDatabaseAsync(_connectionString);
    }

    protected override async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
