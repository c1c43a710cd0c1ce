using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Import;

/// <summary>
/// Applies a batch: load, merge in memory, commit everything in one guarded transaction. A lost race loads and merges again.
/// The grain and the dry run share it, so that both give the same counts.
/// </summary>
public sealed class ProfileBatchApplier(TimeProvider time)
{
    /// <summary>
    /// Each lost race means that another batch committed, so the attempts needed are bounded by the batches in flight at once
    /// (pages in flight × syncs that share profiles); 32 is far above what a cluster of that design produces.
    /// </summary>
    public const int MaxAttempts = 32;

    /// <exception cref="ProfileContentionException">The races were lost <see cref="MaxAttempts"/> times; nothing was written and the batch can be sent again.</exception>
    public async Task<BatchResult> ApplyAsync(IProfileStore store, ProfileBatch batch, CancellationToken cancellationToken)
    {
        var identifiers = batch.Rows.SelectMany(row => row.Identifiers).Select(claim => claim.Identifier).ToHashSet();
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var snapshot = await store.LoadAsync(batch.Key, identifiers, cancellationToken);
            if (snapshot.LedgerEntry is { } entry) return LedgerEntry.Decode(entry) with { Status = BatchStatus.Replayed };
            if (!snapshot.FenceHeld) return BatchResult.Fenced;

            var merge = new BatchMerge(batch, time.GetUtcNow());
            merge.Add(snapshot, identifiers);
            var displaced = merge.DisplacedIdentifiers();
            if (displaced.Count > 0 && !merge.TryAdd(await store.LoadAsync(batch.Key, displaced, cancellationToken), displaced)) continue;

            var result = merge.Apply();
            switch (await store.CommitAsync(merge.ToCommit(LedgerEntry.Encode(result), result.Counts), cancellationToken))
            {
                case CommitStatus.Committed:
                    await FaultPoint.ReachAsync(FaultPointId.AnswerPending);
                    return result;
                case CommitStatus.Fenced:
                    return BatchResult.Fenced;
                case CommitStatus.AlreadyApplied:
                case CommitStatus.Conflict:
                    continue;
            }
        }

        throw new ProfileContentionException(batch.Key);
    }
}
