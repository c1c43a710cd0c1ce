using Microsoft.Extensions.Options;
using Npgsql;
using WarehouseImport.Testing;
using WarehouseImport.Warehouses.Postgres;

namespace WarehouseImport.Warehouses.Tests.Postgres;

/// <summary>A schema in the suite's database. The database's defaults are unlike ours on purpose: another zone, date style and float precision.</summary>
public sealed class PostgresSeeder : SqlWarehouseSeeder
{
    private static readonly Lazy<Task<string>> Database = new(CreateDatabaseAsync);

    private readonly NpgsqlConnectionStringBuilder _target;

    private PostgresSeeder(string connectionString) => _target = new NpgsqlConnectionStringBuilder(connectionString);

    internal PostgresTarget Target =>
        new(_target.Host!, _target.Port, _target.Database!, _target.Username!, _target.Password!, SslMode.Disable, Schemas: null);

    public static async Task<PostgresSeeder> CreateAsync() => new(await Database.Value);

    public override IWarehouse Open() => Open(_target.Username!, _target.Password!);

    public IWarehouse Open(string username, string password, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>
        {
            ["host"] = _target.Host!,
            ["port"] = $"{_target.Port}",
            ["database"] = _target.Database!,
            ["username"] = username,
            ["ssl_mode"] = "disable",
        };
        foreach (var (name, value) in settings) values[name] = value;
        return new PostgresWarehouseType(Options.Create(new PostgresOptions()))
            .Open(new WarehouseSettings(values, new Dictionary<string, string> { ["password"] = password }));
    }

    public override (IWarehouse Warehouse, string ExpectedCode) OpenRefused() => (Open(_target.Username!, "wrong"), WarehouseErrors.SignInRefused);

    protected override string SqlType(SeedType type) => type switch
    {
        SeedType.CollatedText => "varchar COLLATE \"en-x-icu\"",
        SeedType.Unreadable => "bytea",
        _ => base.SqlType(type),
    };

    public override async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = await ConnectAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>A connection of the seeder's own, for tests that hold a transaction or a lock open.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(_target.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Waits on the server until the product's connections are gone, because closing a socket reaches the server a moment later.</summary>
    public override async Task<int> CountOpenConnectionsAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(
            """
            DO $$ BEGIN
                FOR attempt IN 1..500 LOOP
                    PERFORM pg_stat_clear_snapshot();
                    EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'WarehouseImport' AND datname = current_database() AND query LIKE '%wi_window%');
                    PERFORM pg_sleep(0.01);
                END LOOP;
            END $$
            """,
            connection);
        await command.ExecuteNonQueryAsync();
        await using var count = new NpgsqlCommand(
            "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'WarehouseImport' AND datname = current_database() AND query LIKE '%wi_window%'",
            connection);
        return (int)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Returns once somebody waits for a lock on the table.</summary>
    public Task WaitForLockWaiterAsync(string table) => ExecuteAsync(
        $"""
        DO $$ BEGIN
            WHILE NOT EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
                              WHERE NOT l.granted AND n.nspname = '{Schema}' AND c.relname = '{table}') LOOP
                PERFORM pg_sleep(0.01);
            END LOOP;
        END $$
        """);

    public override async ValueTask DisposeAsync() => await ExecuteAsync($"DROP SCHEMA {Schema} CASCADE");

    private static async Task<string> CreateDatabaseAsync()
    {
        var server = await ThrowawayPostgres.SharedAsync();
        var connectionString = await server.CreateDatabaseAsync("warehouse");
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var connection = new NpgsqlConnection(server.AdminConnectionString);
        await connection.OpenAsync();
        foreach (var setting in new[] { "TimeZone = 'America/New_York'", "DateStyle = 'SQL, DMY'", "extra_float_digits = 0", "standard_conforming_strings = on" })
        {
            await using var command = new NpgsqlCommand($"ALTER DATABASE \"{name}\" SET {setting}", connection);
            await command.ExecuteNonQueryAsync();
        }

        return connectionString;
    }
}
