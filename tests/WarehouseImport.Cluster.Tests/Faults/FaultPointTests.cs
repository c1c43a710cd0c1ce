using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Testing;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Cluster.Tests.Faults;

/// <summary>G17, G20 over the real engine, store and warehouse: every fault point gives the same profiles and the same counts.</summary>
public abstract class FaultPointTests
{
    private const int People = 60;

    protected abstract StorageProvider Provider { get; }

    public static TheoryData<int, int> Points => new()
    {
        { (int)FaultPointId.RunBegun, 1 },
        { (int)FaultPointId.WindowStored, 1 },
        { (int)FaultPointId.PageRead, 1 },
        { (int)FaultPointId.PageRead, 5 },
        { (int)FaultPointId.PageRecorded, 1 },
        { (int)FaultPointId.PageRecorded, 5 },
        { (int)FaultPointId.BatchCommitted, 1 },
        { (int)FaultPointId.BatchCommitted, 10 },
        { (int)FaultPointId.AnswerPending, 1 },
        { (int)FaultPointId.AnswerPending, 10 },
        { (int)FaultPointId.AllPagesApplied, 1 },
        { (int)FaultPointId.Completing, 1 },
        { (int)FaultPointId.Completed, 1 },
    };

    /// <summary>Without those inside or after the completing transaction: the one holds the database's locks, the other has nothing left to write.</summary>
    public static TheoryData<int, int, bool> PointsOutsideTransactions => new(
        from point in new (FaultPointId Id, int Occurrence)[]
        {
            (FaultPointId.WindowStored, 1),
            (FaultPointId.PageRead, 5),
            (FaultPointId.PageRecorded, 5),
            (FaultPointId.BatchCommitted, 10),
            (FaultPointId.AnswerPending, 10),
            (FaultPointId.AllPagesApplied, 1),
        }
        from finishesMeanwhile in new[] { false, true }
        select ((int)point.Id, point.Occurrence, finishesMeanwhile));

    // The driver of the run is gone at the point; another one takes the run over.
    [Theory]
    [MemberData(nameof(Points))]
    public async Task Run_DriverEndsAtPoint_GivesTheSameCountsAndProfiles(int point, int occurrence)
    {
        await using var world = await World.CreateAsync(Provider);
        using var stop = new CancellationTokenSource();
        var plan = FaultPlan.At((FaultPointId)point, occurrence, async () =>
        {
            await stop.CancelAsync();
            throw new OperationCanceledException(stop.Token);
        });

        var run = await world.BeginAsync(stop.Token);
        if (run is not null) await world.ExecuteAsync(run, stop.Token);
        FaultPlan.Clear();
        var sync = await world.SyncAsync();
        if (await world.Engine.TakeOverAsync(sync, Cancellation) is { } taken) await world.ExecuteAsync(taken, Cancellation);

        Assert.True(plan.WasReached);
        Assert.Equal(point == (int)FaultPointId.Completed, sync.ActiveRunId is null);
        var (fold, expected) = world.Customers.Expect();
        var finished = Assert.Single(await world.RunsAsync());
        Assert.Equal(RunStatus.SucceededWithRowErrors, finished.Status);
        Assert.Equal(expected.ToString(), Text(finished.Counts));
        Assert.Equal((world.Customers.Table.Rows.Count, world.Customers.Table.Rows.Count), (finished.Read, finished.Counts.Total));
        await StoredProfiles.AssertEqualAsync(fold, world.Reader);
        await StoredProfiles.AssertExplainedAsync(world.Reader);
    }

    // G18: the driver stands still at the point, another one takes the run over, and then the first one goes on, before or after the other has finished: its
    // writes are refused.
    [Theory]
    [MemberData(nameof(PointsOutsideTransactions))]
    public async Task Run_DriverStallsAtPoint_IsRefusedAfterTakeover(int point, int occurrence, bool finishesMeanwhile)
    {
        await using var world = await World.CreateAsync(Provider);
        RunRecord? taken = null;
        var other = RunEnd.Interrupted;
        var plan = FaultPlan.At((FaultPointId)point, occurrence, async () =>
        {
            taken = await world.Engine.TakeOverAsync(await world.SyncAsync(), Cancellation);
            if (finishesMeanwhile) other = await world.ExecuteAsync(taken!, Cancellation);
        });

        var stalled = await world.ExecuteAsync((await world.BeginAsync(Cancellation))!, Cancellation);
        FaultPlan.Clear();
        if (!finishesMeanwhile) other = await world.ExecuteAsync(taken!, Cancellation);

        Assert.True(plan.WasReached);
        Assert.True(stalled == RunEnd.Fenced, $"The stalled driver ended as {stalled}:\n{world.Log}");
        Assert.True(other == new RunEnd(RunEndKind.Closed, RunStatus.SucceededWithRowErrors), $"The other driver ended as {other}:\n{world.Log}");
        var (fold, expected) = world.Customers.Expect();
        var finished = Assert.Single(await world.RunsAsync());
        Assert.Equal(expected.ToString(), Text(finished.Counts));
        Assert.Equal(2, finished.Fence);
        await StoredProfiles.AssertEqualAsync(fold, world.Reader);
        await StoredProfiles.AssertExplainedAsync(world.Reader);
    }

    // The point throws; the run fails, and the next one makes good.
    [Theory]
    [MemberData(nameof(Points))]
    public async Task Run_FailsAtPoint_NextRunGivesTheSameProfiles(int point, int occurrence)
    {
        if (point == (int)FaultPointId.RunBegun) point = (int)FaultPointId.WindowStored;
        await using var world = await World.CreateAsync(Provider);
        var plan = FaultPlan.At((FaultPointId)point, occurrence, () => throw new IOException("disk"));

        await world.ExecuteAsync((await world.BeginAsync(Cancellation))!, Cancellation);
        FaultPlan.Clear();
        var failed = Assert.Single(await world.RunsAsync());
        var between = await world.SyncAsync();
        await world.ExecuteAsync((await world.BeginAsync(Cancellation))!, Cancellation);

        Assert.True(plan.WasReached);
        var isAfterCommit = point == (int)FaultPointId.Completed;
        Assert.Equal(isAfterCommit ? RunStatus.SucceededWithRowErrors : RunStatus.Failed, failed.Status);
        Assert.Equal(isAfterCommit, between.Watermark is not null);
        var (fold, _) = world.Customers.Expect();
        Assert.Equal(RunStatus.SucceededWithRowErrors, (await world.RunsAsync())[0].Status);
        await StoredProfiles.AssertEqualAsync(fold, world.Reader);
        await StoredProfiles.AssertExplainedAsync(world.Reader);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Text(OutcomeCounts counts) => new ReferenceCounts
    {
        Created = counts.Created,
        Updated = counts.Updated,
        Unchanged = counts.Unchanged,
        Stale = counts.Stale,
        Duplicate = counts.Duplicate,
        Failed = counts.Failed,
    }.ToString();

    private sealed class World(TestStorage storage, DuckDbSource warehouse, ServiceProvider services, CustomerSource customers, Guid syncId) : IAsyncDisposable
    {
        /// <summary>What the engine said, for messages.</summary>
        public string Log => services.GetRequiredService<KeptLog>().ToString();

        public CustomerSource Customers => customers;

        public RunEngine Engine => services.GetRequiredService<RunEngine>();

        public IProfileReader Reader => services.GetRequiredService<IProfileReader>();

        public static async Task<World> CreateAsync(StorageProvider provider)
        {
            var storage = await TestStorage.CreateAsync(provider);
            var warehouse = new DuckDbSource(storage.Folder);
            var customers = new CustomerSource(People);
            await warehouse.WriteAsync(customers.Table);

            var configuration = new ConfigurationBuilder().AddInMemoryCollection(storage.Settings).Build();
            var services = new ServiceCollection()
                .AddSingleton<IConfiguration>(configuration)
                .AddSingleton<KeptLog>()
                .AddSingleton<ILoggerProvider>(static provider => provider.GetRequiredService<KeptLog>())
                .AddLogging()
                .AddSingleton<IBatchDispatchers, DirectDispatchers>()
                .AddSingleton<IRunWarehouses>(provider => new OneWarehouse(provider.GetServices<IWarehouseType>(), warehouse))
                .AddStorage(configuration)
                .AddProfiles()
                .AddWarehouses()
                .AddSyncSetup()
                .AddRuns()
                .Configure<RunEngineOptions>(static options => (options.PageRows, options.Partitions, options.PagesInFlight) = (8, 3, 2))
                .BuildServiceProvider();
            await services.GetRequiredService<SchemaMigrator>().MigrateAsync(Cancellation);

            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            var connectionId = Guid.NewGuid();
            var connection = new ConnectionRecord(connectionId, "warehouse", "duckdb", new Dictionary<string, string>(), new Dictionary<string, string>(), 1, now, now);
            await services.GetRequiredService<IConnectionStore>().CreateAsync(connection, Cancellation);
            var sync = new SyncRecord(Guid.NewGuid(), Definition(connectionId), 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, now, now);
            Assert.Equal(SyncWriteStatus.Written, await services.GetRequiredService<ISyncStore>().CreateAsync(sync, Cancellation));
            return new World(storage, warehouse, services, customers, sync.Id);
        }

        public async Task<SyncRecord> SyncAsync() => (await services.GetRequiredService<ISyncStore>().GetAsync(syncId, Cancellation))!;

        public Task<IReadOnlyList<RunRecord>> RunsAsync() => services.GetRequiredService<IRunStore>().ListAsync(syncId, null, 10, Cancellation);

        /// <returns>Null if the driver ended after the run was stored.</returns>
        public async Task<RunRecord?> BeginAsync(CancellationToken stop)
        {
            try
            {
                return (await Engine.BeginAsync(await SyncAsync(), RunTrigger.Manual, new RunRequest(false, false, null), null, stop))?.Run;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return null;
            }
        }

        public async Task<RunEnd> ExecuteAsync(RunRecord run, CancellationToken stop)
        {
            using var monitor = new RunMonitor(run);
            return await Engine.ExecuteAsync(run, monitor, stop);
        }

        public async ValueTask DisposeAsync()
        {
            await services.DisposeAsync();
            await warehouse.DisposeAsync();
            await storage.DisposeAsync();
        }

        private static SyncDefinition Definition(Guid connectionId) => new()
        {
            Name = "customers",
            ConnectionId = connectionId,
            Dataset = new DatasetName("main", "customers"),
            Identifier = new IdentifierDefinition("customer_id", Profiles.Identifiers.IdentifierKind.ExternalId),
            Cursor = new CursorDefinition(SourceTable.Cursor),
            Fields =
            [
                new FieldMapping("email", "email"),
                new FieldMapping("name", "first_name"),
                new FieldMapping("tier", "properties.tier", Profiles.Values.PropertyType.Text),
            ],
            Schedule = new ScheduleDefinition(Manual: true),
        };
    }

    private sealed class OneWarehouse(IEnumerable<IWarehouseType> types, DuckDbSource source) : IRunWarehouses
    {
        public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
        {
            var settings = new Dictionary<string, string> { ["path"] = source.FilePath };
            return Task.FromResult(types.Single(type => type.Name == "duckdb").Open(new WarehouseSettings(settings, new Dictionary<string, string>())));
        }
    }

    /// <summary>Applies batches without a silo, at once.</summary>
    private sealed class DirectDispatchers(IProfileStore store, ProfileBatchApplier applier) : IBatchDispatchers, IBatchDispatcher
    {
        public Task<IBatchDispatcher> OpenAsync(RunRecord run, CancellationToken cancellationToken) => Task.FromResult<IBatchDispatcher>(this);

        public Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken) => applier.ApplyAsync(store, batch, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public sealed class SqliteFaultPointTests : FaultPointTests
{
    protected override StorageProvider Provider => StorageProvider.Sqlite;
}

public sealed class PostgresFaultPointTests : FaultPointTests
{
    protected override StorageProvider Provider => StorageProvider.Postgres;
}
