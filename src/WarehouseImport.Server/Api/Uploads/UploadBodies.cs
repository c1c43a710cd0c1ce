using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Server.Api.Syncs;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Api.Uploads;

/// <summary>A received file: what it holds, and how it would be mapped.</summary>
/// <param name="Rows">Records after the header line.</param>
/// <param name="Preview">The first 50 of them, cell by cell in the order of <paramref name="Columns"/>.</param>
internal sealed record UploadResponse(
    Guid Id,
    string Name,
    long Bytes,
    long Rows,
    string Delimiter,
    IReadOnlyList<string> Columns,
    IReadOnlyList<IReadOnlyList<string?>> Preview,
    UploadSuggestionResponse Suggestion,
    IReadOnlyList<NoticeResponse> Notices,
    IReadOnlyList<UploadJobResponse> Jobs,
    DateTimeOffset CreatedAt)
{
    public static UploadResponse From(UploadRecord upload, IReadOnlyList<UploadJobResponse> jobs, IReadOnlyDictionary<string, PropertyType> types) => new(
        upload.Id,
        upload.Name,
        upload.Bytes,
        upload.Description.Rows,
        upload.Description.Delimiter.ToString(),
        upload.Description.Columns,
        upload.Description.Preview,
        new UploadSuggestionResponse(
            upload.Description.ModifiedAt,
            [.. upload.Description.Fields.Select(field => new UploadFieldResponse(
                field.Column, field.Target, types.TryGetValue(field.Target, out var known) ? known : field.Type, field.Reason))],
            [.. upload.Description.Skipped.Select(column => new UploadSkippedResponse(column.Column, column.Reason))]),
        [.. upload.Description.Notices.Select(notice => new NoticeResponse(notice.Code, notice.Detail, notice.Hint))],
        jobs,
        upload.CreatedAt);
}

/// <param name="ModifiedAt">The column that seems to say when a row was changed; null if none does. Used only if a request names it.</param>
/// <param name="Fields">Standard properties are taken unless a request gives its own fields; custom ones only with <c>mapRemaining</c>.</param>
internal sealed record UploadSuggestionResponse(string? ModifiedAt, IReadOnlyList<UploadFieldResponse> Fields, IReadOnlyList<UploadSkippedResponse> Skipped);

internal sealed record UploadFieldResponse(string Column, string Target, PropertyType? Type, string Reason);

internal sealed record UploadSkippedResponse(string Column, string Reason);

/// <summary>How a file is to be read. Everything is optional; what is absent follows the suggestion.</summary>
/// <param name="Fields">As a sync has them; absent takes the suggested standard properties.</param>
/// <param name="ModifiedAt">Column that says when a row was changed; absent gives every row the time of the request and lets the first row of a person win.</param>
/// <param name="MapRemaining">Also import every remaining column as a custom property.</param>
/// <param name="StrictKlaviyo">Accept only what Klaviyo's CSV page accepts.</param>
/// <param name="AllRowsSubscribed">States that every row of the file subscribes to registers no column is mapped to.</param>
internal sealed record UploadJobRequest(
    IReadOnlyList<SyncField>? Fields = null,
    SyncIdentifier? Identifier = null,
    string? ModifiedAt = null,
    bool MapRemaining = false,
    bool StrictKlaviyo = false,
    SyncPhone? Phone = null,
    InvalidValuePolicy InvalidValues = InvalidValuePolicy.FailRow,
    ImportMode Mode = ImportMode.Upsert,
    bool DropInvalidSecondaryIdentifier = false,
    bool RecordStale = false,
    int Precedence = 0,
    UploadSubscribedRows? AllRowsSubscribed = null);

/// <param name="Registers"><c>email.marketing</c>, <c>sms.marketing</c>, <c>sms.transactional</c>.</param>
/// <param name="Confirmation">How these people consented, in a sentence of up to 255 characters; kept with the import.</param>
internal sealed record UploadSubscribedRows(IReadOnlyList<string> Registers, string Confirmation);

/// <summary>A check or an import of a file; a run like any other under <c>/runs/{id}</c>.</summary>
internal sealed record UploadJobResponse(
    Guid Id,
    Guid UploadId,
    UploadJobKind Kind,
    UploadJobStatus Status,
    UploadJobCounts Counts,
    RunCounts Outcomes,
    IReadOnlyList<NoticeResponse> Notices,
    RunFailureResponse? Failure,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt)
{
    public static UploadJobResponse From(UploadRecord upload, RunRecord run) => new(
        run.Id,
        upload.Id,
        run.IsDryRun ? UploadJobKind.Check : UploadJobKind.Import,
        run.Status switch
        {
            RunStatus.Running => run.Window is null ? UploadJobStatus.Queued : UploadJobStatus.Processing,
            RunStatus.Cancelled => UploadJobStatus.Cancelled,
            RunStatus.Failed => UploadJobStatus.Failed,
            _ => UploadJobStatus.Complete,
        },
        new UploadJobCounts(upload.Description.Rows, run.Read - run.Counts.Failed, run.Counts.Failed),
        RunCounts.From(run.Read, run.Counts),
        [.. run.Notices.Select(notice => new NoticeResponse(notice.Code, notice.Detail, notice.Hint))],
        run.Failure is { } failure ? new RunFailureResponse(failure.Code, failure.Message, failure.Fix) : null,
        run.StartedAt,
        run.FinishedAt);
}

internal enum UploadJobKind
{
    Check,
    Import,
}

internal enum UploadJobStatus
{
    Queued,
    Processing,
    Complete,
    Cancelled,
    Failed,
}

/// <param name="Total">Rows of the file.</param>
/// <param name="Completed">Rows read so far that were not refused.</param>
internal sealed record UploadJobCounts(long Total, long Completed, long Failed);
