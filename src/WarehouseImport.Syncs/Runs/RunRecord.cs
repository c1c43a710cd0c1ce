using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>One execution of a sync, as stored.</summary>
public sealed record RunRecord
{
    public required Guid Id { get; init; }

    /// <summary>The sync, or <see cref="ApiImports.SourceId"/> for imports by API.</summary>
    public required Guid SyncId { get; init; }

    /// <summary>Grows within its sync.</summary>
    public required long Seq { get; init; }

    /// <summary>The fence this run holds; raised again when another activation takes the run over.</summary>
    public required long Fence { get; init; }

    public required RunTrigger Trigger { get; init; }

    /// <summary>The same path with nothing written but this row and its error rows.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Reads everything up to the ceiling, whatever the watermark.</summary>
    public bool IsFull { get; init; }

    public required RunStatus Status { get; init; }

    public required int MappingVersion { get; init; }

    /// <summary>Number of partitions the run's rows are routed to; fixed when the run opens.</summary>
    public required int Partitions { get; init; }

    /// <summary>Sent with the warehouse's statement so that a restarted process asks for the same stored result (R5).</summary>
    public required Guid RequestId { get; init; }

    /// <summary>The due time a scheduled run answers (R10), or null.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The caller's <c>Idempotency-Key</c>, unique within the sync, or null.</summary>
    public string? RequestKey { get; init; }

    /// <summary>SHA-256 in hex of the rows a caller gave, by which a repeated request is told from another one under the same key; null for runs that read a warehouse.</summary>
    public string? RequestDigest { get; init; }

    /// <summary>What the warehouse called the statement of <see cref="RequestId"/>; null before it was accepted, and for warehouses that keep no results (R5).</summary>
    public string? Statement { get; init; }

    /// <summary>Window and what was learned when it was opened; null before (R2).</summary>
    public RunWindow? Window { get; init; }

    /// <summary>Rows of acknowledged pages.</summary>
    public long Read { get; init; }

    /// <summary>Outcomes of acknowledged pages.</summary>
    public OutcomeCounts Counts { get; init; } = OutcomeCounts.None;

    public long FieldsChanged { get; init; }

    public long FieldsStale { get; init; }

    /// <summary>Rows an update-only sync found no profile for; part of unchanged.</summary>
    public long NoMatch { get; init; }

    /// <summary>Rows with at least one error or warning, also beyond the number kept.</summary>
    public long ProblemRows { get; init; }

    /// <summary>Things said once per run: <c>cursor_null</c>, <c>cursor_future</c>, clock difference, drops in size.</summary>
    public IReadOnlyList<Problem> Notices { get; init; } = [];

    /// <summary>Why the run failed; null otherwise.</summary>
    public RunFailure? Failure { get; init; }

    /// <summary>A person asked for the run to stop; honoured between pages.</summary>
    public bool CancelRequested { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

/// <param name="From">Inclusive lower bound, or null for none (first or full run).</param>
/// <param name="To">The ceiling, inclusive (R2).</param>
/// <param name="Level">How the rows are kept still (R4).</param>
/// <param name="Columns">The columns read, in order; the original columns of the error file.</param>
/// <param name="Statistics">Counts of the dataset when the window was opened.</param>
/// <param name="ColumnKinds">What each of <paramref name="Columns"/> was when the window was opened: the fingerprint that the next run is compared with (H19).</param>
public sealed record RunWindow(
    SourceInstant? From,
    SourceInstant To,
    PagingLevel Level,
    IReadOnlyList<string> Columns,
    CursorStatistics Statistics,
    IReadOnlyList<ColumnKind>? ColumnKinds = null)
{
    /// <summary>
    /// False while the bounds are fixed but the warehouse has not answered; <see cref="Level"/> and <see cref="Statistics"/> say nothing yet. The bounds are stored
    /// first because a warehouse that stores results gives back the one it made for these bounds, whatever bounds a repeated statement names (R2, R5).
    /// </summary>
    public bool IsOpen { get; init; } = true;

    /// <summary>
    /// Rows of a page, fixed with the bounds: the pages of a stored result are found by number, so whoever resumes cuts them as they were cut before, whatever its own
    /// setting. Null for runs begun before it was stored.
    /// </summary>
    public int? PageRows { get; init; }
}

public enum RunTrigger
{
    Schedule,
    Manual,
    Api,
}

public enum RunStatus
{
    Running,
    Succeeded,
    SucceededWithRowErrors,
    Failed,
    Cancelled,
}

/// <param name="Code">Stable code.</param>
/// <param name="Message">What happened and what happens next; the watermark has not moved (R8).</param>
public sealed record RunFailure(string Code, string Message, string? Fix);

/// <summary>Imports by API are runs of one built-in source, so that history and error rows name them like any other.</summary>
public static class ApiImports
{
    public static readonly Guid SourceId = new("00000000-0000-0000-0000-0000000000a1");
}

/// <summary>Checks and imports of uploaded files are runs of one built-in source, too.</summary>
public static class FileImports
{
    public static readonly Guid SourceId = new("00000000-0000-0000-0000-0000000000c5");
}

/// <summary>
/// Sources without a sync row. Their runs do not exclude each other; a run's own row holds its fence, and the ledger keeps a batch from counting twice.
/// </summary>
public static class BuiltInSources
{
    public static bool Contains(Guid sourceId) => sourceId == ApiImports.SourceId || sourceId == FileImports.SourceId;
}
