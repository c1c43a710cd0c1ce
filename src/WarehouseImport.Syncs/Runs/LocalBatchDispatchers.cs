using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Applies batches in this process, without a silo: for commands over the embedded store. The database decides races here as everywhere (R9).</summary>
public sealed class LocalBatchDispatchers(IProfileStore profiles, IScratchProfileStores scratchStores, ProfileBatchApplier applier) : IBatchDispatchers
{
    public async Task<IBatchDispatcher> OpenAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (!run.IsDryRun) return new LocalDispatcher(applier, profiles);

        var scratch = await scratchStores.CreateAsync(cancellationToken);
        return new DryRunDispatcher(applier, new OverlayProfileStore(profiles, scratch), scratch);
    }

    private sealed class LocalDispatcher(ProfileBatchApplier applier, IProfileStore profiles) : IBatchDispatcher
    {
        public Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken) => applier.ApplyAsync(profiles, batch, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
