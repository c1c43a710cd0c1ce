using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Server.Cli;
using WarehouseImport.Server.Tests.Databases;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Tests.Runs;

/// <summary>profile-import-rules "One engine": a dry run of a sync says what the run that follows will do, and leaves nothing behind.</summary>
/// <param name="partitions">
/// With one, rows of all people meet in one order. With more, partitions are applied side by side, so that warnings about identifiers which people share fall on
/// one row or the other; there everybody has identifiers of their own.
/// </param>
public abstract class DryRunEqualsRun(TestDatabase database, int partitions) : IAsyncLifetime
{
    /// <summary>Pages smaller than a table, so that people meet over pages and partitions.</summary>
    private const int PageRows = 3;

    private static readonly Gen<string?> Name = From("Ann", "Bob", "=Sum", null);
    private static readonly Gen<string?> Consent = From("Subscribed", "Unsubscribed", "no", "Never Subscribed", "maybe", null);
    private static readonly Gen<string?> Changed = From("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.000000001Z", "2999-01-01T00:00:00Z", null);

    private static readonly Gen<string?[]> SharedRow = Gen.Select(
        From("1", "2", "3", null),
        From("ann@example.com", "bob@example.com", "ANN@example.com", "bad@@x", null),
        From("+12345678900", "+12345678901", "12", null),
        Name,
        Consent,
        Changed,
        (id, email, phone, name, consent, changed) => new[] { id, email, phone, name, consent, changed });

    private static readonly Gen<string?[]> OwnRow = Gen.Select(
        From("1", "2", "3"),
        From("p{0}@example.com", "P{0}@EXAMPLE.com", "bad@@{0}", null),
        From("+1234567890{0}", "12", null),
        Name,
        Consent,
        Changed,
        (id, email, phone, name, consent, changed) => new[] { id, email?.Replace("{0}", id, StringComparison.Ordinal), phone?.Replace("{0}", id, StringComparison.Ordinal), name, consent, changed });

    private readonly TableWarehouse _warehouse = new(TimeProvider.System);

    private ServiceProvider? _services;
    private Guid _customers;
    private Guid _newsletter;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ServiceProvider Services => _services ?? throw new InvalidOperationException("The test has not been initialised.");

    public async ValueTask InitializeAsync()
    {
        _services = await FileServices.CreateAsync(await database.CreateAsync(), new UploadOptions().MaxBytes, Cancellation, services =>
        {
            services.AddSingleton<IRunWarehouses>(_warehouse);
            services.Configure<RunEngineOptions>(options => (options.PageRows, options.Partitions) = (PageRows, partitions));
        });
        var connection = new ConnectionRecord(Guid.NewGuid(), "tables", "duckdb", new Dictionary<string, string>(), new Dictionary<string, string>(), 1, default, default);
        Assert.Equal(ConnectionWriteStatus.Written, await Services.GetRequiredService<IConnectionStore>().CreateAsync(connection, Cancellation));
        _customers = await CreateSyncAsync(connection.Id, "customers", new IdentifierDefinition("id", IdentifierKind.ExternalId, Fixed: partitions > 1));
        _newsletter = await CreateSyncAsync(connection.Id, "newsletter", new IdentifierDefinition("email", IdentifierKind.Email, Fixed: true));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_services is not null) await _services.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task DryRun_AnyTables_GivesCountsAndErrorsOfTheRunThatFollowsAndWritesNothing()
    {
        // Every case starts from what the cases before it left, watermark and boundary included.
        var row = partitions == 1 ? SharedRow : OwnRow;
        await Gen.Select(row.Array[1, 7], row.Array[1, 7], Gen.Bool, Gen.Bool, (customers, newsletter, isNewsletter, isFull) => (customers, newsletter, isNewsletter, isFull)).SampleAsync(
            async test =>
            {
                var (tested, other) = test.isNewsletter ? (_newsletter, _customers) : (_customers, _newsletter);
                _warehouse.Tables["customers"] = test.customers;
                _warehouse.Tables["newsletter"] = test.newsletter;
                await RunAsync(other, isDryRun: false, test.isFull);
                var before = await database.DumpAsync(Cancellation);
                var sync = await SyncAsync(tested);

                var dry = await RunAsync(tested, isDryRun: true, test.isFull);

                Assert.Equal(before, await database.DumpAsync(Cancellation));
                var after = await SyncAsync(tested);
                Assert.Equal((sync.Watermark, sync.BoundaryRunId, null), (after.Watermark, after.BoundaryRunId, after.ActiveRunId));
                var real = await RunAsync(tested, isDryRun: false, test.isFull);
                Assert.Equal(real.Counts, dry.Counts);
                Assert.Equal((real.Read, real.FieldsChanged, real.FieldsStale, real.NoMatch), (dry.Read, dry.FieldsChanged, dry.FieldsStale, dry.NoMatch));
                Assert.Equal(await ErrorsAsync(real), await ErrorsAsync(dry));
                Assert.Equal(real.Notices.Select(notice => notice.Detail), dry.Notices.Select(notice => notice.Detail));
            },
            iter: 40,
            threads: 1);
    }

    private static Gen<string?> From(params string?[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private async Task<Guid> CreateSyncAsync(Guid connectionId, string table, IdentifierDefinition identifier)
    {
        var definition = new SyncDefinition
        {
            Name = table,
            ConnectionId = connectionId,
            Dataset = new DatasetName("crm", table),
            Identifier = identifier,
            Cursor = new CursorDefinition("changed"),
            Fields =
            [
                new FieldMapping("id", "external_id"), new FieldMapping("email", "email"), new FieldMapping("phone", "phone_number"), new FieldMapping("name", "first_name"),
                new FieldMapping("consent", "consent.email.marketing"),
            ],
            Schedule = new ScheduleDefinition(Manual: true),
            Lookback = TimeSpan.FromDays(30),
        };
        var now = Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var sync = new SyncRecord(Guid.NewGuid(), definition, 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, now, now);
        Assert.Equal(SyncWriteStatus.Written, await Services.GetRequiredService<ISyncStore>().CreateAsync(sync, Cancellation));
        return sync.Id;
    }

    private async Task<SyncRecord> SyncAsync(Guid id) => (await Services.GetRequiredService<ISyncStore>().GetAsync(id, Cancellation))!;

    private async Task<RunRecord> RunAsync(Guid syncId, bool isDryRun, bool isFull)
    {
        var engine = Services.GetRequiredService<RunEngine>();
        var begun = await engine.BeginAsync(await SyncAsync(syncId), RunTrigger.Manual, new RunRequest(isDryRun, isFull, null), null, Cancellation);
        using var monitor = new RunMonitor(begun!.Run);
        await engine.ExecuteAsync(begun.Run, monitor, Cancellation);
        var ended = (await Services.GetRequiredService<IRunStore>().GetAsync(begun.Run.Id, Cancellation))!;
        Assert.Null(ended.Failure);
        return ended;
    }

    private Task<IReadOnlyList<string>> ErrorsAsync(RunRecord run) => ErrorRows.DescribeAsync(Services.GetRequiredService<IRunStore>(), run.Id, Cancellation);
}

public sealed class SqliteDryRunEqualsRunTests() : DryRunEqualsRun(new SqliteTestDatabase(), partitions: 1);

public sealed class PostgresDryRunEqualsRunTests() : DryRunEqualsRun(new PostgresTestDatabase(), partitions: 1);

public sealed class PartitionedDryRunEqualsRunTests() : DryRunEqualsRun(new PostgresTestDatabase(), partitions: 3);
