using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>
/// Rows given by a caller instead of a warehouse: one page of one run of the built-in source, through the same mapping, the same batches and the same accounts.
/// </summary>
public sealed class ApiImport(
    IRunStore runs,
    IRunMappings mappings,
    IBatchDispatchers dispatchers,
    TimeProvider time,
    IOptions<RunEngineOptions> options,
    RunMetrics metrics)
{
    /// <summary>Largest number of rows of one request.</summary>
    public const int MaxRows = 10_000;

    private const int ErrorPage = 1000;

    /// <param name="definition">How the rows are to be read; its schedule and connection are not used.</param>
    /// <param name="columns">The columns of <paramref name="rows"/>, in order, and the cursor's.</param>
    /// <param name="rows">1 – <see cref="MaxRows"/> rows; the cursor of each is its source instant.</param>
    /// <param name="requestKey">The caller's <c>Idempotency-Key</c>: repeating a request returns the result of the first, finishing it first if it was interrupted.</param>
    public async Task<ApiImportResult> ImportAsync(
        SyncDefinition definition,
        IReadOnlyList<DatasetColumn> columns,
        RowPage rows,
        string? requestKey,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.RowCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.RowCount, MaxRows);

        var mapping = mappings.Bind(definition, columns);
        var payload = PagePayload.Encode(new RunPage(rows with { Number = 0 }, new bool[rows.RowCount]));
        var now = time.GetUtcNow();
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
            Window = new RunWindow(
                null,
                SourceInstant.FromDateTimeOffset(now),
                PagingLevel.StoredResult,
                [.. mapping.Columns.Select(column => column.Name)],
                new CursorStatistics(rows.RowCount, 0, 0, null)),
            StartedAt = now,
        };
        var run = await runs.BeginAsync(wanted, 0, cancellationToken)
            ?? throw new InvalidOperationException("The store refused an import by API, which no other run can stand in the way of.");
        if (run.Status == RunStatus.Running)
        {
            if (!await ApplyAsync(run, definition, mapping, payload, rows, cancellationToken)) return ApiImportResult.Reused(run.Id);
            run = await runs.GetAsync(run.Id, cancellationToken) ?? throw new InvalidOperationException($"Run {run.Id} disappeared while it was being closed.");
        }

        return new ApiImportResult(ApiImportStatus.Imported, run.Id, run.Counts, await ErrorsAsync(run.Id, cancellationToken));
    }

    private async Task<bool> ApplyAsync(
        RunRecord run,
        SyncDefinition definition,
        IRunMapping mapping,
        byte[] payload,
        RowPage rows,
        CancellationToken cancellationToken)
    {
        // A page that an interrupted request recorded is applied as it was recorded: its ledger may hold part of it already.
        var recorded = new RecordedPage(0, rows.RowCount, payload, rows.Cursor[^1], []);
        await runs.RecordPageAsync(run.Id, run.Fence, recorded, cancellationToken);
        if (await runs.GetUnacknowledgedPagesAsync(run.Id, cancellationToken) is [var stored])
        {
            if (!stored.Payload.AsSpan().SequenceEqual(payload)) return false;

            using var monitor = new RunMonitor(run);
            await using var dispatcher = await dispatchers.OpenAsync(run, cancellationToken);
            var applier = new PageApplier(new RunContext(run, definition, null, null, null, null, monitor), mapping, dispatcher, options.Value);
            var applied = await applier.ApplyAsync(PagePayload.Decode(0, stored.Payload), cancellationToken)
                ?? throw new InvalidOperationException($"A batch of import {run.Id} was fenced although imports by API have no fence.");
            await runs.AcknowledgePageAsync(run.Id, run.Fence, applied.Acknowledgement with { KeptDigests = [] }, cancellationToken);
            metrics.PageAcknowledged(applied.Acknowledgement.Counts);
        }

        if (await runs.CompleteAsync(run.Id, run.Fence, null, time.GetUtcNow(), cancellationToken) == RunCompletion.CountsDiffer)
        {
            throw new RunFailedException(RunErrors.CountsDiffer, $"The rows of import {run.Id} differ from the sum of their outcomes. This is a defect of the product.");
        }

        return true;
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

    /// <summary>The request key belongs to an unfinished import of other rows; nothing was written.</summary>
    KeyReused,
}
