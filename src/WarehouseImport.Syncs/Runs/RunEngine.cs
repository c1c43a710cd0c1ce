using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// The run protocol (R1–R8) without a schedule and without grains: begins, takes over and drives runs. Who may write is decided by the store alone (R9).
/// </summary>
public sealed class RunEngine(
    ISyncStore syncs,
    IRunStore runs,
    IRunWarehouses warehouses,
    IRunMappings mappings,
    IBatchDispatchers dispatchers,
    RunSlots slots,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    RunMetrics metrics,
    ILogger<RunEngine> logger)
{
    /// <summary>R1: raises the fence and stores the run.</summary>
    /// <returns>The run; the run an earlier request with the same key made; or null if another run is active or somebody else was faster.</returns>
    public async Task<BegunRun?> BeginAsync(SyncRecord sync, RunTrigger trigger, RunRequest request, DateTimeOffset? dueAt, CancellationToken cancellationToken)
    {
        var wanted = new RunRecord
        {
            Id = Guid.NewGuid(),
            SyncId = sync.Id,
            Seq = sync.LastRunSeq + 1,
            Fence = sync.Fence + 1,
            Trigger = trigger,
            IsDryRun = request.IsDryRun,
            IsFull = request.IsFull,
            Status = RunStatus.Running,
            MappingVersion = sync.MappingVersion,
            Partitions = request.IsDryRun ? 1 : options.Value.Partitions,
            RequestId = Guid.NewGuid(),
            DueAt = dueAt,
            RequestKey = request.RequestKey,
            StartedAt = time.GetUtcNow(),
        };
        var run = await runs.BeginAsync(wanted, sync.Fence, cancellationToken);
        if (run is null) return null;
        if (run.Id != wanted.Id) return new BegunRun(run, IsNew: false);

        RunLog.RunBegan(logger, run.Id, run.SyncId, run.Seq, run.Fence, trigger);
        await FaultPoint.ReachAsync(FaultPointId.RunBegun);
        return new BegunRun(run, IsNew: true);
    }

    /// <summary>Raises the fence of the sync's active run, so that whoever drove it is refused from now on.</summary>
    /// <returns>The run to go on with; null if there is none or somebody else took it.</returns>
    public async Task<RunRecord?> TakeOverAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        if (sync.ActiveRunId is not { } runId) return null;

        var run = await runs.TakeOverAsync(runId, sync.Fence, cancellationToken);
        if (run is not null) RunLog.RunTakenOver(logger, run.Id, run.SyncId, run.Fence, run.Read);
        return run;
    }

    /// <summary>Drives a run that was begun or taken over to its end. Every failure is an answer, never an exception.</summary>
    /// <param name="stop">Leaves the run open, to be resumed by whoever takes it over.</param>
    public Task<RunEnd> ExecuteAsync(RunRecord run, RunMonitor monitor, CancellationToken stop) => ExecuteAsync(run, null, monitor, stop);

    /// <param name="given">What to read instead of a sync's dataset, for a run of a built-in source.</param>
    /// <inheritdoc cref="ExecuteAsync(RunRecord, RunMonitor, CancellationToken)"/>
    internal async Task<RunEnd> ExecuteAsync(RunRecord run, RunInput? given, RunMonitor monitor, CancellationToken stop)
    {
        metrics.RunOpened();
        try
        {
            return await DriveAsync(run, given, monitor, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            RunLog.RunInterrupted(logger, run.Id);
            return RunEnd.Interrupted;
        }
        catch (Exception exception)
        {
            return await FailAsync(run, exception, stop);
        }
        finally
        {
            metrics.RunLeft();
        }
    }

    private async Task<RunEnd> DriveAsync(RunRecord run, RunInput? given, RunMonitor monitor, CancellationToken stop)
    {
        var sync = given is null ? await syncs.GetAsync(run.SyncId, stop) : null;
        var definition = given is null ? await syncs.GetDefinitionAsync(run.SyncId, run.MappingVersion, stop) : given.Definition;
        if (definition is null || (sync is null && given is null))
        {
            throw new RunFailedException(RunErrors.DefinitionMissing, $"Mapping version {run.MappingVersion} of the sync is gone.");
        }

        var position = await runs.GetPositionAsync(run.Id, stop);
        if (run.IsDryRun && position is not null)
        {
            var failure = new RunFailure(
                RunErrors.DryRunInterrupted,
                "The dry run was interrupted and its scratch copy is gone. Nothing was written.",
                "Start the dry run again.");
            return await CloseAsync(run, RunStatus.Cancelled, failure, null, stop);
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop, monitor.CancelRequested);
        IDisposable slot;
        try
        {
            slot = await slots.EnterAsync(definition.ConnectionId, waiting.Token);
        }
        catch (OperationCanceledException) when (monitor.CancelRequested.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return await CloseAsync(run, RunStatus.Cancelled, null, null, stop);
        }

        PipelineEnd end;
        SourceInstant? largest;
        using (slot)
        {
            var boundary = sync?.BoundaryRunId is { } boundaryId ? await runs.GetAsync(boundaryId, stop) : null;
            var previous = given is null ? await FindPreviousAsync(run, stop) ?? boundary : null;
            await using var dispatcher = await dispatchers.OpenAsync(run, stop);
            var pipeline = new RunPipeline(
                new RunContext(run, definition, sync?.Watermark, previous, boundary, position, monitor),
                runs,
                given?.Warehouses ?? warehouses,
                given?.Mappings ?? mappings,
                dispatcher,
                time,
                options.Value,
                metrics,
                logger);
            end = await pipeline.RunAsync(stop);
            largest = pipeline.LargestInstant;
        }

        return end switch
        {
            PipelineEnd.Fenced => Fenced(run),
            PipelineEnd.Cancelled => await CloseAsync(run, RunStatus.Cancelled, null, null, stop),
            _ => await CompleteAsync(run, monitor, largest, stop),
        };
    }

    // A run of failures longer than this falls back to the boundary run, which is the last one that read a row.
    private async Task<RunRecord?> FindPreviousAsync(RunRecord run, CancellationToken stop)
    {
        const int Newest = 50;
        var before = await runs.ListAsync(run.SyncId, run.Seq, Newest, stop);
        return before.FirstOrDefault(past => past is { IsDryRun: false, Status: RunStatus.Succeeded or RunStatus.SucceededWithRowErrors });
    }

    // R7. The store checks fence and counts and moves the watermark in the one transaction that closes the run.
    private async Task<RunEnd> CompleteAsync(RunRecord run, RunMonitor monitor, SourceInstant? largest, CancellationToken stop)
    {
        monitor.Enter(RunPhases.Finishing);
        await FaultPoint.ReachAsync(FaultPointId.AllPagesApplied);
        switch (await runs.CompleteAsync(run.Id, run.Fence, largest, time.GetUtcNow(), stop))
        {
            case RunCompletion.Fenced:
                return Fenced(run);

            case RunCompletion.CancelRequested:
                return await CloseAsync(run, RunStatus.Cancelled, null, null, stop);

            case RunCompletion.CountsDiffer:
                RunLog.CountsDiffered(logger, run.Id, run.SyncId, monitor.Progress.Read);
                throw new RunFailedException(
                    RunErrors.CountsDiffer,
                    $"The {monitor.Progress.Read} rows read differ from the sum of their outcomes. This is a defect of the product.",
                    "Report it with the run's id. A full re-read is safe.");

            default:
                await FaultPoint.ReachAsync(FaultPointId.Completed);
                return await EndedAsync(run, null, stop);
        }
    }

    private RunEnd Fenced(RunRecord run)
    {
        RunLog.FenceLost(logger, run.Id, run.Fence);
        return RunEnd.Fenced;
    }

    private async Task<RunEnd> FailAsync(RunRecord run, Exception exception, CancellationToken stop)
    {
        var (code, message, fix) = Describe(run, exception);
        var cause = exception is RunFailedException failed ? failed.InnerException : exception is Warehouses.WarehouseException ? null : exception;
        if (cause is not null) RunLog.UnexpectedFailure(logger, run.Id, cause.GetType().FullName!, cause.StackTrace);
        try
        {
            var sync = await syncs.GetAsync(run.SyncId, stop);
            DateTimeOffset? retryAt = sync is { Status: SyncStatus.Active, Definition.Schedule.Manual: false } && !run.IsDryRun
                ? RunBackoff.RetryAt(options.Value, sync.ConsecutiveFailures + 1, run.Id, time.GetUtcNow())
                : null;
            var next = run.IsDryRun ? "Nothing was written."
                : BuiltInSources.Contains(run.SyncId) ? "Rows applied before stay; importing the file again changes them no further."
                : retryAt is { } at ? FormattableString.Invariant($"The watermark has not moved; the next try is at {at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}.")
                : "The watermark has not moved; the next run starts on request.";
            return await CloseAsync(run, RunStatus.Failed, new RunFailure(code, $"{message} {next}", fix), retryAt, stop);
        }
        catch (Exception closing) when (closing is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // The store itself is away. The run stays open and the next tick resumes it, which loses nothing.
            RunLog.CloseFailed(logger, run.Id, closing.GetType().FullName!);
            return RunEnd.Interrupted;
        }
        catch (OperationCanceledException)
        {
            RunLog.RunInterrupted(logger, run.Id);
            return RunEnd.Interrupted;
        }
    }

    private async Task<RunEnd> CloseAsync(RunRecord run, RunStatus status, RunFailure? failure, DateTimeOffset? retryAt, CancellationToken stop)
    {
        if (failure is not null) RunLog.RunFailed(logger, run.Id, run.SyncId, failure.Code);
        return await runs.CloseUnfinishedAsync(run.Id, run.Fence, status, failure, time.GetUtcNow(), stop)
            ? await EndedAsync(run, retryAt, stop)
            : await EndedElsewhereAsync(run, stop);
    }

    private async Task<RunEnd> EndedAsync(RunRecord run, DateTimeOffset? retryAt, CancellationToken stop)
    {
        var stored = await runs.GetAsync(run.Id, stop);
        if (stored is null) return new RunEnd(RunEndKind.Closed, null, retryAt);

        RunLog.RunClosed(logger, run.Id, run.SyncId, stored.Status, stored.Read);
        metrics.RunClosed(stored.Status, time.GetUtcNow() - stored.StartedAt);
        return new RunEnd(RunEndKind.Closed, stored.Status, retryAt);
    }

    // The close was refused: either the completing transaction had committed and only its answer was lost, or somebody else owns the run.
    private async Task<RunEnd> EndedElsewhereAsync(RunRecord run, CancellationToken stop) =>
        await runs.GetAsync(run.Id, stop) is { Status: not RunStatus.Running } ? await EndedAsync(run, null, stop) : Fenced(run);

    private static (string Code, string Message, string? Fix) Describe(RunRecord run, Exception exception) => exception switch
    {
        RunFailedException failed => (failed.Code, failed.Message, failed.Fix),
        Warehouses.WarehouseException refused => (refused.Code, refused.Message, refused.Fix),
        _ => (RunErrors.InternalError, $"The run stopped at an unexpected error; reference {run.Id}.", null),
    };
}

/// <summary>What a run of a built-in source reads and how its rows are understood.</summary>
internal sealed record RunInput(SyncDefinition Definition, IRunWarehouses Warehouses, IRunMappings Mappings);

/// <param name="IsNew">False if an earlier request with the same key made the run.</param>
public sealed record BegunRun(RunRecord Run, bool IsNew);

/// <summary>How driving a run ended.</summary>
/// <param name="Status">The run's final status; null unless it is closed.</param>
/// <param name="RetryAt">When the failed run is tried again, as told in its failure; null otherwise.</param>
public sealed record RunEnd(RunEndKind Kind, RunStatus? Status = null, DateTimeOffset? RetryAt = null)
{
    public static RunEnd Fenced { get; } = new(RunEndKind.Fenced);

    public static RunEnd Interrupted { get; } = new(RunEndKind.Interrupted);
}

public enum RunEndKind
{
    Closed,

    /// <summary>A newer runner holds the fence.</summary>
    Fenced,

    /// <summary>The run is still open and nobody drives it.</summary>
    Interrupted,
}
