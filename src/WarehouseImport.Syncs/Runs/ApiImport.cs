using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// Rows given by a caller instead of a warehouse: one page of one run of the built-in source, through the same mapping, the same batches and the same accounts.
/// </summary>
public sealed class ApiImport(
    IRunStore runs,
    IBatchDispatchers dispatchers,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    RunMetrics metrics)
{
    /// <summary>Largest number of rows of one request.</summary>
    public const int MaxRows = 10_000;

    private const int ErrorPage = 1000;

    // What a sync would say about its rows, said by the built-in source: no precedence, create or update.
    private static readonly SyncDefinition Definition = new()
    {
        Name = "api",
        ConnectionId = Guid.Empty,
        Dataset = new DatasetName("api"),
        Identifier = new IdentifierDefinition("", IdentifierKind.Id),
        Cursor = new CursorDefinition(ApiRowReader.ModifiedAtMember),
        Fields = [],
        Schedule = new ScheduleDefinition(Manual: true),
    };

    /// <param name="read">Maps the rows; is given the instant that counts for rows without their own, which is the first request's when a request is repeated.</param>
    /// <param name="rowCount">1 – <see cref="MaxRows"/>.</param>
    /// <param name="body">The request's bytes, by which a repeated request is told from another one under the same key.</param>
    /// <param name="requestKey">
    /// The caller's <c>Idempotency-Key</c>: repeating a request returns the result of the first, finishing it first if it was interrupted. Other rows under a used key
    /// are refused, finished or not: answering them with the first result would drop them unnoticed.
    /// </param>
    public async Task<ApiImportResult> ImportAsync(
        Func<SourceInstant, ApiRows> read,
        int rowCount,
        ReadOnlyMemory<byte> body,
        string? requestKey,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, MaxRows);

        var now = time.GetUtcNow();
        var rows = read(SourceInstant.FromDateTimeOffset(now));
        var wanted = new RunRecord
        {
            Id = Guid.NewGuid(),
            SyncId = ApiImports.SourceId,
            Seq = 0,
            Fence = 0,
            Trigger = RunTrigger.Api,
            Status = RunStatus.Running,
            MappingVersion = 1,
            Partitions = options.Value.Partitions,
            RequestId = Guid.NewGuid(),
            RequestKey = requestKey,
            RequestDigest = Convert.ToHexStringLower(SHA256.HashData(body.Span)),
            Window = new RunWindow(null, SourceInstant.FromDateTimeOffset(now), PagingLevel.StoredResult, rows.Columns, new CursorStatistics(rowCount, 0, 0, null)),
            StartedAt = now,
        };
        var run = await runs.BeginAsync(wanted, 0, cancellationToken)
            ?? throw new InvalidOperationException("The store refused an import by API, which no other run can stand in the way of.");
        if (run.RequestDigest != wanted.RequestDigest) return ApiImportResult.Reused(run.Id);
        if (run.Status == RunStatus.Running)
        {
            if (run.Id != wanted.Id) rows = read(run.Window?.To ?? SourceInstant.FromDateTimeOffset(run.StartedAt));
            await ApplyAsync(run, rows, rowCount, cancellationToken);
            run = await runs.GetAsync(run.Id, cancellationToken) ?? throw new InvalidOperationException($"Run {run.Id} disappeared while it was being closed.");
        }

        return new ApiImportResult(ApiImportStatus.Imported, run.Id, run.Counts, await ErrorsAsync(run.Id, cancellationToken));
    }

    private async Task ApplyAsync(RunRecord run, ApiRows rows, int rowCount, CancellationToken cancellationToken)
    {
        // The caller keeps the rows, and the run their digest, so the recorded page holds nothing.
        await runs.RecordPageAsync(run.Id, run.Fence, new RecordedPage(0, rowCount, [], run.Window!.To.ToString(), []), cancellationToken);
        if (await runs.GetUnacknowledgedPagesAsync(run.Id, cancellationToken) is [_])
        {
            using var monitor = new RunMonitor(run);
            await using var dispatcher = await dispatchers.OpenAsync(run, cancellationToken);
            var applier = new PageApplier(new RunContext(run, Definition, null, null, null, null, monitor), dispatcher, options.Value);
            var cursors = Enumerable.Repeat(run.Window.To.ToString(), rowCount).ToArray();
            foreach (var update in rows.Page.Updates) cursors[update.Row] = update.ModifiedAt.ToString();
            var page = new RunPage(new RowPage(0, cursors, []), new bool[rowCount]);
            var acknowledgement = await applier.ApplyAsync(page, rows.Page, cancellationToken)
                ?? throw new InvalidOperationException($"A batch of import {run.Id} was fenced although imports by API have no fence.");
            await runs.AcknowledgePageAsync(run.Id, run.Fence, acknowledgement with { KeptDigests = [] }, cancellationToken);
            metrics.PageAcknowledged(acknowledgement.Counts);
        }

        if (await runs.CompleteAsync(run.Id, run.Fence, null, time.GetUtcNow(), cancellationToken) == RunCompletion.CountsDiffer)
        {
            throw new RunFailedException(RunErrors.CountsDiffer, $"The rows of import {run.Id} differ from the sum of their outcomes. This is a defect of the product.");
        }
    }

    private async Task<IReadOnlyList<RunErrorRow>> ErrorsAsync(Guid runId, CancellationToken cancellationToken)
    {
        var errors = new List<RunErrorRow>();
        (int Page, int Row)? after = null;
        while (await runs.GetErrorsAsync(runId, after, null, ErrorPage, cancellationToken) is { Count: > 0 } page)
        {
            errors.AddRange(page);
            after = (page[^1].Page, page[^1].Row);
        }

        return errors;
    }
}

/// <param name="Errors">Rows with at least one error or warning, in the order given.</param>
public sealed record ApiImportResult(ApiImportStatus Status, Guid RunId, OutcomeCounts Counts, IReadOnlyList<RunErrorRow> Errors)
{
    internal static ApiImportResult Reused(Guid runId) => new(ApiImportStatus.KeyReused, runId, OutcomeCounts.None, []);
}

public enum ApiImportStatus
{
    Imported,

    /// <summary>The request key belongs to an import of other rows; nothing was written.</summary>
    KeyReused,
}
