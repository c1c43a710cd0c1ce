using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Npgsql;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>A warehouse that a test fills. Its own connections are closed before the product reads.</summary>
internal abstract class SourceWarehouse : IAsyncDisposable
{
    /// <summary>The body that creates the connection by API.</summary>
    public abstract JsonObject Connection { get; }

    /// <summary>Where the tables are: what stands before a table in the name of its dataset.</summary>
    public abstract string Schema { get; }

    /// <summary>Settings without which the server would not speak to this warehouse.</summary>
    public virtual IReadOnlyDictionary<string, string?> ServerSettings { get; } = new Dictionary<string, string?>();

    /// <summary>Makes each table what its rows say, whatever it was.</summary>
    public abstract Task WriteAsync(params SourceTable[] tables);

    /// <summary>What the product asked was understood; always true of a real database, which would have refused it.</summary>
    public virtual void AssertUnderstood()
    {
    }

    public abstract ValueTask DisposeAsync();
}

internal sealed class DuckDbSource(string folder) : SourceWarehouse
{
    public string FilePath => Path.Combine(folder, "warehouse.duckdb");

    public override JsonObject Connection => new() { ["name"] = "warehouse", ["type"] = "duckdb", ["settings"] = new JsonObject { ["path"] = FilePath } };

    public override string Schema => "main";

    public override async Task WriteAsync(params SourceTable[] tables)
    {
        await using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = FilePath }.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in tables.SelectMany(table => table.Statements()))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync();
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal sealed class PostgresSource : SourceWarehouse
{
    private readonly NpgsqlConnectionStringBuilder _target;

    private PostgresSource(string connectionString) => _target = new NpgsqlConnectionStringBuilder(connectionString);

    public override JsonObject Connection => new()
    {
        ["name"] = "warehouse",
        ["type"] = "postgres",
        ["settings"] = new JsonObject
        {
            ["host"] = _target.Host,
            ["port"] = $"{_target.Port}",
            ["database"] = _target.Database,
            ["username"] = _target.Username,
            ["ssl_mode"] = "disable",
        },
        ["secret"] = new JsonObject { ["password"] = _target.Password },
    };

    public override string Schema => "public";

    public static async Task<PostgresSource> CreateAsync() => new(await (await ThrowawayPostgres.SharedAsync()).CreateDatabaseAsync("source"));

    public override async Task WriteAsync(params SourceTable[] tables)
    {
        await using var connection = new NpgsqlConnection(_target.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in tables.SelectMany(table => table.Statements()))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    public override async ValueTask DisposeAsync() => await (await ThrowawayPostgres.SharedAsync()).DropDatabaseAsync(_target.ConnectionString);
}
