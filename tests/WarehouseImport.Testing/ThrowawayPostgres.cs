using Npgsql;

namespace WarehouseImport.Testing;

/// <summary>
/// A PostgreSQL server for tests: the one named by <c>WAREHOUSEIMPORT_TEST_POSTGRES</c>, else one started from local binaries, else a container.
/// If none is possible the tests fail with the reasons; they are never skipped.
/// </summary>
public sealed class ThrowawayPostgres
{
    /// <summary>A connection string of a role that may create databases and roles.</summary>
    public const string EnvironmentVariable = "WAREHOUSEIMPORT_TEST_POSTGRES";

    private static readonly Lazy<Task<ThrowawayPostgres>> Shared = new(StartAsync);

    private readonly string _adminConnectionString;

    // Held so that a server of our own lives as long as the process.
    private readonly object? _owned;

    private ThrowawayPostgres(string adminConnectionString, object? owned)
    {
        _adminConnectionString = adminConnectionString;
        _owned = owned;
    }

    /// <summary>A superuser's connection string to the maintenance database.</summary>
    public string AdminConnectionString => _adminConnectionString;

    /// <summary>The server of this test process; started by the first caller, gone when the process ends however it ends.</summary>
    public static Task<ThrowawayPostgres> SharedAsync() => Shared.Value;

    /// <summary>Creates an empty UTF-8 database and returns its connection string.</summary>
    /// <param name="prefix">Start of its name, lower-case letters and digits, so that a leftover can be told apart.</param>
    public async Task<string> CreateDatabaseAsync(string prefix)
    {
        var name = $"{prefix}_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {Quote(name)} TEMPLATE template0 ENCODING 'UTF8'");
        return new NpgsqlConnectionStringBuilder(_adminConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Drops a database made by <see cref="CreateDatabaseAsync"/>, ending whoever is still connected to it.</summary>
    public async Task DropDatabaseAsync(string connectionString)
    {
        await using (var pooled = new NpgsqlConnection(connectionString)) NpgsqlConnection.ClearPool(pooled);
        await ExecuteAsync($"DROP DATABASE IF EXISTS {Quote(new NpgsqlConnectionStringBuilder(connectionString).Database!)} WITH (FORCE)");
    }

    private static async Task<ThrowawayPostgres> StartAsync()
    {
        if (Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } given) return new ThrowawayPostgres(given, null);

        var reasons = new List<string>();
        if (LocalPostgresServer.FindBinaries() is { } binaries)
        {
            try
            {
                var server = await LocalPostgresServer.StartAsync(binaries);
                return new ThrowawayPostgres(server.ConnectionString, server);
            }
            catch (InvalidOperationException failure)
            {
                reasons.Add($"the server of {binaries} did not start: {failure.Message}");
            }
        }
        else
        {
            reasons.Add("no initdb and postgres were found on PATH or under /usr/lib/postgresql");
        }

        try
        {
            var container = new Testcontainers.PostgreSql.PostgreSqlBuilder("postgres:17-alpine").Build();
            await container.StartAsync();
            return new ThrowawayPostgres(container.GetConnectionString(), container);
        }
        catch (Exception failure)
        {
            reasons.Add($"no container could be started: {failure.Message}");
        }

        throw new InvalidOperationException(
            $"These tests need PostgreSQL. Set {EnvironmentVariable}, install PostgreSQL's server binaries, or run Docker. Tried: {string.Join("; ", reasons)}.");
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private async Task ExecuteAsync(string statement)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_adminConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }
}
