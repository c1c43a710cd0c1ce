using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>An applied page, ready to be acknowledged.</summary>
/// <param name="LargestInstant">Greatest source instant of the page, refused and skipped rows included.</param>
internal sealed record AppliedPage(PageAcknowledgement Acknowledgement, SourceInstant? LargestInstant);

/// <summary>Turns a recorded page into one immutable batch per partition, has them applied, and adds up what became of its rows. Safe for concurrent use.</summary>
internal sealed class PageApplier(RunContext context, IBatchDispatcher dispatcher, RunEngineOptions options)
{
    private readonly Lock _gate = new();
    private readonly ConsentMethod _consentMethod = context.Run.SyncId == ApiImports.SourceId ? ConsentMethod.Api
        : context.Run.SyncId == FileImports.SourceId ? ConsentMethod.Csv
        : ConsentMethod.Warehouse;

    private string? _keptCursor;
    private long _kept;

    /// <returns>Null if a newer runner holds the fence.</returns>
    public async Task<AppliedPage?> ApplyAsync(RunPage page, IRunMapping mapping, SourceInstant ceiling, PageTurn turn, CancellationToken cancellationToken)
    {
        Task<BatchResult>[] dispatched;
        List<ProfileBatch> batches;
        MappedPage mapped;
        int[]? positions;
        try
        {
            mapped = mapping.Map(RowsToMap(page, out positions), ceiling);
            batches = Route(page.Number, mapped, positions);
            var before = await turn.Before.WaitAsync(cancellationToken);
            if (mapping.KeepsOrder) await Task.WhenAll(before).WaitAsync(cancellationToken);
            dispatched = [.. batches.Select(batch => DispatchAfterAsync(before[batch.Key.Partition], batch, cancellationToken))];
            for (var index = 0; index < batches.Count; index++) before[batches[index].Key.Partition] = dispatched[index];
            turn.Pass(before);
        }
        catch (Exception exception)
        {
            turn.Fail(exception);
            throw;
        }

        var results = await Task.WhenAll(dispatched);
        if (results.Any(result => result.Status == BatchStatus.Fenced)) return null;

        var instant = mapped.LargestInstant;
        if (positions is not null && mapping.TryReadCursor(page.Rows.Cursor[^1], out var last) && (instant is not { } mappedLargest || last > mappedLargest)) instant = last;
        return new AppliedPage(Acknowledge(page, mapped, positions, batches, results, mapping.Locate), instant);
    }

    /// <summary>Applies a page that is the only one of its run.</summary>
    /// <returns>Null if a newer runner holds the fence.</returns>
    public async Task<PageAcknowledgement?> ApplyAsync(RunPage page, MappedPage mapped, CancellationToken cancellationToken)
    {
        var batches = Route(page.Number, mapped, null);
        var results = await Task.WhenAll(batches.Select(batch => DispatchAsync(batch, cancellationToken)));
        return results.Any(result => result.Status == BatchStatus.Fenced) ? null : Acknowledge(page, mapped, null, batches, results, static row => row);
    }

    private async Task<BatchResult> DispatchAfterAsync(Task before, ProfileBatch batch, CancellationToken cancellationToken)
    {
        await before;
        return await DispatchAsync(batch, cancellationToken);
    }

    private async Task<BatchResult> DispatchAsync(ProfileBatch batch, CancellationToken cancellationToken)
    {
        var result = await dispatcher.ApplyAsync(batch, cancellationToken);
        await FaultPoint.ReachAsync(FaultPointId.BatchCommitted);
        return result;
    }

    // Skipped rows are not even validated (H4). The others keep their positions in the page as read, which error rows and the history name.
    private static RowPage RowsToMap(RunPage page, out int[]? positions)
    {
        positions = null;
        if (page.SkippedRows == 0) return page.Rows;

        var kept = Enumerable.Range(0, page.Rows.RowCount).Where(row => !page.Skipped[row]).ToArray();
        positions = kept;
        return new RowPage(page.Number, [.. kept.Select(row => page.Rows.Cursor[row])], [.. page.Rows.Columns.Select(column => kept.Select(row => column[row]).ToArray())]);
    }

    private List<ProfileBatch> Route(int pageNumber, MappedPage mapped, int[]? positions)
    {
        var partitions = new List<ProfileUpdate>?[context.Run.Partitions];
        foreach (var update in mapped.Updates)
        {
            var partition = PartitionOf(update.Identifiers[0].Identifier, partitions.Length);
            (partitions[partition] ??= []).Add(positions is null ? update : update with { Row = positions[update.Row] });
        }

        var batches = new List<ProfileBatch>();
        for (var partition = 0; partition < partitions.Length; partition++)
        {
            if (partitions[partition] is not { } rows) continue;
            var lines = mapped.FirstRowWinsLines is { } all ? rows.Select(row => all[row.Row]).ToImmutableArray() : (ImmutableArray<int>?)null;
            batches.Add(new ProfileBatch
            {
                Key = new BatchKey(context.Run.SyncId, context.Run.Id, KeyFence, pageNumber, partition),
                RunSeq = context.Run.Seq,
                Precedence = context.Definition.Precedence,
                Mode = context.Definition.Mode,
                RecordStale = context.Definition.RecordStale,
                Orphans = context.Definition.Orphans,
                Targets = mapped.Targets,
                Rows = [.. rows],
                ConsentMethod = _consentMethod,
                FirstRowWinsLines = lines,
            });
        }

        return batches;
    }

    // Built-in sources have no competing runs and no row to hold a fence.
    private long? KeyFence => BuiltInSources.Contains(context.Run.SyncId) ? null : context.Run.Fence;

    /// <summary>The partition of a primary identifier. Stable over processes and versions, because a resumed run routes its pages again.</summary>
    internal static int PartitionOf(Identifier identifier, int partitions)
    {
        if (partitions == 1) return 0;

        var length = Encoding.UTF8.GetByteCount(identifier.Value);
        Span<byte> bytes = length < 256 ? stackalloc byte[length + 1] : new byte[length + 1];
        bytes[0] = (byte)identifier.Kind;
        Encoding.UTF8.GetBytes(identifier.Value, bytes[1..]);
        return (int)(XxHash64.HashToUInt64(bytes) % (ulong)partitions);
    }

    private PageAcknowledgement Acknowledge(RunPage page, MappedPage mapped, int[]? positions, List<ProfileBatch> batches, BatchResult[] results, Func<RunErrorRow, RunErrorRow> locate)
    {
        var unbatched = OutcomeCounts.None with { Failed = mapped.Refused.Count, Unchanged = page.SkippedRows };
        var counts = results.Aggregate(unbatched, (sum, result) => sum + result.Counts);
        var errors = new SortedDictionary<int, RunErrorRow>();
        foreach (var refused in mapped.Refused)
        {
            var row = Position(refused.Row);
            errors.Add(row, locate(refused with { Page = page.Number, Row = row }));
        }

        var updates = batches.SelectMany(batch => batch.Rows).ToDictionary(update => update.Row);
        foreach (var (mappedRow, warnings) in mapped.Warnings)
        {
            var row = Position(mappedRow);
            if (!errors.ContainsKey(row)) errors.Add(row, locate(ErrorRow(page, updates[row], Outcome.Updated, warnings)));
        }

        foreach (var problems in results.SelectMany(result => result.Problems))
        {
            var found = problems.Problems.Select(problem => new RowProblem(problem, null, null, null));
            var row = problems.Row;
            errors[row] = errors.TryGetValue(row, out var warned)
                ? warned with { Outcome = problems.Outcome, Problems = [.. warned.Problems, .. found] }
                : locate(ErrorRow(page, updates[row], problems.Outcome, [.. found]));
        }

        return new PageAcknowledgement(
            page.Number,
            counts,
            context.Run.IsDryRun ? counts : unbatched,
            results.Sum(result => result.FieldsChanged),
            results.Sum(result => result.FieldsStale),
            results.Sum(result => result.NoMatch),
            KeptDigests(page.Rows, errors),
            [.. errors.Values]);

        int Position(int mappedRow) => positions is null ? mappedRow : positions[mappedRow];
    }

    private static RunErrorRow ErrorRow(RunPage page, ProfileUpdate update, Outcome outcome, IReadOnlyList<RowProblem> problems) => new(
        page.Number,
        update.Row,
        outcome,
        update.Identifiers[0].Identifier.Value,
        page.Rows.Cursor[update.Row],
        problems,
        [.. page.Rows.Columns.Select(column => column[update.Row])]);

    // A refused row is tried again when it is read again, and an update-only sync looks again for the profile it did not find. A row that was imported with a
    // warning is kept: applying it alone again, while the row it conflicts with is skipped, would make it the fresher of the two.
    private List<RowDigest> KeptDigests(RowPage rows, SortedDictionary<int, RunErrorRow> errors)
    {
        if (context.Definition.Mode == ImportMode.UpdateOnly || BuiltInSources.Contains(context.Run.SyncId)) return [];

        var first = rows.RowCount - 1;
        while (first > 0 && rows.Cursor[first - 1] == rows.Cursor[^1]) first--;

        var digester = new RowDigester();
        var kept = new List<RowDigest>();
        for (var row = first; row < rows.RowCount && kept.Count < options.BoundaryRows; row++)
        {
            if (!errors.TryGetValue(row, out var error) || error.Outcome != Outcome.Failed) kept.Add(digester.Digest(rows, row));
        }

        return Keep(rows.Cursor[^1], kept.Count) ? kept : [];
    }

    // The limit counts over all pages of a tie group; a group that is larger is kept in part, which skips less and is never wrong.
    private bool Keep(string cursor, int digests)
    {
        lock (_gate)
        {
            if (_keptCursor != cursor) _kept = 0;
            _keptCursor = cursor;
            _kept += digests;
            return _kept <= options.BoundaryRows;
        }
    }
}

/// <summary>
/// A page's place among the pages of its run. Batches of one partition are applied in the order of their pages, so that the outcome of every row, and not only
/// the profiles, is the same however the pages in flight overtake each other (G15).
/// </summary>
/// <param name="before">The last batch of every partition up to the page before; completes once that page is routed.</param>
internal sealed class PageTurn(Task<Task[]> before)
{
    private readonly TaskCompletionSource<Task[]> _routed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Task[]> Before => before;

    /// <summary>The last batch of every partition up to this page.</summary>
    public Task<Task[]> Routed => _routed.Task;

    /// <summary>The turn of a run's first page.</summary>
    public static Task<Task[]> First(int partitions) => Task.FromResult(Enumerable.Repeat(Task.CompletedTask, partitions).ToArray());

    public void Pass(Task[] last) => _routed.SetResult(last);

    public void Fail(Exception exception)
    {
        _routed.SetException(exception);

        // The page's own task reports the failure; nobody need wait for this one.
        _ = _routed.Task.Exception;
    }
}
