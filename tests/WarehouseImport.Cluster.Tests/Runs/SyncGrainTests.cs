using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Cluster.Tests.Runs;

/// <summary>Schedule and recovery (R10, G18, G19) on two silos.</summary>
public sealed class SyncGrainTests : IAsyncLifetime
{
    private readonly SyncCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Reminder_DueTimeComes_RunsOnce()
    {
        AddRows(5);
        var sync = _cluster.AddSync(new ScheduleDefinition(Every: TimeSpan.FromHours(1)));
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_cluster.Runs(sync.Id));

        var closed = _cluster.WhenRunsClosedAsync(sync.Id, 1);
        await _cluster.AdvanceUntilAsync(closed, "the scheduled run");

        var run = Assert.Single(_cluster.Runs(sync.Id));
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(RunTrigger.Schedule, run.Trigger);
        Assert.Equal(RunWorld.Start.AddHours(1), run.DueAt);
        Assert.Equal(5, run.Counts.Created);
    }

    // G19
    [Fact]
    public async Task ReconcileAsync_ManyTicksAtOnce_StartOneRun()
    {
        AddRows(5);
        var sync = _cluster.AddSync();
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        _cluster.Time.Advance(TimeSpan.FromHours(1));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken)));
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);

        Assert.Single(_cluster.Runs(sync.Id));
    }

    // G19: missed due times are answered by one run.
    [Fact]
    public async Task ReconcileAsync_ThreeDueTimesMissed_StartsOneRun()
    {
        AddRows(5);
        var sync = _cluster.AddSync();
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        _cluster.Time.Advance(TimeSpan.FromHours(3.5));

        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        var afterCatchUp = _cluster.Runs(sync.Id).Count;
        _cluster.Time.Advance(TimeSpan.FromHours(0.5));
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 2);

        Assert.Equal(1, afterCatchUp);
        Assert.Equal([RunWorld.Start.AddHours(1), RunWorld.Start.AddHours(4)], _cluster.Runs(sync.Id).Select(run => run.DueAt!.Value));
    }

    // G19: a due time that comes while a run is active waits for its end.
    [Fact]
    public async Task ReconcileAsync_DueDuringRun_RunsAfterIt()
    {
        AddRows(9);
        var sync = _cluster.AddSync();
        var (reached, release) = HoldAtPage(1);
        var started = await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        await SyncCluster.Named(reached, "the second page");

        _cluster.Time.Advance(TimeSpan.FromHours(1));
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        var second = await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);
        var during = _cluster.Runs(sync.Id).Count;
        release();
        await _cluster.WhenRunsClosedAsync(sync.Id, 2);

        Assert.Equal(RunStartStatus.Started, started.Status);
        Assert.Equal(new RunStart(RunStartStatus.AlreadyRunning, started.RunId), second);
        Assert.Equal(1, during);
        Assert.Equal([RunTrigger.Manual, RunTrigger.Schedule], _cluster.Runs(sync.Id).Select(run => run.Trigger));
    }

    [Fact]
    public async Task ReconcileAsync_Paused_IgnoresTicks()
    {
        AddRows(5);
        var sync = _cluster.AddSync();
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        lock (_cluster.Database.Gate) _cluster.Database.Syncs[sync.Id] = sync with { Status = SyncStatus.Paused };
        _cluster.Time.Advance(TimeSpan.FromHours(5));

        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);

        Assert.Empty(_cluster.Runs(sync.Id));
    }

    // Status and cancel answer while a page is being read.
    [Fact]
    public async Task CancelRunAsync_RunReads_AnswersAtOnceAndStops()
    {
        AddRows(30);
        var sync = _cluster.AddSync(new ScheduleDefinition(Manual: true));
        var (reached, release) = HoldAtPage(2);
        var started = await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);
        await SyncCluster.Named(reached, "the third page");

        var progress = await _cluster.Grain(sync.Id).GetProgressAsync(TestContext.Current.CancellationToken);
        var cancelled = await _cluster.Grain(sync.Id).CancelRunAsync(started.RunId, TestContext.Current.CancellationToken);
        release();
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);

        Assert.Equal(started.RunId, progress!.RunId);
        Assert.Equal(RunPhases.Importing, progress.Phase);
        Assert.Equal(30, progress.ExpectedRows);
        Assert.True(cancelled);
        Assert.Equal(RunStatus.Cancelled, Assert.Single(_cluster.Runs(sync.Id)).Status);
    }

    [Fact]
    public async Task StartRunAsync_RequestKeyRepeated_ReturnsTheFirstRun()
    {
        AddRows(2);
        var sync = _cluster.AddSync(new ScheduleDefinition(Manual: true));
        var request = new RunRequest(false, false, "key");
        var first = await _cluster.Grain(sync.Id).StartRunAsync(request, TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);

        var second = await _cluster.Grain(sync.Id).StartRunAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(new RunStart(RunStartStatus.Repeated, first.RunId), second);
        Assert.Single(_cluster.Runs(sync.Id));
    }

    [Fact]
    public async Task StartRunAsync_RequestKeyOfAnotherKindOfRun_StartsNothing()
    {
        AddRows(2);
        var sync = _cluster.AddSync(new ScheduleDefinition(Manual: true));
        var first = await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, "key"), TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);

        var second = await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(true, false, "key"), TestContext.Current.CancellationToken);

        Assert.Equal(new RunStart(RunStartStatus.KeyReused, first.RunId), second);
        Assert.Single(_cluster.Runs(sync.Id));
    }

    [Fact]
    public async Task StartRunAsync_UnknownSync_SaysSo()
    {
        var start = await _cluster.Grain(Guid.NewGuid()).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);

        Assert.Equal(RunStartStatus.SyncUnknown, start.Status);
    }

    // R8: a failed run is tried again after the back-off, not at the next due time.
    [Fact]
    public async Task Run_Fails_IsTriedAgainAfterTheBackoff()
    {
        AddRows(2);
        var sync = _cluster.AddSync(new ScheduleDefinition(Every: TimeSpan.FromDays(1)));
        var failures = 0;
        _cluster.Warehouse.OnOpen = () =>
        {
            if (Interlocked.Increment(ref failures) == 1) throw new WarehouseException(WarehouseErrors.PermissionDenied, "SELECT was refused.");
        };
        await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 1);
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        var atOnce = _cluster.Runs(sync.Id).Count;

        _cluster.Time.Advance(TimeSpan.FromSeconds(72));
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        await _cluster.WhenRunsClosedAsync(sync.Id, 2);

        Assert.Equal(1, atOnce);
        Assert.Equal([RunStatus.Failed, RunStatus.Succeeded], _cluster.Runs(sync.Id).Select(run => run.Status));
    }

    [Fact]
    public async Task Run_FailsThirtyTimes_PausesTheSync()
    {
        var sync = _cluster.AddSync();
        await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        _cluster.Warehouse.OnOpen = () => throw new WarehouseException(WarehouseErrors.PermissionDenied, "SELECT was refused.");
        for (var failure = 1; failure <= 30; failure++)
        {
            _cluster.Time.Advance(TimeSpan.FromHours(2));
            await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
            await _cluster.WhenRunsClosedAsync(sync.Id, failure);
            await _cluster.Grain(sync.Id).ReconcileAsync(TestContext.Current.CancellationToken);
        }

        var paused = _cluster.Sync(sync.Id);

        Assert.Equal(30, paused.ConsecutiveFailures);
        Assert.Equal(SyncStatus.PausedAutomatically, paused.Status);
    }

    // G17, G18: the run goes on in the other silo by itself, exactly where it stood.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_SiloGoesAwayInTheMiddle_FinishesOnTheOther(bool isKilled)
    {
        AddRows(30);
        var sync = _cluster.AddSync(new ScheduleDefinition(Manual: true));
        var (reached, release) = HoldAtPage(4);
        await _cluster.Grain(sync.Id).StartRunAsync(new RunRequest(false, false, null), TestContext.Current.CancellationToken);
        await SyncCluster.Named(reached, "the fifth page");
        var first = _cluster.Reader!;

        var going = isKilled ? _cluster.KillAsync(first) : _cluster.StopAsync(first);
        _cluster.Warehouse.HoldPage = null;
        await SyncCluster.Named(going, $"the silo {first} to go");
        release();
        await _cluster.AdvanceUntilAsync(_cluster.WhenRunsClosedAsync(sync.Id, 1), "the other silo to finish the run");

        var run = Assert.Single(_cluster.Runs(sync.Id));
        Assert.NotEqual(first, _cluster.Reader);
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(new OutcomeCounts(Created: 30), run.Counts);
        Assert.True(run.Fence > 1);
        Assert.Equal(30, _cluster.Database.Identifiers.Count);
    }

    private (Task Reached, Action Release) HoldAtPage(int page)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.Warehouse.HoldPage = async (number, cancellationToken) =>
        {
            if (number != page) return;
            reached.TrySetResult();
            await released.Task.WaitAsync(cancellationToken);
        };
        return (reached.Task, () => released.TrySetResult());
    }

    private void AddRows(int count) =>
        _cluster.Warehouse.Rows.AddRange(Enumerable.Range(0, count).Select(row => new SourceRow(RunWorld.Ago(300 - row / 2), $"id{row}", $"Name {row}")));
}
