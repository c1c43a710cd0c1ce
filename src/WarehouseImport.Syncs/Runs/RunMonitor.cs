using WarehouseImport.Profiles;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Stages of a run that a person can watch.</summary>
public static class RunPhases
{
    /// <summary>Waits for a place among the runs of its connection.</summary>
    public const string Queued = "queued";

    /// <summary>The warehouse works on the statement; no row has arrived.</summary>
    public const string Reading = "reading";

    /// <summary>Rows arrive and are applied.</summary>
    public const string Importing = "importing";

    /// <summary>All rows are applied; the run is being closed.</summary>
    public const string Finishing = "finishing";
}

/// <summary>The live view of one run: written by the task that drives it, read by anyone at any time.</summary>
public sealed class RunMonitor : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private volatile RunProgress _progress;

    public RunMonitor(RunRecord run)
    {
        _progress = new RunProgress(run.Id, RunPhases.Queued, run.Read, run.Counts, run.Window is { From: null, IsOpen: true } window ? window.Statistics.TotalRows : null);
        if (run.CancelRequested) _cancel.Cancel();
    }

    public RunProgress Progress => _progress;

    /// <summary>Fires when a person asks for the run to stop.</summary>
    public CancellationToken CancelRequested => _cancel.Token;

    /// <summary>Asks the run to stop between pages (R8). Repeating it changes nothing.</summary>
    public void RequestCancel() => _cancel.Cancel();

    public void Dispose() => _cancel.Dispose();

    internal void Enter(string phase) => Change(progress => progress with { Phase = phase });

    internal void Expect(long? rows) => Change(progress => progress with { ExpectedRows = rows });

    internal void CountRetry() => Change(static progress => progress with { WarehouseRetries = progress.WarehouseRetries + 1 });

    internal void Add(OutcomeCounts counts) => Change(progress => progress with { Read = progress.Read + counts.Total, Counts = progress.Counts + counts });

    // Partitions of one result are fetched side by side, so retries are told from several threads.
    private void Change(Func<RunProgress, RunProgress> change)
    {
        lock (_cancel) _progress = change(_progress);
    }
}
