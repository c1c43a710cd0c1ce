using Microsoft.Extensions.Logging;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Uploads;

[GrainType("upload-job")]
internal sealed class UploadJobGrain(IRunStore runs, UploadService uploads, UploadRuns uploadRuns, TimeProvider time, ILogger<UploadJobGrain> logger) : Grain, IUploadJobGrain
{
    private readonly CancellationTokenSource _stop = new();
    private Task _driving = Task.CompletedTask;
    private RunMonitor? _monitor;

    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        if (!_driving.IsCompleted) return;
        if (await runs.GetAsync(this.GetPrimaryKey(), cancellationToken) is not { Status: RunStatus.Running } stored) return;

        // Raising the fence keeps a process that was only slow from recording further pages (R9).
        if (await runs.TakeOverAsync(stored.Id, stored.Fence, cancellationToken) is not { } run) return;
        if (await uploads.GetInputAsync(run.Id, cancellationToken) is not { } input)
        {
            var failure = new RunFailure(RunErrors.DefinitionMissing, "The file of this run is gone.", "Upload it again.");
            await runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Failed, failure, time.GetUtcNow(), cancellationToken);
            return;
        }

        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var monitor = _monitor = new RunMonitor(run);
        _driving = Task.Run(() => DriveAsync(run, input, monitor), CancellationToken.None);
    }

    public async Task<bool> CancelAsync(CancellationToken cancellationToken = default)
    {
        if (!await runs.RequestCancelAsync(this.GetPrimaryKey(), cancellationToken)) return false;

        // A run that waits for a place does not look at the store, and one whose process is gone has nobody to look: taken over, it ends at once.
        if (_driving.IsCompleted) await ResumeAsync(cancellationToken);
        else _monitor?.RequestCancel();
        return true;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // The run stays open in the store; whoever looks for active runs next takes it over.
        await _stop.CancelAsync();
        await _driving.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _monitor?.Dispose();
        _stop.Dispose();
    }

    private async Task DriveAsync(RunRecord run, UploadInput input, RunMonitor monitor)
    {
        var end = await uploadRuns.ExecuteAsync(run, input, monitor, _stop.Token);
        if (end.Kind == RunEndKind.Fenced) RunLog.FenceLost(logger, run.Id, run.Fence);
        DelayDeactivation(TimeSpan.Zero);
    }
}
