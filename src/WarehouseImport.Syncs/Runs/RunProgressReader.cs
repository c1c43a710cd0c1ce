using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Where a run stands, asked from any process of the cluster.</summary>
public interface IRunProgressReader
{
    /// <summary>The live view if the run is being driven, else what is stored. Null if there is no such run.</summary>
    Task<RunProgress?> GetAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>The run's progress at every interval it changed in, up to and including its final status; then the sequence ends.</summary>
    IAsyncEnumerable<RunProgress> WatchAsync(Guid runId, TimeSpan interval, CancellationToken cancellationToken);
}

/// <remarks>
/// While the node that drives the run does not answer (it ended, and nobody has taken the run over yet), the stored counts are shown: those of all acknowledged pages.
/// The phase of a run that has ended is its status: <c>succeeded</c>, <c>succeeded_with_row_errors</c>, <c>failed</c> or <c>cancelled</c>.
/// </remarks>
internal sealed class RunProgressReader(IRunStore runs, IGrainFactory grains, TimeProvider time, ILogger<RunProgressReader> logger) : IRunProgressReader
{
    /// <summary>The live view is read from memory, so whoever needs longer is not there.</summary>
    private static readonly TimeSpan LiveTimeout = TimeSpan.FromSeconds(2);

    public async Task<RunProgress?> GetAsync(Guid runId, CancellationToken cancellationToken) => (await ReadAsync(runId, cancellationToken))?.Progress;

    public async IAsyncEnumerable<RunProgress> WatchAsync(Guid runId, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        RunProgress? shown = null;
        while (await ReadAsync(runId, cancellationToken) is { } read)
        {
            if (read.Progress != shown) yield return read.Progress;
            shown = read.Progress;
            if (read.IsOver || !await timer.WaitForNextTickAsync(cancellationToken)) yield break;
        }
    }

    private async Task<(RunProgress Progress, bool IsOver)?> ReadAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(runId, cancellationToken) is not { } run) return null;

        var isOver = run.Status != RunStatus.Running;
        if (!isOver && !BuiltInSources.Contains(run.SyncId))
        {
            if (await LiveAsync(run, cancellationToken) is { } live && live.RunId == runId) return (live, false);
        }

        var expected = run.Window is { From: null, IsOpen: true } window ? window.Statistics.TotalRows - window.Statistics.NullCursorRows - window.Statistics.RowsAboveCeiling : (long?)null;
        return (new RunProgress(run.Id, Phase(run), run.Read, run.Counts, expected), isOver);
    }

    private async Task<RunProgress?> LiveAsync(RunRecord run, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<ISyncGrain>(run.SyncId).GetProgressAsync(cancellationToken).WaitAsync(LiveTimeout, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            RunLog.LiveProgressMissing(logger, run.Id, exception.GetType().FullName!);
            return null;
        }
    }

    private static string Phase(RunRecord run) => run.Status switch
    {
        RunStatus.Running => run.Window is null ? RunPhases.Queued : RunPhases.Importing,
        RunStatus.Succeeded => "succeeded",
        RunStatus.SucceededWithRowErrors => "succeeded_with_row_errors",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        _ => throw new InvalidOperationException($"Run {run.Id} has the unknown status {run.Status}."),
    };
}
