using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Reminders;
using Orleans.TestingHost;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Cluster.Tests.Runs;

/// <summary>Two silos over one database, one warehouse and one clock that stands still unless a test moves it.</summary>
public sealed class SyncCluster : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, TestProcess> _processes = new();
    private InProcessTestCluster? _cluster;

    internal FakeTimeProvider Time { get; } = new(RunWorld.Start);

    internal FakeDatabase Database { get; } = new();

    internal FakeWarehouse Warehouse { get; }

    internal RunEngineOptions Options { get; } = new() { PageRows = 3, PagesInFlight = 2, Partitions = 4 };

    /// <summary>Name of the silo that opened the warehouse last.</summary>
    internal volatile string? Reader;

    public SyncCluster() => Warehouse = new FakeWarehouse(Time);

    internal InProcessTestCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not deployed.");

    internal ISyncGrain Grain(Guid syncId) => Cluster.Client.GetGrain<ISyncGrain>(syncId);

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((silo, siloBuilder) =>
        {
            var process = new TestProcess();
            _processes[silo.SiloName] = process;
            var stores = new FakeStores(Database, process);
            siloBuilder.UseInMemoryReminderService();
            siloBuilder.AddMemoryGrainStorage(SyncAlarm.StorageName);
            siloBuilder.Services
                .AddSingleton<TimeProvider>(Time)
                .UseTimeProviderForBackgroundAreas(TimeProvider.System)
                .AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, Time)
                .AddSingleton<ISyncStore>(stores)
                .AddSingleton<IRunStore>(stores)
                .AddSingleton<IProfileStore>(stores)
                .AddSingleton<IScratchProfileStores, FakeScratchStores>()
                .AddSingleton<IRunMappings>(new FakeMappings())
                .AddSingleton<IRunWarehouses>(new NamedWarehouses(this, silo.SiloName))
                .AddProfiles()
                .AddRuns()
                .Configure<RunEngineOptions>(options =>
                {
                    options.PageRows = Options.PageRows;
                    options.PagesInFlight = Options.PagesInFlight;
                    options.Partitions = Options.Partitions;
                });
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    internal SyncRecord AddSync(ScheduleDefinition? schedule = null)
    {
        var sync = RunWorld.NewSync(Guid.NewGuid(), schedule);
        lock (Database.Gate) Database.AddSync(sync);
        return sync;
    }

    internal SyncRecord Sync(Guid id)
    {
        lock (Database.Gate) return Database.Syncs[id];
    }

    internal List<RunRecord> Runs(Guid syncId)
    {
        lock (Database.Gate) return [.. Database.Runs.Values.Where(run => run.SyncId == syncId).OrderBy(run => run.Seq)];
    }

    internal Task WhenRunsClosedAsync(Guid syncId, int count) => Named(
        Database.WhenAsync(database => database.Syncs[syncId].ActiveRunId is null && database.Runs.Values.Count(run => run.SyncId == syncId && run.FinishedAt is not null) >= count),
        $"{count} closed runs of sync {syncId}");

    /// <summary>Moves the clock in steps of the recovery interval until the task is done.</summary>
    internal async Task AdvanceUntilAsync(Task done, string phase)
    {
        for (var step = 0; step < 500 && !done.IsCompleted; step++)
        {
            Time.Advance(Options.RecoveryInterval);
            await Task.WhenAny(done, Grain(Guid.NewGuid()).GetProgressAsync());
        }

        await Named(done, phase);
    }

    /// <summary>Ends the process behind a silo: its database connection first, so that nothing of a graceful stop is left of it.</summary>
    internal async Task KillAsync(string siloName)
    {
        _processes[siloName].End();
        await Cluster.KillSiloAsync(Cluster.Silos.First(silo => silo.Name == siloName));
    }

    internal Task StopAsync(string siloName) => Cluster.StopSiloAsync(Cluster.Silos.First(silo => silo.Name == siloName));

    internal static async Task Named(Task task, string phase)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Still waiting for {phase} after 30 s.");
        }
    }

    private sealed class NamedWarehouses(SyncCluster cluster, string siloName) : IRunWarehouses
    {
        public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
        {
            cluster.Reader = siloName;
            return cluster.Warehouse.OpenAsync(connectionId, cancellationToken);
        }
    }

    private sealed class FakeScratchStores : IScratchProfileStores
    {
        public Task<IScratchProfileStore> CreateAsync(CancellationToken cancellationToken) => Task.FromResult<IScratchProfileStore>(new FakeScratchStore());
    }
}
