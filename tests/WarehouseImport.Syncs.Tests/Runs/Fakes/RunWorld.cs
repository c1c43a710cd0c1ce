using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <summary>A warehouse, a database, and processes that come and go.</summary>
sealed class RunWorld
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly IRunMappings? _mappings;

    /// <param name="mappings">The real mappings, for a test of rows and not of runs; null takes <see cref="Mappings"/>.</param>
    public RunWorld(IRunMappings? mappings = null)
    {
        _mappings = mappings;
        Time = new FakeTimeProvider(Start);
        Warehouse = new FakeWarehouse(Time);
        Database.AddSync(NewSync());
        NewProcess();
    }

    public static Guid SyncId { get; } = new("5c000000-0000-0000-0000-000000000001");

    public FakeTimeProvider Time { get; }

    public FakeDatabase Database { get; } = new();

    public FakeWarehouse Warehouse { get; }

    public FakeMappings Mappings { get; } = new();

    public RunEngineOptions Options { get; } = new()
    {
        PageRows = 3,
        PagesInFlight = 2,
        Partitions = 3,
        FirstRetryDelay = TimeSpan.FromMilliseconds(1),
        LongestRetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public TestProcess Process { get; private set; } = null!;

    public FakeStores Stores { get; private set; } = null!;

    public RunEngine Engine { get; private set; } = null!;

    public ApiImport ApiImport { get; private set; } = null!;

    public SyncRecord Sync => Database.Syncs[SyncId];

    public static SyncRecord NewSync(Guid? id = null, ScheduleDefinition? schedule = null)
    {
        var definition = new SyncDefinition
        {
            Name = $"customers {id}",
            ConnectionId = new Guid("c0000000-0000-0000-0000-000000000001"),
            Dataset = new DatasetName("crm", "customers"),
            Identifier = new IdentifierDefinition("id", Profiles.Identifiers.IdentifierKind.ExternalId),
            Cursor = new CursorDefinition("modified_at"),
            Fields = [new FieldMapping("name", "first_name")],
            Schedule = schedule ?? new ScheduleDefinition(Every: TimeSpan.FromHours(1)),
        };
        return new SyncRecord(id ?? SyncId, definition, 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, Start, Start);
    }

    /// <summary>Instant text, the given seconds before the start.</summary>
    public static string Ago(double seconds) => SourceInstant.FromDateTimeOffset(Start - TimeSpan.FromSeconds(seconds)).ToString();

    /// <summary>The old process, if any, keeps its engine; from now on this world's engine is another process's.</summary>
    public void NewProcess()
    {
        Process = new TestProcess();
        Stores = new FakeStores(Database, Process);
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        ApiImport = new ApiImport(Stores, new DirectDispatchers(Stores, Time), Time, options, new RunMetrics(new TestMeterFactory()));
        Engine = new RunEngine(
            Stores,
            Stores,
            Warehouse,
            _mappings ?? Mappings,
            new DirectDispatchers(Stores, Time),
            new RunSlots(options),
            Time,
            options,
            new RunMetrics(new TestMeterFactory()),
            NullLogger<RunEngine>.Instance);
    }

    public void Change(Func<SyncDefinition, SyncDefinition> change) =>
        Database.AddSync(Sync with { Definition = change(Sync.Definition), MappingVersion = Sync.MappingVersion + 1 });

    public async Task<RunRecord> BeginAsync(bool isDryRun = false, bool isFull = false, DateTimeOffset? dueAt = null)
    {
        var begun = await Engine.BeginAsync(Sync, RunTrigger.Manual, new RunRequest(isDryRun, isFull, null), dueAt, TestContext.Current.CancellationToken);
        Assert.NotNull(begun);
        return begun.Run;
    }

    public async Task<RunEnd> ExecuteAsync(RunRecord run, RunMonitor? monitor = null)
    {
        using var own = new RunMonitor(run);
        return await Engine.ExecuteAsync(run, monitor ?? own, TestContext.Current.CancellationToken);
    }

    /// <summary>Begins a run and drives it to its end.</summary>
    public async Task<RunRecord> RunAsync(bool isDryRun = false, bool isFull = false)
    {
        var run = await BeginAsync(isDryRun, isFull);
        await ExecuteAsync(run);
        return Database.Runs[run.Id];
    }

    /// <summary>Takes the active run over in a new process and drives it to its end.</summary>
    public async Task<RunRecord> ResumeAsync()
    {
        NewProcess();
        var run = await Engine.TakeOverAsync(Sync, TestContext.Current.CancellationToken);
        Assert.NotNull(run);
        await ExecuteAsync(run);
        return Database.Runs[run.Id];
    }

    private sealed class DirectDispatchers(FakeStores stores, TimeProvider time) : IBatchDispatchers
    {
        public Task<IBatchDispatcher> OpenAsync(RunRecord run, CancellationToken cancellationToken)
        {
            var applier = new ProfileBatchApplier(time);
            if (!run.IsDryRun) return Task.FromResult<IBatchDispatcher>(new DirectDispatcher(applier, stores));
            var scratch = new FakeScratchStore();
            return Task.FromResult<IBatchDispatcher>(new DryRunDispatcher(applier, new OverlayProfileStore(stores, scratch), scratch));
        }
    }

    private sealed class DirectDispatcher(ProfileBatchApplier applier, IProfileStore store) : IBatchDispatcher
    {
        public Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken) => applier.ApplyAsync(store, batch, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

sealed class TestMeterFactory : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
