using Polly;
using Polly.Retry;
using WarehouseImport.Profiles.Import;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// Sends each batch to the grain of its partition. A time-out or a rejected call means an unknown outcome, so the very same message is sent again:
/// the ledger answers with the stored result if it had been applied.
/// </summary>
internal sealed class GrainBatchDispatcher(IGrainFactory grains, ResiliencePipeline retry) : IBatchDispatcher
{
    /// <summary>The retry layer of batches: exponential with jitter, bounded (H27).</summary>
    public static ResiliencePipeline CreateRetry(RunEngineOptions options, TimeProvider time, RunMetrics metrics)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.BatchAttempts == 1) return builder.Build();
        return builder
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is not (null or OperationCanceledException or RunFailedException)),
                MaxRetryAttempts = options.BatchAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstRetryDelay,
                MaxDelay = options.LongestRetryDelay,
                OnRetry = _ =>
                {
                    metrics.BatchRetried();
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    public async Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            return await retry.ExecuteAsync(
                static async (state, token) => await state.grains.GetGrain<IProfileGrain>(state.batch.Key.Partition).ApplyAsync(state.batch, token),
                (grains, batch),
                cancellationToken);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or RunFailedException))
        {
            throw new RunFailedException(
                RunErrors.ProfilesUnavailable,
                $"Partition {batch.Key.Partition} of the profiles did not answer for page {batch.Key.Page}.",
                "Check that all servers of the cluster and their database are up.",
                exception);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
