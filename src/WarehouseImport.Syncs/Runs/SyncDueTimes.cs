using Microsoft.Extensions.Logging;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Runs;

/// <summary>When scheduled syncs run next, asked from whatever process keeps their alarms.</summary>
public sealed class SyncDueTimes(IGrainFactory grains, TimeProvider time, ILogger<SyncDueTimes> logger)
{
    /// <summary>The due time is read from memory, so whoever needs longer is not there.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The next due time or retry; null for a manual or paused sync, and while the process that keeps its alarm does not answer.</summary>
    public async Task<DateTimeOffset?> GetAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        if (sync.Status != SyncStatus.Active || sync.Definition.Schedule.Manual) return null;
        try
        {
            return await grains.GetGrain<ISyncGrain>(sync.Id).GetNextDueAsync(cancellationToken).WaitAsync(AnswerTimeout, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            RunLog.DueTimeMissing(logger, sync.Id, exception.GetType().FullName!);
            return null;
        }
    }
}
