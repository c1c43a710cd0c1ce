using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Looks every few seconds for runs of files that nobody drives, so that interrupted ones resume by themselves.</summary>
internal sealed class UploadRecovery(
    IUploadStore uploads,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    ILogger<UploadRecovery> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(UploadRecovery),
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
        do
        {
            try
            {
                foreach (var runId in await uploads.ListActiveRunsAsync(_stop.Token)) await grains.GetGrain<IUploadJobGrain>(runId).ResumeAsync(_stop.Token);
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                RunLog.RecoveryFailed(logger, exception.GetType().FullName!);
            }
        }
        while (await timer.WaitForNextTickAsync(_stop.Token));
    }
}
