using Orleans.Concurrency;
using WarehouseImport.Profiles;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// Runs one sync: its reminder, its runs, their progress. A tick is a hint (R10): whatever is due is decided from stored state.
/// No call waits for a run; a run advances in bounded steps of its own.
/// </summary>
[Alias("sync-grain")]
public interface ISyncGrain : IGrainWithGuidKey
{
    /// <summary>Brings the reminder in line with the stored sync (created, changed, paused, resumed, deleted) and resumes an interrupted run.</summary>
    [Alias("reconcile")]
    Task ReconcileAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts a run now. The answer comes as soon as the run is stored.</summary>
    [Alias("start-run")]
    Task<RunStart> StartRunAsync(RunRequest request, CancellationToken cancellationToken = default);

    /// <summary>Stops the active run between pages (R8). False if that run is not active.</summary>
    [Alias("cancel-run"), AlwaysInterleave]
    Task<bool> CancelRunAsync(Guid runId, CancellationToken cancellationToken = default);

    /// <summary>Where the active run stands; null if none is active here. Cheap: read from memory.</summary>
    [Alias("progress"), AlwaysInterleave]
    Task<RunProgress?> GetProgressAsync(CancellationToken cancellationToken = default);

    /// <summary>When the next scheduled run or retry is due; null for a manual or paused sync. Cheap: read from memory.</summary>
    [Alias("next-due"), AlwaysInterleave]
    Task<DateTimeOffset?> GetNextDueAsync(CancellationToken cancellationToken = default);
}

/// <param name="IsDryRun">The same path and the same counts, nothing written to profiles, watermark untouched.</param>
/// <param name="IsFull">Read everything up to the ceiling.</param>
/// <param name="RequestKey">The caller's <c>Idempotency-Key</c>: a repeated request returns the run it made.</param>
[GenerateSerializer, Immutable, Alias("run-request")]
public sealed record RunRequest([property: Id(0)] bool IsDryRun, [property: Id(1)] bool IsFull, [property: Id(2)] string? RequestKey);

/// <param name="RunId">The new run, the run an earlier request with the same key made, or the active run that stands in the way.</param>
[GenerateSerializer, Immutable, Alias("run-start")]
public sealed record RunStart([property: Id(0)] RunStartStatus Status, [property: Id(1)] Guid RunId);

public enum RunStartStatus
{
    Started,

    /// <summary>The request key was used before; this is its run.</summary>
    Repeated,

    /// <summary>Another run is active; runs of a sync never overlap (G19).</summary>
    AlreadyRunning,
    SyncUnknown,

    /// <summary>The request key belongs to a run of another kind (dry or full); nothing was started.</summary>
    KeyReused,
}

/// <param name="ExpectedRows">Rows in the window if known, for a progress bar; an estimate, never used for counting.</param>
/// <param name="WarehouseRetries">Requests the warehouse was sent again, as known to the process that drives the run.</param>
[GenerateSerializer, Immutable, Alias("run-progress")]
public sealed record RunProgress(
    [property: Id(0)] Guid RunId,
    [property: Id(1)] string Phase,
    [property: Id(2)] long Read,
    [property: Id(3)] OutcomeCounts Counts,
    [property: Id(4)] long? ExpectedRows,
    [property: Id(5)] int WarehouseRetries = 0);
