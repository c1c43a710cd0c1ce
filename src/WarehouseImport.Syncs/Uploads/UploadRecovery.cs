using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Looks every few seconds for runs of files that nobody drives, so that interrupted ones resume by themselves.</summary>
internal sealed class UploadRecovery(IUploadStore uploads, IGrainFactory grains, TimeProvider time, IOptions<RunEngineOptions> options, ILogger<UploadRecovery> logger)
    : RecoveryLoop(time, options, logger)
{
    protected override async Task RecoverAsync()
    {
        foreach (var runId in await uploads.ListActiveRunsAsync(Stopping)) await grains.GetGrain<IUploadJobGrain>(runId).ResumeAsync(Stopping);
    }
}
