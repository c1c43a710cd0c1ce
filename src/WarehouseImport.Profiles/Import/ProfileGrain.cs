using Microsoft.Extensions.Logging;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Import;

[GrainType("profile-partition"), CollectionAgeLimit(Minutes = 2)]
sealed class ProfileGrain(IProfileStore store, ProfileBatchApplier applier, ProfileMetrics metrics, ILogger<ProfileGrain> logger) : Grain, IProfileGrain
{
    public async Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken = default)
    {
        var result = await applier.ApplyAsync(store, batch, cancellationToken);
        if (result.Status == BatchStatus.Fenced) ProfileLog.BatchFenced(logger, batch.Key.RunId, batch.Key.Page, batch.Key.Partition);
        metrics.BatchApplied(result, batch.Rows.Length);
        return result;
    }
}
