using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Checks and imports of files as runs: the run engine of syncs with a file in place of a warehouse. A check is a dry run (profile-import-rules 14.2).</summary>
public sealed class UploadRuns(IRunStore runs, RunEngine engine, TimeProvider time, IOptions<RunEngineOptions> options, IOptions<ConsentSettings> consent)
{
    /// <summary>Stores a new run, or returns the one that an earlier request with the same key made.</summary>
    /// <param name="id">The id of a new run.</param>
    public async Task<RunRecord> BeginAsync(Guid id, bool isCheck, string? requestKey, CancellationToken cancellationToken)
    {
        var wanted = new RunRecord
        {
            Id = id,
            SyncId = FileImports.SourceId,
            Seq = 0,
            Fence = 0,
            Trigger = RunTrigger.Api,
            IsDryRun = isCheck,
            IsFull = true,
            Status = RunStatus.Running,
            MappingVersion = 1,
            Partitions = isCheck ? 1 : options.Value.Partitions,
            RequestId = Guid.NewGuid(),
            RequestKey = requestKey,
            StartedAt = time.GetUtcNow(),
        };
        return await runs.BeginAsync(wanted, 0, cancellationToken)
            ?? throw new InvalidOperationException("The store refused a run of a file, which no other run can stand in the way of.");
    }

    /// <summary>Drives a run that was begun or taken over to its end. Every failure is an answer, never an exception.</summary>
    /// <param name="stop">Leaves the run open, to be resumed by whoever takes it over.</param>
    public Task<RunEnd> ExecuteAsync(RunRecord run, UploadInput input, RunMonitor monitor, CancellationToken stop)
    {
        var startedAt = SourceInstant.FromDateTimeOffset(run.StartedAt);
        return engine.ExecuteAsync(run, new RunInput(input.Plan.Definition, new UploadWarehouse(input, time), new UploadMappings(input, startedAt, consent.Value.AgeGatedSms)), monitor, stop);
    }
}
