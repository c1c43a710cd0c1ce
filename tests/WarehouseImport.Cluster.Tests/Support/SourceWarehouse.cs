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

    public Task WriteAsync(params SourceTable[] tables) => ExecuteAsync([.. tables.SelectMany(table => table.Statements())]);

    public abstract Task ExecuteAsync(params string[] statements);

    public abstract ValueTask DisposeAsync();
}

internal sealed class DuckDbSource(string folder) : SourceWarehouse
{
    private readonly string _path = Path.Combine(folder, "warehouse.duckdb");

    public override JsonObject Connection => new() { ["name"] = "warehouse", ["type"] = "duckdb", ["settings"] = new JsonObject { ["path"] = _path } };

    public override async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = _path }.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in statements)
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

    public static async Task<PostgresSource> CreateAsync() => new(await (await ThrowawayPostgres.SharedAsync()).CreateDatabaseAsync("source"));

    public override async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = new NpgsqlConnection(_target.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    public override async ValueTask DisposeAsync() => await (await ThrowawayPostgres.SharedAsync()).DropDatabaseAsync(_target.ConnectionString);
}
