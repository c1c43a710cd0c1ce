using Microsoft.Data.Sqlite;
using Npgsql;
using WarehouseImport.Storage;
using WarehouseImport.Testing;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>Where the import and its floor write: two databases of one server, or two files of one folder.</summary>
abstract class StoreUnderTest : IAsyncDisposable
{
    /// <summary>The server's settings.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    public abstract Floor Floor { get; }

    /// <summary>CPU seconds of the database's processes so far; zero where the database is a library.</summary>
    public abstract double DatabaseCpuSeconds();

    /// <summary>Bytes written so far: PostgreSQL's log, or what the process writes to SQLite's files.</summary>
    public abstract Task<long> WrittenBytesAsync(int process);

    /// <summary>Bytes of the import's profiles, identifiers and history with their indexes; of SQLite the whole file.</summary>
    public abstract Task<long> TableBytesAsync();

    public abstract Task<ContentDigest> DigestAsync();

    public abstract ValueTask DisposeAsync();

    public static async Task<StoreUnderTest> CreateAsync(StorageProvider provider, string folder) =>
        provider == StorageProvider.Sqlite ? new SqliteStore(folder) : await PostgresStore.CreateAsync();

    private sealed class SqliteStore(string folder) : StoreUnderTest
    {
        private readonly string _path = Path.Combine(folder, "data");
        private readonly SqliteFloor _floor = new(Path.Combine(folder, "floor.db"));

        public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["Storage:Provider"] = "sqlite", ["Storage:Path"] = _path };

        public override Floor Floor => _floor;

        public override double DatabaseCpuSeconds() => 0;

        public override Task<long> WrittenBytesAsync(int process) => Task.FromResult(ProcessUsage.WrittenBytes(process));

        public override async Task<long> TableBytesAsync()
        {
            await using var connection = await OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
            return (long)(await command.ExecuteScalarAsync())!;
        }

        public override async Task<ContentDigest> DigestAsync()
        {
            await using var connection = await OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT document FROM profiles";
            await using var reader = await command.ExecuteReaderAsync();
            var digest = new ContentDigest();
            while (await reader.ReadAsync()) digest = digest.Add(reader.GetString(0));
            return digest;
        }

        public override ValueTask DisposeAsync()
        {
            _floor.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<SqliteConnection> OpenAsync()
        {
            var path = Path.Combine(_path, StorageOptions.FileName);
            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            return connection;
        }
    }

    private sealed class PostgresStore(ThrowawayPostgres server, string product, string floor, NpgsqlConnection connection, PostgresFloor writer, int postmaster) : StoreUnderTest
    {
        public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
        {
            ["Storage:Provider"] = "postgres",
            ["ConnectionStrings:WarehouseImport"] = product,
        };

        public override Floor Floor => writer;

        public static async Task<PostgresStore> CreateAsync()
        {
            var server = await ThrowawayPostgres.SharedAsync();
            var product = await server.CreateDatabaseAsync("throughput");
            var floor = await server.CreateDatabaseAsync("throughput_floor");
            var connection = new NpgsqlConnection(product);
            await connection.OpenAsync();
            var postmaster = ProcessUsage.ParentOf((int)await ScalarAsync(connection, "SELECT CAST(pg_backend_pid() AS bigint)"));
            return new PostgresStore(server, product, floor, connection, await PostgresFloor.CreateAsync(floor), postmaster);
        }

        public override double DatabaseCpuSeconds() => ProcessUsage.TreeCpuSeconds(postmaster);

        public override Task<long> WrittenBytesAsync(int process) =>
            ScalarAsync(connection, "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bigint)");

        public override Task<long> TableBytesAsync() => ScalarAsync(
            connection,
            """
            SELECT CAST(pg_total_relation_size('profiles') + pg_total_relation_size('identifiers')
                + (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('changes')) AS bigint)
            """);

        public override async Task<ContentDigest> DigestAsync()
        {
            await using var command = new NpgsqlCommand("SELECT CAST(document AS text) FROM profiles", connection);
            await using var reader = await command.ExecuteReaderAsync();
            var digest = new ContentDigest();
            while (await reader.ReadAsync()) digest = digest.Add(reader.GetString(0));
            return digest;
        }

        public override async ValueTask DisposeAsync()
        {
            await writer.DisposeAsync();
            await connection.DisposeAsync();
            await server.DropDatabaseAsync(product);
            await server.DropDatabaseAsync(floor);
        }

        private static async Task<long> ScalarAsync(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }
}
