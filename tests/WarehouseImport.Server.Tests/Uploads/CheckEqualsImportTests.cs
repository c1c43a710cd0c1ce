using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using WarehouseImport.Server.Cli;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Testing;

namespace WarehouseImport.Server.Tests.Uploads;

/// <summary>profile-import-rules 14.2: a check says what the import will do, and leaves nothing behind.</summary>
public abstract partial class CheckEqualsImport : IAsyncLifetime
{
    // A check's own account of itself, and the files; everything else in the database must be as before.
    private static readonly string[] OwnTables = ["runs", "run_errors", "run_error_codes", "run_error_counts", "uploads", "upload_chunks", "upload_jobs", "schema_versions"];

    // Few people, instants and values, so that rows meet stored profiles, repeat and contradict each other.
    private static readonly Gen<string> Row = Gen.Select(
        From("ann@example.com", "bob@example.com", "ANN@example.com", "bad@@x", "", "cid@example.com"),
        From("1", "2", "3", ""),
        From("+4930123456", "030 123456", "12", ""),
        From("Ann", "Bob", "=Sum", "", "Line\nbreak"),
        From("52.5", "north", ""),
        From("2026-01-01", "2026-01-02 10:00:00", "never", "2999-01-01", ""),
        (email, id, phone, name, latitude, changed) => $"{email},{id},{phone},\"{name}\",{latitude},{changed}");

    private static readonly Gen<(string[] Before, string[] File, bool IsDated)> Case = Gen.Select(Row.Array[0, 5], Row.Array[1, 9], Gen.Bool);

    private ServiceProvider? _services;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ServiceProvider Services => _services ?? throw new InvalidOperationException("The test has not been initialised.");

    public async ValueTask InitializeAsync() => _services = await FileServices.CreateAsync(await CreateDatabaseAsync(), new UploadOptions().MaxBytes, Cancellation);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_services is not null) await _services.DisposeAsync();
        await DropDatabaseAsync();
    }

    [Fact]
    public async Task Check_AnyFile_GivesCountsAndErrorsOfTheImportThatFollowsAndWritesNothing()
    {
        // Every case starts from what the cases before it left: a database that fills up.
        await Case.SampleAsync(
            async test =>
            {
                if (test.Before.Length > 0) await RunAsync(test.Before, isCheck: false, test.IsDated);
                var before = await DumpAsync();

                var check = await RunAsync(test.File, isCheck: true, test.IsDated);

                Assert.Equal(before, await DumpAsync());
                var import = await RunAsync(test.File, isCheck: false, test.IsDated);
                Assert.Equal(import.Counts, check.Counts);
                Assert.Equal(await ErrorsAsync(import), await ErrorsAsync(check));
                Assert.Equal(test.File.Length, check.Read);
            },
            iter: 40,
            threads: 1);
    }

    protected abstract Task<IReadOnlyDictionary<string, string?>> CreateDatabaseAsync();

    protected abstract Task DropDatabaseAsync();

    protected abstract Task<DbConnection> OpenAsync();

    protected abstract string TablesQuery { get; }

    private async Task<RunRecord> RunAsync(string[] rows, bool isCheck, bool isDated)
    {
        var file = Encoding.UTF8.GetBytes("Email,External ID,Phone,First Name,Latitude,updated_at\n" + string.Join('\n', rows) + "\n");
        var description = await UploadScan.ReadAsync(new MemoryStream(file), Cancellation);
        var request = JsonSerializer.SerializeToElement(isDated ? (object)new { modifiedAt = "updated_at" } : new { });
        var plan = UploadPlanReader.Read(request, description).Plan!;
        var uploads = Services.GetRequiredService<UploadRuns>();
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck, null, Cancellation);
        using var monitor = new RunMonitor(run);
        await uploads.ExecuteAsync(run, UploadService.InputOf(plan, description, _ => Task.FromResult<Stream>(new MemoryStream(file))), monitor, Cancellation);
        var ended = (await Services.GetRequiredService<IRunStore>().GetAsync(run.Id, Cancellation))!;
        Assert.Null(ended.Failure);
        return ended;
    }

    // A profile that only the import creates has another id than the one the check made up.
    private async Task<IEnumerable<string>> ErrorsAsync(RunRecord run) =>
        (await Services.GetRequiredService<IRunStore>().GetErrorsAsync(run.Id, null, null, 1000, Cancellation)).Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Line} {row.Outcome} {row.Identifier} {string.Join(", ", row.Problems.Select(entry => $"{entry.Problem.Code} {entry.Column} {ProfileId().Replace(entry.Problem.Detail, "(id)")}"))} | {string.Join('|', row.Cells)}"));

    private async Task<string> DumpAsync()
    {
        await using var connection = await OpenAsync();
        var dump = new StringBuilder();
        foreach (var table in (await ReadAsync(connection, TablesQuery)).Except(OwnTables, StringComparer.Ordinal))
        {
            dump.AppendLine(table);
            foreach (var row in (await ReadAsync(connection, $"SELECT * FROM {table}")).Order(StringComparer.Ordinal)) dump.AppendLine(row);
        }

        return dump.ToString();
    }

    private static Gen<string> From(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static async Task<List<string>> ReadAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancellation))
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column =>
                reader.GetValue(column) is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture))));
        }

        return rows;
    }

    [GeneratedRegex("[0-9A-HJKMNP-TV-Z]{26}")]
    private static partial Regex ProfileId();
}

public sealed class SqliteCheckEqualsImportTests : CheckEqualsImport
{
    private readonly TemporaryFolder _folder = new();

    protected override string TablesQuery => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

    protected override Task<IReadOnlyDictionary<string, string?>> CreateDatabaseAsync() => Task.FromResult<IReadOnlyDictionary<string, string?>>(
        new Dictionary<string, string?> { ["Storage:Provider"] = "Sqlite", ["Storage:Path"] = _folder.Path });

    protected override Task DropDatabaseAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    protected override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={_folder.File(StorageOptions.FileName)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}

public sealed class PostgresCheckEqualsImportTests : CheckEqualsImport
{
    private ThrowawayPostgres? _server;
    private string? _connectionString;

    protected override string TablesQuery => "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname";

    protected override async Task<IReadOnlyDictionary<string, string?>> CreateDatabaseAsync()
    {
        _server = await ThrowawayPostgres.SharedAsync();

        // The server of the tests trades durability for speed, which the product refuses.
        _connectionString = new NpgsqlConnectionStringBuilder(await _server.CreateDatabaseAsync("uploads")) { Options = "-c synchronous_commit=on" }.ConnectionString;
        return new Dictionary<string, string?> { ["Storage:Provider"] = "Postgres", [$"ConnectionStrings:{StorageOptions.ConnectionStringName}"] = _connectionString };
    }

    protected override Task DropDatabaseAsync() => _server is not null && _connectionString is not null ? _server.DropDatabaseAsync(_connectionString) : Task.CompletedTask;

    protected override async Task<DbConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
