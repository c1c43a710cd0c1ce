using System.Text.Json.Serialization;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api.Runs;

/// <param name="DryRun">The same path and the same counts with nothing written.</param>
/// <param name="Full">Read everything up to the ceiling, whatever was imported before.</param>
internal sealed record RunStartRequest(bool DryRun = false, bool Full = false);

/// <summary>One execution of a sync.</summary>
/// <param name="Number">Grows within the sync.</param>
/// <param name="NoMatch">Rows an update-only sync found no profile for; part of unchanged.</param>
/// <param name="ProblemRows">Rows with at least one error or warning.</param>
internal sealed record RunResponse(
    Guid Id,
    Guid SyncId,
    long Number,
    RunTrigger Trigger,
    bool DryRun,
    bool Full,
    RunStatus Status,
    int MappingVersion,
    RunCounts Counts,
    long FieldsChanged,
    long FieldsStale,
    long NoMatch,
    long ProblemRows,
    RunWindowResponse? Window,
    IReadOnlyList<NoticeResponse> Notices,
    RunFailureResponse? Failure,
    bool CancelRequested,
    DateTimeOffset? DueAt,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt)
{
    public static RunResponse From(RunRecord run) => new(
        run.Id,
        run.SyncId,
        run.Seq,
        run.Trigger,
        run.IsDryRun,
        run.IsFull,
        run.Status,
        run.MappingVersion,
        RunCounts.From(run.Read, run.Counts),
        run.FieldsChanged,
        run.FieldsStale,
        run.NoMatch,
        run.ProblemRows,
        run.Window is { IsOpen: true } window ? RunWindowResponse.Of(window) : null,
        [.. run.Notices.Select(notice => new NoticeResponse(notice.Code, notice.Detail, notice.Hint))],
        run.Failure is { } failure ? new RunFailureResponse(failure.Code, failure.Message, failure.Fix) : null,
        run.CancelRequested,
        run.DueAt,
        run.StartedAt,
        run.FinishedAt);
}

/// <summary>Rows per outcome; <c>read</c> is their sum once the run has ended.</summary>
internal sealed record RunCounts(long Read, long Created, long Updated, long Unchanged, long Stale, long Duplicate, long Failed, long Suppressed)
{
    public static RunCounts From(long read, OutcomeCounts counts) =>
        new(read, counts.Created, counts.Updated, counts.Unchanged, counts.Stale, counts.Duplicate, counts.Failed, counts.Suppressed);
}

/// <param name="From">Inclusive; null reads from the beginning.</param>
/// <param name="To">Inclusive: the warehouse's clock minus the settle delay.</param>
/// <param name="Paging">How the rows were kept still while they were read.</param>
internal sealed record RunWindowResponse(string? From, string To, PagingLevel Paging, long TotalRows, long NullCursorRows, long RowsAboveCeiling)
{
    public static RunWindowResponse Of(RunWindow window) => new(
        window.From?.ToString(),
        window.To.ToString(),
        window.Level,
        window.Statistics.TotalRows,
        window.Statistics.NullCursorRows,
        window.Statistics.RowsAboveCeiling);
}

internal sealed record NoticeResponse(string Code, string Detail, string? Hint);

internal sealed record RunFailureResponse(string Code, string Message, string? Fix);

/// <summary>Where a run stands. The phase of one that has ended is its status.</summary>
internal sealed record RunProgressResponse(Guid RunId, string Phase, RunCounts Counts, long? ExpectedRows, int WarehouseRetries)
{
    public static RunProgressResponse From(RunProgress progress) =>
        new(progress.RunId, progress.Phase, RunCounts.From(progress.Read, progress.Counts), progress.ExpectedRows, progress.WarehouseRetries);
}

/// <summary>A row with at least one error or warning, with its cells as read.</summary>
internal sealed record ErrorRowResponse(
    ErrorRowPosition Row,
    Outcome Outcome,
    IReadOnlyList<RowProblemResponse> Problems,
    IReadOnlyDictionary<string, string?> Original)
{
    public static ErrorRowResponse From(RunErrorRow row, IReadOnlyList<string> columns) => new(
        new ErrorRowPosition(row.Page, row.Row, row.Line, row.Identifier, row.ModifiedAt),
        row.Outcome,
        [.. row.Problems.Select(RowProblemResponse.From)],
        columns.Zip(row.Cells).ToDictionary(cell => cell.First, cell => cell.Second, StringComparer.Ordinal));
}

/// <param name="Line">The line of an uploaded file; absent for a warehouse.</param>
internal sealed record ErrorRowPosition(
    int Page,
    int Position,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Line,
    string? Identifier,
    string? ModifiedAt);

internal sealed record RowProblemResponse(
    string Code,
    ProblemSeverity Severity,
    string Title,
    string Detail,
    string? Hint,
    string? Column,
    string? Target,
    string? Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProblemSource? Source)
{
    public static RowProblemResponse From(RowProblem problem) => new(
        problem.Problem.Code,
        problem.Problem.Severity,
        ProblemCatalogue.TryGet(problem.Problem.Code, out var definition) ? definition.Title : problem.Problem.Code,
        problem.Problem.Detail,
        problem.Problem.Hint,
        problem.Column,
        problem.Target,
        problem.Value,
        problem.Target is { } target ? new ProblemSource($"/data/attributes/{target.Replace('.', '/')}") : null);
}

internal sealed record ProblemSource(string Pointer);

internal sealed record ErrorSummaryItem(string Code, ProblemSeverity Severity, string Title, long Rows);
