using System.Globalization;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

internal sealed partial class RunPipeline
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private static readonly CursorStatistics NoStatistics = new(0, 0, 0, null);

    private sealed record OpenedWindow(IWindowRead Read, int FirstPage, RecordedRows? Recorded);

    // H19: the schema is compared before the first row, with the one the run or the run before it was opened on.
    private async Task BindAsync(IWarehouse warehouse, CancellationToken cancellationToken)
    {
        if (_mapping is not null) return;

        var definition = context.Definition;
        var columns = await warehouse.GetColumnsAsync(definition.Dataset, cancellationToken);
        SchemaCheck.ThrowIfMissing(definition, mappings.ColumnsOf(definition, columns), columns);
        var mapping = mappings.Bind(definition, columns);

        // A definition remembers the columns it was saved with, and binding compares them; without that memory the previous run's columns stand in.
        var reference = _window ?? (context.Run.IsFull || definition.SavedColumns.Count > 0 ? null : ComparableWindow());
        if (reference is not null) SchemaCheck.ThrowIfChanged(definition, reference, mapping.Columns);

        _applier = new PageApplier(context, dispatcher, options);
        await LoadBoundaryAsync(mapping, cancellationToken);
        _mapping = mapping;
    }

    private RunWindow? ComparableWindow() =>
        context.Previous is { } previous && previous.MappingVersion == context.Run.MappingVersion ? previous.Window : null;

    // H4: frozen when the run starts, and a set: an exact copy of an imported row says nothing new, however often it comes. Counting copies one for one would
    // apply the surplus copy with this run's number, and it would win against a conflicting row of the same instant that was skipped.
    private async Task LoadBoundaryAsync(IRunMapping mapping, CancellationToken cancellationToken)
    {
        if (context.Run.IsFull || context.Watermark is not { } watermark) return;
        if (context.Boundary is not { } before || before.MappingVersion != context.Run.MappingVersion) return;

        var cursor = mapping.FormatUpperBound(watermark);
        var kept = await runs.GetBoundaryAsync(before.Id, cursor, cancellationToken);
        _boundary = [.. kept];
        _boundaryCursor = cursor;
    }

    private async Task<OpenedWindow?> OpenWindowAsync(IWarehouse warehouse, CancellationToken cancellationToken)
    {
        if (_window is not { IsOpen: true } window) return await OpenFirstAsync(warehouse, cancellationToken);
        if (_position is not { } position)
        {
            var again = await AskAsync(warehouse, window, isRepeated: true, cancellationToken);
            var isSame = again.IsStoredResult || await StoreWindowAsync(window with { Level = again.Level, Statistics = again.Statistics }, _notices, cancellationToken);
            return isSame ? await OpenedAsync(again, 0) : await RefusedAsync(again);
        }

        if (window.Level == PagingLevel.StoredResult)
        {
            // Pages are recorded from one statement. Another one the warehouse may have made for the same request is another picture, and page numbers mean other rows.
            var recorded = _accepted = _statement;
            var stored = await AskAsync(warehouse, window, isRepeated: true, cancellationToken);
            if (stored.IsStoredResult && _accepted == recorded) return await OpenedAsync(stored, position.LastPage + 1);
            await stored.DisposeAsync();
        }

        // The picture is gone (H22). The same window is asked again from the last recorded cursor, inclusive: rows of that tie group that are recorded
        // already are taken out one for one (H2). The rest of the run is a second picture, which the paging level and a notice say.
        var rest = window with { Level = PagingLevel.Keyset };
        IReadOnlyList<Problem> notices = [.. _notices.Where(notice => notice.Code != RunNotices.Requeried), Notice(RunNotices.Requeried, $"The run was interrupted and read the rest of its window again; its rows come from more than one picture of the dataset.")];
        if (!await StoreWindowAsync(rest, notices, cancellationToken)) return null;

        var read = await warehouse.OpenWindowAsync(Query(rest, position.LastCursor) with { RequestId = Guid.NewGuid() }, cancellationToken);
        return new OpenedWindow(read, 0, new RecordedRows(position, _mapping!.CursorKind));
    }

    private async Task<OpenedWindow?> OpenFirstAsync(IWarehouse warehouse, CancellationToken cancellationToken)
    {
        // R2: only the warehouse's clock is compared with source instants; the service's own is looked at for the notice of H5 alone.
        var now = SourceInstant.Parse(await warehouse.GetCurrentTimeAsync(cancellationToken));
        var isRepeated = _window is not null;
        if (_window is not { } asked)
        {
            var ceiling = now.AddClamped(-context.Definition.Settle);
            var from = context.Run.IsFull ? null : context.Watermark?.AddClamped(-context.Definition.Lookback);
            asked = new RunWindow(from, ceiling, PagingLevel.Keyset, [.. _mapping!.Columns.Select(column => column.Name)], NoStatistics) { IsOpen = false, PageRows = options.PageRows };
            if (!await StoreWindowAsync(asked, _mapping.Notices, cancellationToken)) return null;
        }

        var read = await AskAsync(warehouse, asked, isRepeated, cancellationToken);
        var window = asked with
        {
            Level = read.Level,
            Statistics = read.Statistics,
            ColumnKinds = [.. _mapping!.Columns.Select(column => column.Kind)],
            IsOpen = true,
        };
        if (_fenced || !await StoreWindowAsync(window, [.. _notices, .. Notices(read.Statistics, now)], cancellationToken))
        {
            await read.DisposeAsync();
            return null;
        }

        context.Monitor.Expect(window.From is null ? read.Statistics.TotalRows - read.Statistics.NullCursorRows - read.Statistics.RowsAboveCeiling : null);
        RunLog.WindowOpened(logger, context.Run.Id, window.To.ToString(), read.Statistics.TotalRows, window.Level.ToString());
        await FaultPoint.ReachAsync(FaultPointId.WindowStored);
        return new OpenedWindow(read, 0, null);
    }

    /// <summary>Sends the statement of the run's own request id, so that a warehouse that stores results gives the one it has.</summary>
    private Task<IWindowRead> AskAsync(IWarehouse warehouse, RunWindow window, bool isRepeated, CancellationToken cancellationToken) =>
        warehouse.OpenWindowAsync(Query(window, null) with { IsRepeated = isRepeated, Statement = _statement, Observer = new Observer(this, keepsStatement: _position is null) }, cancellationToken);

    private async Task<OpenedWindow?> OpenedAsync(IWindowRead read, int firstPage) =>
        _fenced ? await RefusedAsync(read) : new OpenedWindow(read, firstPage, null);

    private static async Task<OpenedWindow?> RefusedAsync(IWindowRead read)
    {
        await read.DisposeAsync();
        return null;
    }

    private async Task<bool> StoreWindowAsync(RunWindow window, IReadOnlyList<Problem> notices, CancellationToken cancellationToken)
    {
        if (!await runs.SetWindowAsync(context.Run.Id, context.Run.Fence, window, notices, cancellationToken))
        {
            _fenced = true;
            return false;
        }

        _window = window;
        _notices = notices;
        return true;
    }

    /// <param name="from">Lower bound in the cursor's own form if it is not the window's.</param>
    private WindowQuery Query(RunWindow window, string? from) => new(
        context.Run.RequestId,
        context.Definition.Dataset,
        window.Columns,
        _mapping!.Cursor,
        from ?? (window.From is { } lower ? _mapping.FormatLowerBound(lower) : null),
        _mapping.FormatUpperBound(window.To),
        window.PageRows ?? options.PageRows)
    {
        Origin = new QueryOrigin(context.Run.SyncId, context.Run.Id),
        Observer = new Observer(this, keepsStatement: false),
    };

    /// <summary>What was heard while reading becomes notices of the run, once, when everything is read.</summary>
    private async Task StoreHeardAsync(CancellationToken cancellationToken)
    {
        var heard = _heard.DistinctBy(notice => notice.Code).ToList();
        if (!_retries.IsEmpty)
        {
            var reasons = string.Join(", ", _retries.OrderBy(retry => retry.Key, StringComparer.Ordinal).Select(retry => $"{retry.Key} {retry.Value}"));
            heard.Add(Notice(RunNotices.WarehouseRetried, $"The warehouse was asked again {_retries.Values.Sum()} times ({reasons}). No row was lost or read twice."));
        }

        if (heard.Count > 0) await StoreWindowAsync(_window!, [.. _notices.Where(notice => heard.All(other => other.Code != notice.Code)), .. heard], cancellationToken);
    }

    private IEnumerable<Problem> Notices(CursorStatistics statistics, SourceInstant warehouseNow)
    {
        if (statistics.NullCursorRows > 0)
        {
            yield return Counted(ProblemCodes.CursorNull, statistics.NullCursorRows);
        }

        if (statistics.RowsAboveCeiling > 0)
        {
            yield return Counted(ProblemCodes.CursorFuture, statistics.RowsAboveCeiling);
        }

        var serviceNow = SourceInstant.FromDateTimeOffset(time.GetUtcNow());
        if (warehouseNow > serviceNow.AddClamped(ClockTolerance) || warehouseNow < serviceNow.AddClamped(-ClockTolerance))
        {
            yield return Notice(
                RunNotices.ClockDifference,
                $"The clock of the warehouse differs from this server's by {Math.Abs(warehouseNow.Seconds - serviceNow.Seconds)} s. Windows follow the warehouse's clock.");
        }

        if (context.Watermark is { } watermark && statistics.MaxCursor is { } text && _mapping!.TryReadCursor(text, out var greatest) && greatest < watermark)
        {
            yield return Notice(
                RunNotices.CursorBehindWatermark,
                $"The greatest modified_at of the dataset is {greatest}, before the watermark {watermark}. Was the dataset restored or stamped anew?",
                "Reset the watermark or run a full re-read to import rows that went back in time.");
        }

        // Half is far outside what daily deletions do and well inside what a truncated load does.
        if (ComparableWindow() is { } previous && previous.Statistics.TotalRows > 1 && statistics.TotalRows < previous.Statistics.TotalRows / 2)
        {
            yield return Notice(
                RunNotices.DatasetShrunk,
                $"The dataset has {statistics.TotalRows} rows; the previous run found {previous.Statistics.TotalRows}.",
                "If the dataset was restored or replaced, run a full re-read.");
        }
    }

    // H26: nothing to read is believed only if the dataset can be read and was not lost.
    private async Task CheckEmptyAsync(IWarehouse warehouse, CancellationToken cancellationToken)
    {
        if (context.Run.IsFull || ComparableWindow() is not { Statistics.TotalRows: > 0 } previous) return;

        await warehouse.GetColumnsAsync(context.Definition.Dataset, cancellationToken);
        var statistics = await warehouse.GetCursorStatisticsAsync(context.Definition.Dataset, _mapping!.Cursor, null, cancellationToken);
        if (statistics.TotalRows > 0) return;

        throw new RunFailedException(
            RunErrors.DatasetEmpty,
            $"{context.Definition.Dataset} has no rows; the previous run found {previous.Statistics.TotalRows}.",
            "Check the grants of the connection and whether the dataset was replaced. If it is meant to be empty, run a full re-read.");
    }

    private static Problem Counted(string code, long rows) => ProblemCatalogue.Fill(code, ("n", rows.ToString(CultureInfo.InvariantCulture)));

    private static Problem Notice(string code, FormattableString detail, string? hint = null) =>
        new(code, ProblemSeverity.Notice, detail.ToString(CultureInfo.InvariantCulture), hint);

    private async Task AcceptStatementAsync(string statement, bool keep, CancellationToken cancellationToken)
    {
        _accepted = statement;
        if (!keep || statement == _statement) return;
        await FaultPoint.ReachAsync(FaultPointId.StatementSubmitted);
        if (await runs.SetStatementAsync(context.Run.Id, context.Run.Fence, statement, cancellationToken)) _statement = statement;
        else _fenced = true;
    }

    private void CountRetry(WarehouseRetry retry)
    {
        _retries.AddOrUpdate(retry.Reason, 1, static (_, count) => count + 1);
        context.Monitor.CountRetry();
        metrics.WarehouseRetried(retry.Reason);
        RunLog.WarehouseRetried(logger, context.Run.Id, retry.Reason, retry.Attempt, retry.Delay);
    }

    /// <param name="keepsStatement">
    /// False once pages are recorded: they belong to the statement that is kept, and one that takes its place is only heard of, so that it is told apart.
    /// </param>
    private sealed class Observer(RunPipeline pipeline, bool keepsStatement) : IWindowObserver
    {
        public Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken) =>
            pipeline.AcceptStatementAsync(statement, keepsStatement, cancellationToken);

        public void Retrying(WarehouseRetry retry) => pipeline.CountRetry(retry);

        public void Notice(WarehouseNotice notice) => pipeline._heard.Enqueue(new Problem(notice.Code, ProblemSeverity.Notice, notice.Message, notice.Fix));
    }
}

/// <summary>The rows at the beginning of a repeated query that are recorded already: a multiset of the digests at the last recorded cursor (H2).</summary>
internal sealed class RecordedRows(RunPosition position, ColumnKind cursorKind)
{
    private readonly RowDigester _digester = new();
    private readonly DigestBag _digests = new(position.DigestsAtLastCursor);
    private bool _passed;

    /// <summary>The page without them.</summary>
    public RowPage Remove(RowPage page)
    {
        if (_passed) return page;

        var kept = new List<int>(page.RowCount);
        for (var row = 0; row < page.RowCount; row++)
        {
            if (!IsRecorded(page, row)) kept.Add(row);
        }

        _passed = page.RowCount > 0 && page.Cursor[^1] != position.LastCursor && !SortsBefore(page.Cursor[^1]);
        return kept.Count == page.RowCount
            ? page
            : new RowPage(page.Number, [.. kept.Select(row => page.Cursor[row])], [.. page.Columns.Select(column => kept.Select(row => column[row]).ToArray())]);
    }

    private bool IsRecorded(RowPage page, int row)
    {
        if (page.Cursor[row] != position.LastCursor) return SortsBefore(page.Cursor[row]);

        var digest = _digester.Digest(page, row);
        return _digests.TryTake(digest);
    }

    // A text cursor outside its stated form is always delivered, whatever the bound. Those that sort before the bound were recorded on the way to it.
    private bool SortsBefore(string cursor)
    {
        if (cursorKind != ColumnKind.Text) return false;
        return System.Text.Encoding.UTF8.GetBytes(cursor).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(position.LastCursor)) < 0;
    }
}
