using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// What a silo does when it becomes active and every <see cref="RunEngineOptions.RecoveryInterval"/> after that until it stops. A round that fails is logged, and the
/// next one tries again.
/// </summary>
internal abstract class RecoveryLoop(TimeProvider time, IOptions<RunEngineOptions> options, ILogger logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    protected CancellationToken Stopping => _stop.Token;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        GetType().Name,
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

    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task RecoverAsync();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Value.RecoveryInterval, time);
        do
        {
            try
            {
                await RecoverAsync();
            }
            catch (Exception exception) when (!Stopping.IsCancellationRequested)
            {
                RunLog.RecoveryFailed(logger, exception.GetType().FullName!);
            }
        }
        while (await timer.WaitForNextTickAsync(Stopping));
    }
}
