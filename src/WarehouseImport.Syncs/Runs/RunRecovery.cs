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
    ILogger<RunRecovery> logger) : RecoveryLoop(time, options, logger)
{
    private const int PageOfSyncs = 200;

    private bool _wokeAll;

    protected override async Task RecoverAsync()
    {
        foreach (var syncId in await runs.ListSyncsWithActiveRunAsync(Stopping)) await ReconcileAsync(syncId);
        if (!_wokeAll) await ReconcileAllAsync();
        _wokeAll = true;
    }

    private async Task ReconcileAllAsync()
    {
        Guid? after = null;
        while (await syncs.ListAsync(after, PageOfSyncs, Stopping) is { Count: > 0 } page)
        {
            foreach (var sync in page.Where(sync => sync.Status == SyncStatus.Active && sync.ActiveRunId is null)) await ReconcileAsync(sync.Id);
            after = page[^1].Id;
        }
    }

    private async Task ReconcileAsync(Guid syncId)
    {
        try
        {
            await grains.GetGrain<ISyncGrain>(syncId).ReconcileAsync(Stopping);
        }
        catch (Exception exception) when (!Stopping.IsCancellationRequested)
        {
            // One sync that cannot be woken must not keep the others asleep.
            RunLog.ReconcileFailed(logger, syncId, exception.GetType().FullName!);
        }
    }
}
