using Microsoft.Extensions.Options;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Real runs go to the grains of the partitions; a dry run goes through the same merge over an overlay that dies with it.</summary>
internal sealed class BatchDispatchers(
    IGrainFactory grains,
    IProfileStore profiles,
    IScratchProfileStores scratchStores,
    ProfileBatchApplier applier,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    RunMetrics metrics) : IBatchDispatchers
{
    private readonly Polly.ResiliencePipeline _retry = GrainBatchDispatcher.CreateRetry(options.Value, time, metrics);

    public async Task<IBatchDispatcher> OpenAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (!run.IsDryRun) return new GrainBatchDispatcher(grains, _retry);

        var scratch = await scratchStores.CreateAsync(cancellationToken);
        return new DryRunDispatcher(applier, new OverlayProfileStore(profiles, scratch), scratch);
    }
}

/// <summary>Applies batches one after the other, as the single partition of a dry run would.</summary>
internal sealed class DryRunDispatcher(ProfileBatchApplier applier, IProfileStore overlay, IScratchProfileStore scratch) : IBatchDispatcher
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await applier.ApplyAsync(overlay, batch, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _turn.Dispose();
        await scratch.DisposeAsync();
    }
}
