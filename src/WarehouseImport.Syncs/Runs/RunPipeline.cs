using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>What a run starts from. Everything in it is frozen while the run lasts.</summary>
/// <param name="Watermark">The sync's watermark when the run was begun or taken over; runs of a sync never overlap, so it does not move meanwhile.</param>
/// <param name="Previous">The last completed run, to compare the dataset with; null if there is none.</param>
/// <param name="Boundary">The run whose rows at the watermark are remembered (H4); null if there is none or the watermark was reset.</param>
/// <param name="Position">Where an interrupted run stands; null if no page is recorded.</param>
internal sealed record RunContext(
    RunRecord Run,
    SyncDefinition Definition,
    SourceInstant? Watermark,
    RunRecord? Previous,
    RunRecord? Boundary,
    RunPosition? Position,
    RunMonitor Monitor);

internal enum PipelineEnd
{
    AllPagesAcknowledged,
    Cancelled,
    Fenced,
}

/// <summary>
/// Moves one run's rows: reads pages, records each before any of its rows is applied, applies several at a time, acknowledges them in order.
/// </summary>
internal sealed partial class RunPipeline(
    RunContext context,
    IRunStore runs,
    IRunWarehouses warehouses,
    IRunMappings mappings,
    IBatchDispatcher dispatcher,
    TimeProvider time,
    RunEngineOptions options,
    RunMetrics metrics,
    ILogger logger)
{
    private readonly RowDigester _digester = new();
    private readonly ConcurrentDictionary<string, int> _retries = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Problem> _heard = new();
    private readonly SemaphoreSlim _places = new(options.PagesInFlight);
    private RunWindow? _window = context.Run.Window;
    private string? _statement = context.Run.Statement;
    private string? _accepted;
    private RunPosition? _position = context.Position;
    private PageApplier? _applier;
    private IRunMapping? _mapping;
    private HashSet<RowDigest> _boundary = [];
    private string? _boundaryCursor;
    private SourceInstant? _largest;
    private IReadOnlyList<Problem> _notices = context.Run.Notices;
    private Task<Task[]> _lastRouted = PageTurn.First(context.Run.Partitions);
    private bool _fenced;
    private bool _reachedEnd;

    /// <summary>Greatest source instant seen in the window, refused rows included, never above the ceiling (R7, G2).</summary>
    public SourceInstant? LargestInstant => _largest is { } largest && _window is { } window && largest > window.To ? window.To : _largest;

    public async Task<PipelineEnd> RunAsync(CancellationToken stop)
    {
        var pages = Channel.CreateUnbounded<Task<PageAcknowledgement?>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(abort.Token, context.Monitor.CancelRequested);
        var reader = ReadAsync(pages.Writer, reading.Token, abort.Token);
        try
        {
            await AcknowledgeAsync(pages.Reader, abort.Token);
        }
        finally
        {
            await abort.CancelAsync();
            await SettleAsync(reader, pages.Reader);
        }

        if (_fenced) return PipelineEnd.Fenced;
        return _reachedEnd ? PipelineEnd.AllPagesAcknowledged : PipelineEnd.Cancelled;
    }

    private async Task AcknowledgeAsync(ChannelReader<Task<PageAcknowledgement?>> pages, CancellationToken cancellationToken)
    {
        await foreach (var applying in pages.ReadAllAsync(cancellationToken))
        {
            if (await applying is not { } page || !await runs.AcknowledgePageAsync(context.Run.Id, context.Run.Fence, page, cancellationToken))
            {
                _fenced = true;
                return;
            }

            _places.Release();
            context.Monitor.Add(page.Counts);
            metrics.PageAcknowledged(page.Counts);
            if (!context.Monitor.CancelRequested.IsCancellationRequested && await runs.GetAsync(context.Run.Id, cancellationToken) is { CancelRequested: true })
            {
                context.Monitor.RequestCancel();
            }
        }
    }

    // Waits for everything that still runs, so that nothing of this run outlives it. The first failure is already on its way to the caller.
    private static async Task SettleAsync(Task reader, ChannelReader<Task<PageAcknowledgement?>> pages)
    {
        await reader.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (pages.TryRead(out var applying)) await ((Task)applying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <param name="reading">Ends the reading when the run is cancelled or aborted.</param>
    /// <param name="applying">Ends the applying when the run is aborted; a cancelled run finishes its pages in flight.</param>
    private async Task ReadAsync(ChannelWriter<Task<PageAcknowledgement?>> pages, CancellationToken reading, CancellationToken applying)
    {
        try
        {
            await ReadWithRetriesAsync(pages, reading, applying);
            pages.Complete();
        }
        catch (OperationCanceledException) when (context.Monitor.CancelRequested.IsCancellationRequested && !applying.IsCancellationRequested)
        {
            pages.Complete();
        }
        catch (Exception exception)
        {
            pages.Complete(exception);
        }
    }

    private async Task ReadWithRetriesAsync(ChannelWriter<Task<PageAcknowledgement?>> pages, CancellationToken reading, CancellationToken applying)
    {
        var replay = context.Position is not null;
        for (var attempt = 1; ; attempt++)
        {
            var recorded = _position?.LastPage;
            try
            {
                await using var warehouse = await warehouses.OpenAsync(context.Definition.ConnectionId, reading);
                await BindAsync(warehouse, reading);
                if (replay) await ReplayAsync(pages, reading, applying);
                replay = false;
                if (_fenced) return;

                await ReadWindowAsync(warehouse, pages, reading, applying);
                return;
            }
            catch (WarehouseException exception) when (exception.IsTransient)
            {
                if (_position?.LastPage != recorded) attempt = 1;
                if (attempt >= options.ReadAttempts) throw;
                metrics.ReadRetried();
                RunLog.ReadRetried(logger, context.Run.Id, exception.Code, attempt);
                await Task.Delay(DelayBefore(attempt), time, reading);
            }
        }
    }

    private TimeSpan DelayBefore(int attempt)
    {
        var longest = Math.Min(options.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1), options.LongestRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
    }

    // Pages recorded but not acknowledged are applied again from their stored rows under the same ledger keys: those applied before answer with their stored counts.
    private async Task ReplayAsync(ChannelWriter<Task<PageAcknowledgement?>> pages, CancellationToken reading, CancellationToken applying)
    {
        foreach (var recorded in await runs.GetUnacknowledgedPagesAsync(context.Run.Id, reading))
        {
            await _places.WaitAsync(reading);
            Enqueue(PagePayload.Decode(recorded.Number, recorded.Payload), pages, applying);
        }

        // Acknowledged pages are gone, but rows come in cursor order: the last recorded cursor stands for all of them.
        if (_position is { } position && _mapping!.TryReadCursor(position.LastCursor, out var instant)) See(instant);
    }

    private async Task ReadWindowAsync(IWarehouse warehouse, ChannelWriter<Task<PageAcknowledgement?>> pages, CancellationToken reading, CancellationToken applying)
    {
        context.Monitor.Enter(RunPhases.Reading);
        var opened = await OpenWindowAsync(warehouse, reading);
        if (opened is null) return;

        await using var read = opened.Read;
        await foreach (var page in read.ReadPagesAsync(opened.FirstPage, reading).WithCancellation(reading))
        {
            context.Monitor.Enter(RunPhases.Importing);
            var rest = opened.Recorded is { } recorded ? recorded.Remove(page) : page;
            if (rest.RowCount == 0) continue;

            await _places.WaitAsync(reading);
            await FaultPoint.ReachAsync(FaultPointId.PageRead);
            if (await RecordAsync(rest, reading) is not { } runPage)
            {
                _fenced = true;
                return;
            }

            await FaultPoint.ReachAsync(FaultPointId.PageRecorded);
            Enqueue(runPage, pages, applying);
        }

        if (_position is null) await CheckEmptyAsync(warehouse, reading);
        await StoreHeardAsync(reading);
        _reachedEnd = true;
    }

    private async Task<RunPage?> RecordAsync(RowPage read, CancellationToken cancellationToken)
    {
        var rows = read with { Number = _position is { } position ? position.LastPage + 1 : 0 };
        var page = new RunPage(rows, SkipBoundary(rows));
        var lastCursor = rows.Cursor[^1];
        var digests = DigestsAtEnd(rows);

        // A dry run is never resumed, so its rows need not be stored.
        var payload = context.Run.IsDryRun ? [] : PagePayload.Encode(page);
        var recorded = new RecordedPage(rows.Number, rows.RowCount, payload, lastCursor, digests);
        if (!await runs.RecordPageAsync(context.Run.Id, context.Run.Fence, recorded, cancellationToken)) return null;

        _position = _position is { } before && before.LastCursor == lastCursor
            ? new RunPosition(rows.Number, lastCursor, [.. before.DigestsAtLastCursor, .. digests])
            : new RunPosition(rows.Number, lastCursor, digests);
        return page;
    }

    private RowDigest[] DigestsAtEnd(RowPage rows)
    {
        var first = rows.RowCount - 1;
        while (first > 0 && rows.Cursor[first - 1] == rows.Cursor[^1]) first--;
        var digests = new RowDigest[rows.RowCount - first];
        for (var row = first; row < rows.RowCount; row++) digests[row - first] = _digester.Digest(rows, row);
        return digests;
    }

    private bool[] SkipBoundary(RowPage rows)
    {
        var skipped = new bool[rows.RowCount];
        if (_boundary.Count == 0) return skipped;

        for (var row = 0; row < rows.RowCount; row++)
        {
            if (rows.Cursor[row] == _boundaryCursor) skipped[row] = _boundary.Contains(_digester.Digest(rows, row));
        }

        return skipped;
    }

    private void Enqueue(RunPage page, ChannelWriter<Task<PageAcknowledgement?>> pages, CancellationToken applying)
    {
        var ceiling = _window!.To;
        var turn = new PageTurn(_lastRouted);
        _lastRouted = turn.Routed;
        pages.TryWrite(Task.Run(() => ApplyAsync(page, ceiling, turn, applying), applying));
    }

    private async Task<PageAcknowledgement?> ApplyAsync(RunPage page, SourceInstant ceiling, PageTurn turn, CancellationToken cancellationToken)
    {
        var applied = await _applier!.ApplyAsync(page, _mapping!, ceiling, turn, cancellationToken);
        if (applied?.LargestInstant is { } instant) See(instant);
        return applied?.Acknowledgement;
    }

    private void See(SourceInstant instant)
    {
        lock (_places)
        {
            if (_largest is not { } largest || instant > largest) _largest = instant;
        }
    }
}
