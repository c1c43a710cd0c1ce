using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// Wakes syncs when a silo starts, so that reminders exist and interrupted runs resume by themselves, and looks every few seconds for active runs that
/// nobody drives: a sync that drives its run answers that everything is in order.
/// </summary>
internal sealed class RunRecovery(
    ISyncStore syncs,
    IRunStore runs,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    ILogger<RunRecovery> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int PageOfSyncs = 200;

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(RunRecovery),
        ServiceLifecycleStage.Active,
        _ =>
        {
            _loop = Task.Run(RunAsync, CancellationToken.None);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stop.CancelAsync();
            await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Value.RecoveryInterval, time);
        var isFirst = true;
        try
        {
            do
            {
                try
                {
                    foreach (var syncId in await runs.ListSyncsWithActiveRunAsync(_stop.Token)) await ReconcileAsync(syncId);
                    if (isFirst) await ReconcileAllAsync();
                    isFirst = false;
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    RunLog.RecoveryFailed(logger, exception.GetType().FullName!);
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task ReconcileAllAsync()
    {
        Guid? after = null;
        while (await syncs.ListAsync(after, PageOfSyncs, _stop.Token) is { Count: > 0 } page)
        {
            foreach (var sync in page.Where(sync => sync.Status == SyncStatus.Active && sync.ActiveRunId is null)) await ReconcileAsync(sync.Id);
            after = page[^1].Id;
        }
    }

    private async Task ReconcileAsync(Guid syncId)
    {
        try
        {
            await grains.GetGrain<ISyncGrain>(syncId).ReconcileAsync(_stop.Token);
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            // One sync that cannot be woken must not keep the others asleep.
            RunLog.ReconcileFailed(logger, syncId, exception.GetType().FullName!);
        }
    }
}
