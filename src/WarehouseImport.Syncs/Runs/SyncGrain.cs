using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// A thin shell around <see cref="RunEngine"/>: it decides when, the engine decides how, the store decides who. A run is driven by a task of its own outside the
/// grain's turns, so that status and cancel answer at once; everything the grain does in a turn is bounded.
/// </summary>
[GrainType("sync")]
internal sealed partial class SyncGrain(
    [PersistentState(SyncAlarm.StateName, SyncAlarm.StorageName)] IPersistentState<SyncAlarm> alarm,
    ISyncStore syncs,
    IRunStore runs,
    RunEngine engine,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    RunMetrics metrics,
    ILogger<SyncGrain> logger) : Grain, ISyncGrain, IRemindable
{
    private DrivenRun? _driven;

    private Guid SyncId => this.GetPrimaryKey();

    public async Task<RunStart> StartRunAsync(RunRequest request, CancellationToken cancellationToken = default)
    {
        var sync = await syncs.GetAsync(SyncId, cancellationToken);
        if (sync is null) return new RunStart(RunStartStatus.SyncUnknown, Guid.Empty);

        if (request.IsFull) await FaultPoint.ReachAsync(FaultPointId.ResetRequested);
        var begun = await engine.BeginAsync(sync, RunTrigger.Manual, request, null, cancellationToken);
        if (begun is null)
        {
            // Either a run is active, or another activation was faster; in both cases the stored sync names the run in the way.
            var current = await syncs.GetAsync(SyncId, cancellationToken);
            if (current is null) return new RunStart(RunStartStatus.SyncUnknown, Guid.Empty);
            await ResumeInterruptedAsync(current, cancellationToken);
            return new RunStart(RunStartStatus.AlreadyRunning, current.ActiveRunId ?? Guid.Empty);
        }

        if (!begun.IsNew)
        {
            var isSame = (begun.Run.IsDryRun, begun.Run.IsFull) == (request.IsDryRun, request.IsFull);
            return new RunStart(isSame ? RunStartStatus.Repeated : RunStartStatus.KeyReused, begun.Run.Id);
        }

        Drive(begun.Run);
        await EnsureReminderAsync(cancellationToken);
        return new RunStart(RunStartStatus.Started, begun.Run.Id);
    }

    public async Task<bool> CancelRunAsync(Guid runId, CancellationToken cancellationToken = default)
    {
        if (!await runs.RequestCancelAsync(runId, cancellationToken)) return false;

        if (_driven is { } driven && driven.Run.Id == runId) driven.Monitor.RequestCancel();
        return true;
    }

    public Task<RunProgress?> GetProgressAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(_driven is { IsOver: false } driven ? driven.Monitor.Progress : null);

    public Task<DateTimeOffset?> GetNextDueAsync(CancellationToken cancellationToken = default) => Task.FromResult(Due);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_driven is not { } driven) return;

        // The run stays open in the store; whoever activates the sync next takes it over under a higher fence.
        await driven.StopAsync(cancellationToken);
        driven.Dispose();
        _driven = null;
    }

    private async Task ResumeInterruptedAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        if (sync.ActiveRunId is not { } active || _driven is { IsOver: false } driven && driven.Run.Id == active) return;

        if (await engine.TakeOverAsync(sync, cancellationToken) is { } run) Drive(run);
    }

    private void Drive(RunRecord run)
    {
        _driven?.Dispose();
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var self = this.AsReference<ISyncGrain>();
        _driven = DrivenRun.Start(engine, run, async end =>
        {
            // A fenced run belongs to somebody else and an interrupted one to whoever comes next: the next tick looks at both again.
            if (end.Kind != RunEndKind.Closed) return;
            try
            {
                await self.ReconcileAsync();
            }
            catch (Exception exception)
            {
                RunLog.ReconcileFailed(logger, run.SyncId, exception.GetType().FullName!);
            }
        });
    }

    /// <summary>The task that drives one run on the thread pool.</summary>
    private sealed class DrivenRun : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private Task _task = Task.CompletedTask;
        private volatile bool _isOver;

        private DrivenRun(RunRecord run)
        {
            Run = run;
            Monitor = new RunMonitor(run);
        }

        public RunRecord Run { get; }

        public RunMonitor Monitor { get; }

        public bool IsOver => _isOver;

        public static DrivenRun Start(RunEngine engine, RunRecord run, Func<RunEnd, Task> onEnd)
        {
            var driven = new DrivenRun(run);
            var driving = Task.Run(async () =>
            {
                var end = await engine.ExecuteAsync(run, driven.Monitor, driven._stop.Token);
                driven._isOver = true;
                return end;
            });
            driven._task = driving;
            _ = Task.Run(async () => await onEnd(await driving));
            return driven;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            if (_isOver) return;
            await _stop.CancelAsync();
            await _task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        public void Dispose()
        {
            if (!_isOver) _stop.Cancel();
        }
    }
}
