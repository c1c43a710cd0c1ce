using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Syncs, their definitions by mapping version, and their status. Names are unique, ignoring case.</summary>
public interface ISyncStore
{
    Task<SyncRecord?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Syncs in ascending id order after <paramref name="after"/> (keyset paging).</summary>
    Task<IReadOnlyList<SyncRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>The definition as it was at a mapping version, so that a running or past run keeps its own mapping.</summary>
    Task<SyncDefinition?> GetDefinitionAsync(Guid id, int mappingVersion, CancellationToken cancellationToken);

    Task<SyncWriteStatus> CreateAsync(SyncRecord sync, CancellationToken cancellationToken);

    /// <summary>
    /// Stores definition, mapping version and status if the stored version is expected; the version becomes <paramref name="expectedVersion"/> + 1.
    /// Progress (fence, watermark, active run) is not touched, except that a sync made active again counts its failures anew.
    /// </summary>
    Task<SyncWriteStatus> UpdateAsync(SyncRecord sync, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Removes the sync with its runs and error rows. Profiles and their history stay.</summary>
    Task<SyncWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Sets the watermark by request (audited reset, G2) and forgets the remembered boundary; refused while a run is active. Null means "from the beginning".</summary>
    Task<SyncWriteStatus> ResetWatermarkAsync(Guid id, SourceInstant? watermark, DateTimeOffset now, CancellationToken cancellationToken);
}

public enum SyncWriteStatus
{
    Written,
    NotFound,
    VersionMismatch,
    NameTaken,
    ConnectionUnknown,

    /// <summary>A run is active.</summary>
    RunActive,
}

/// <summary>
/// Runs and their pages. Every write carries the run's fence and is refused (false or null) if the sync's fence is no longer that one (R1, G18).
/// </summary>
public interface IRunStore
{
    /// <summary>
    /// R1: raises the fence, sets the active run and inserts the run in one conditional transaction. <see cref="RunRecord.Seq"/> and
    /// <see cref="RunRecord.Fence"/> of <paramref name="run"/> are replaced by the assigned ones.
    /// </summary>
    /// <returns>The stored run; null if another run is active, the sync is gone or <paramref name="expectedFence"/> is no longer the sync's fence.
    /// An API import (<see cref="ApiImports.SourceId"/>) has no sync row: it is always inserted with the next number and fence 0.
    /// A repeated <see cref="RunRecord.RequestKey"/> returns the run it made.</returns>
    Task<RunRecord?> BeginAsync(RunRecord run, long expectedFence, CancellationToken cancellationToken);

    /// <summary>Raises the fence of an interrupted run so that whoever ran it before is refused from now on. Null if the run is no longer active.</summary>
    Task<RunRecord?> TakeOverAsync(Guid runId, long expectedFence, CancellationToken cancellationToken);

    /// <summary>Stores what the warehouse calls the statement of the run's request id (R5).</summary>
    Task<bool> SetStatementAsync(Guid runId, long fence, string statement, CancellationToken cancellationToken);

    /// <summary>Stores the window before the first row is requested (R2), and what is to be said about it.</summary>
    Task<bool> SetWindowAsync(Guid runId, long fence, RunWindow window, IReadOnlyList<Problem> notices, CancellationToken cancellationToken);

    /// <summary>Records a page's rows before any of them is applied, so that a restarted process applies the very same rows under the same ledger keys.</summary>
    Task<bool> RecordPageAsync(Guid runId, long fence, RecordedPage page, CancellationToken cancellationToken);

    /// <summary>Recorded pages that are not acknowledged, in page order.</summary>
    Task<IReadOnlyList<RecordedPage>> GetUnacknowledgedPagesAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>The last recorded page's number and cursor with the digests of every recorded row at that cursor, to continue reading after it; null if none.</summary>
    Task<RunPosition?> GetPositionAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>
    /// Acknowledges a page once: drops its stored rows, adds its counts to the run, keeps its error rows (up to the limit per run).
    /// Acknowledging again changes nothing.
    /// </summary>
    Task<bool> AcknowledgePageAsync(Guid runId, long fence, PageAcknowledgement acknowledgement, CancellationToken cancellationToken);

    /// <summary>
    /// R7: in one transaction checks the fence, checks that rows read equal the sum of outcomes (ledger plus rows that failed before it), moves the watermark to
    /// max(W, <paramref name="largestInstant"/>) unless the run is a dry run, remembers the run as boundary, resets the failure count, closes the run and drops its ledger and the previous boundary's digests.
    /// Nothing is written if a stop was asked for: a request that was accepted is kept (R8).
    /// </summary>
    Task<RunCompletion> CompleteAsync(Guid runId, long fence, SourceInstant? largestInstant, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>R8: closes the run as failed or cancelled; the watermark stays; recorded rows are dropped; a failure raises the failure count.</summary>
    Task<bool> CloseUnfinishedAsync(Guid runId, long fence, RunStatus status, RunFailure? failure, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Asks an active run to stop. False if it is not active.</summary>
    Task<bool> RequestCancelAsync(Guid runId, CancellationToken cancellationToken);

    Task<RunRecord?> GetAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>A sync's runs, newest first, with numbers below <paramref name="beforeSeq"/>.</summary>
    Task<IReadOnlyList<RunRecord>> ListAsync(Guid syncId, long? beforeSeq, int limit, CancellationToken cancellationToken);

    /// <summary>Syncs with an active run; asked at start-up so that interrupted runs resume by themselves.</summary>
    Task<IReadOnlyList<Guid>> ListSyncsWithActiveRunAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The digests of the boundary run's rows at <paramref name="cursor"/> that did not fail (H4), as 16-byte digests in ascending order; empty if they are not kept.
    /// </summary>
    Task<IReadOnlyList<RowDigest>> GetBoundaryAsync(Guid boundaryRunId, string cursor, CancellationToken cancellationToken);

    /// <summary>Error rows in source order after (page, row), exclusive; null starts at the beginning.</summary>
    Task<IReadOnlyList<RunErrorRow>> GetErrorsAsync(Guid runId, (int Page, int Row)? after, string? code, int limit, CancellationToken cancellationToken);

    /// <summary>Rows per code, most first.</summary>
    Task<IReadOnlyList<ErrorCount>> GetErrorSummaryAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>Drops error rows and run rows past their retention (section 10). Returns how many rows went.</summary>
    Task<long> ApplyRetentionAsync(DateTimeOffset errorsBefore, DateTimeOffset runsBefore, CancellationToken cancellationToken);
}

/// <summary>A page as read, kept until it is acknowledged.</summary>
/// <param name="Rows">Rows in the page.</param>
/// <param name="Payload">The page's cells, encoded and compressed by the run engine.</param>
/// <param name="LastCursor">Exact text of the last row's cursor.</param>
/// <param name="LastCursorDigests">One digest for each of the page's rows at <see cref="LastCursor"/>.</param>
public sealed record RecordedPage(int Number, int Rows, byte[] Payload, string LastCursor, IReadOnlyList<RowDigest> LastCursorDigests);

/// <summary>Where a run stands: everything up to and including this page is recorded.</summary>
/// <param name="DigestsAtLastCursor">Digests of all recorded rows at that cursor, over as many pages as the tie group spans.</param>
public sealed record RunPosition(int LastPage, string LastCursor, IReadOnlyList<RowDigest> DigestsAtLastCursor);

/// <summary>A 128-bit digest of a row's cells as read.</summary>
public readonly record struct RowDigest(ulong High, ulong Low) : IComparable<RowDigest>
{
    public const int Size = 16;

    public int CompareTo(RowDigest other)
    {
        var byHigh = High.CompareTo(other.High);
        return byHigh != 0 ? byHigh : Low.CompareTo(other.Low);
    }
}

/// <param name="Counts">The page's outcomes, ledger and mapper together.</param>
/// <param name="UnbatchedCounts">The part of <paramref name="Counts"/> that no ledger entry holds: rows the mapper refused or the boundary digest skipped.</param>
/// <param name="KeptDigests">The page's rows at its last cursor that the next run may skip (H4); kept beside the recorded ones, which a resumed run still needs (H2).</param>
public sealed record PageAcknowledgement(
    int Page,
    OutcomeCounts Counts,
    OutcomeCounts UnbatchedCounts,
    long FieldsChanged,
    long FieldsStale,
    long NoMatch,
    IReadOnlyList<RowDigest> KeptDigests,
    IReadOnlyList<RunErrorRow> Errors);

/// <summary>A row with at least one error or warning, with the cells as read.</summary>
/// <param name="Identifier">The primary identifier as text, if it could be read.</param>
/// <param name="ModifiedAt">The cursor as read.</param>
/// <param name="Cells">The row's cells in the order of <see cref="RunWindow.Columns"/>.</param>
public sealed record RunErrorRow(
    int Page,
    int Row,
    Outcome Outcome,
    string? Identifier,
    string? ModifiedAt,
    IReadOnlyList<RowProblem> Problems,
    IReadOnlyList<string?> Cells)
{
    /// <summary>The line of the file on which the row begins, from 1; null for rows of a warehouse.</summary>
    public int? Line { get; init; }
}

/// <summary>A problem with the column and target it concerns; a row's problems are ordered by column position (section 13).</summary>
public sealed record RowProblem(Problem Problem, string? Column, string? Target, string? Value);

public sealed record ErrorCount(string Code, ProblemSeverity Severity, long Rows);

public enum RunCompletion
{
    Completed,
    Fenced,

    /// <summary>Somebody asked for the run to stop before it could be completed; nothing was written, and the run is to be closed as cancelled (R8).</summary>
    CancelRequested,

    /// <summary>Rows read differ from the sum of outcomes; nothing was written (R7). A defect, never a state to ignore.</summary>
    CountsDiffer,
}
