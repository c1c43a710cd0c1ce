using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs;

/// <summary>The run protocol of guarantees 2, rule by rule.</summary>
public sealed class RunProtocolTests
{
    private readonly RunWorld _world = new();

    [Fact]
    public async Task BeginAsync_RunActive_ReturnsNull()
    {
        await _world.BeginAsync();

        var second = await _world.Engine.BeginAsync(_world.Sync, RunTrigger.Manual, new RunRequest(false, false, null), null, TestContext.Current.CancellationToken);

        Assert.Null(second);
    }

    [Fact]
    public async Task BeginAsync_RequestKeyRepeated_ReturnsTheFirstRun()
    {
        var request = new RunRequest(false, false, "key");
        var first = await _world.Engine.BeginAsync(_world.Sync, RunTrigger.Manual, request, null, TestContext.Current.CancellationToken);

        var second = await _world.Engine.BeginAsync(_world.Sync, RunTrigger.Manual, request, null, TestContext.Current.CancellationToken);

        Assert.True(first!.IsNew);
        Assert.False(second!.IsNew);
        Assert.Equal(first.Run.Id, second.Run.Id);
    }

    // R2
    [Fact]
    public async Task ExecuteAsync_FirstPage_FindsWindowStored()
    {
        _world.Warehouse.ClockDifference = TimeSpan.FromSeconds(100);
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));
        RunWindow? window = null;
        var run = await _world.BeginAsync();
        _world.Warehouse.BeforePage = _ =>
        {
            window = _world.Database.Runs[run.Id].Window;
            return Task.CompletedTask;
        };

        await _world.ExecuteAsync(run);

        Assert.NotNull(window);
        Assert.Null(window.From);
        Assert.Equal(SourceInstant.FromDateTimeOffset(RunWorld.Start.AddSeconds(100 - 5)), window.To);
        Assert.Equal(["id", "name"], window.Columns);
        Assert.Equal(PagingLevel.Snapshot, window.Level);
    }

    // R2, H3
    [Fact]
    public async Task ExecuteAsync_SecondRun_ReadsFromWatermarkMinusLookback()
    {
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));
        await _world.RunAsync();

        var second = await _world.RunAsync();

        Assert.Equal(SourceInstant.Parse(RunWorld.Ago(60)).AddClamped(TimeSpan.FromMinutes(-15)), second.Window!.From);
    }

    // R4, R5: a stored result is asked again by its request id and read on after the last recorded page.
    [Fact]
    public async Task ResumeAsync_StoredResult_ReadsOnUnderTheSameRequestId()
    {
        _world.Warehouse.Level = PagingLevel.StoredResult;
        AddRows(8);
        var run = await CrashAsync(FaultPointId.PageRecorded, 2);
        _world.Warehouse.Rows.Insert(0, new SourceRow(RunWorld.Ago(500), "new", "New"));

        var resumed = await _world.ResumeAsync();

        Assert.Equal(RunStatus.Succeeded, resumed.Status);
        Assert.Equal(8, resumed.Counts.Created);
        Assert.All(_world.Warehouse.Queries, query => Assert.Equal(run.RequestId, query.RequestId));
        Assert.Equal(_world.Warehouse.StatementOf(run.RequestId), resumed.Statement);
        Assert.Equal((true, resumed.Statement), (_world.Warehouse.Queries[^1].IsRepeated, _world.Warehouse.Queries[^1].Statement));
    }

    // R2, R5: the result a warehouse keeps belongs to the bounds of its first statement, so these are stored before it is sent and asked again as they are.
    [Fact]
    public async Task ResumeAsync_StatementSentButNotAnswered_AsksForTheSameBounds()
    {
        _world.Warehouse.Level = PagingLevel.StoredResult;
        AddRows(8);
        var run = await CrashAsync(FaultPointId.StatementSubmitted, 1);
        Assert.Null(_world.Database.Runs[run.Id].Statement);
        _world.Time.Advance(TimeSpan.FromHours(1));

        var resumed = await _world.ResumeAsync();

        Assert.Equal(8, resumed.Counts.Created);
        Assert.Single(_world.Warehouse.Queries.Select(query => (query.RequestId, query.From, query.To)).Distinct());
        Assert.Equal([false, true], _world.Warehouse.Queries.Select(query => query.IsRepeated));
        Assert.Equal(8, resumed.Window!.Statistics.TotalRows);
    }

    [Fact]
    public async Task ExecuteAsync_WarehouseRetriesAndNotices_AreSaidOnce()
    {
        AddRows(8);
        _world.Warehouse.BeforePage = _ =>
        {
            var observer = _world.Warehouse.Queries[^1].Observer;
            observer.Retrying(new WarehouseRetry(WarehouseRetryReasons.Throttled, 1, TimeSpan.FromSeconds(1)));
            observer.Notice(new WarehouseNotice("slow_path", "The slow path is taken.", "GRANT it."));
            return Task.CompletedTask;
        };

        var run = await _world.RunAsync();

        Assert.Contains("3 times (throttled 3)", Assert.Single(run.Notices, notice => notice.Code == RunNotices.WarehouseRetried).Detail, StringComparison.Ordinal);
        Assert.Equal("GRANT it.", Assert.Single(run.Notices, notice => notice.Code == "slow_path").Hint);
    }

    // H22: the pages are those of the first statement. The one that took its place is another picture, also for an attempt that comes later and finds its result stored.
    [Fact]
    public async Task ResumeAsync_StoredResultExpiredAndTheNextAttemptBreaks_LosesNoRow()
    {
        _world.Warehouse.Level = PagingLevel.StoredResult;
        AddRows(20);
        await CrashAsync(FaultPointId.PageRecorded, 3);
        _world.Warehouse.ExpireStoredResults();
        _world.Warehouse.Rows.RemoveRange(0, 6);
        var breaks = true;
        _world.Warehouse.AfterStatement = () =>
        {
            if (!breaks) return Task.CompletedTask;
            breaks = false;
            throw new WarehouseException(WarehouseErrors.Unreachable, "The connection broke.", isTransient: true);
        };

        var resumed = await _world.ResumeAsync();

        Assert.Equal(RunStatus.Succeeded, resumed.Status);
        Assert.Equal(20, resumed.Counts.Created);
        Assert.Equal(PagingLevel.Keyset, resumed.Window!.Level);
    }

    // A page's number means the same rows whatever the setting of the process that goes on.
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public async Task ResumeAsync_StoredResultWithAnotherPageSize_KeepsThePages(int pageRows)
    {
        _world.Warehouse.Level = PagingLevel.StoredResult;
        AddRows(20);
        await CrashAsync(FaultPointId.PageRecorded, 3);
        _world.Options.PageRows = pageRows;

        var resumed = await _world.ResumeAsync();

        Assert.Equal((20L, 20L), (resumed.Read, resumed.Counts.Created));
    }

    // H22
    [Fact]
    public async Task ResumeAsync_StoredResultExpired_QueriesTheSameWindowAgain()
    {
        _world.Warehouse.Level = PagingLevel.StoredResult;
        AddRows(8);
        await CrashAsync(FaultPointId.PageRecorded, 2);
        var to = _world.Warehouse.Queries[0].To;
        _world.Time.Advance(TimeSpan.FromHours(1));
        _world.Warehouse.ExpireStoredResults();

        var resumed = await _world.ResumeAsync();

        Assert.Equal(8, resumed.Counts.Created);
        Assert.All(_world.Warehouse.Queries, query => Assert.Equal(to, query.To));
        Assert.Equal(PagingLevel.Keyset, resumed.Window!.Level);
        Assert.Contains(resumed.Notices, notice => notice.Code == RunNotices.Requeried);
    }

    // R7
    [Fact]
    public async Task ExecuteAsync_AllApplied_MovesWatermarkToLargestInstant()
    {
        AddRows(7);
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(10), null, "refused rows count too"));

        var run = await _world.RunAsync();

        Assert.Equal(RunStatus.SucceededWithRowErrors, run.Status);
        Assert.Equal(8, run.Read);
        Assert.Equal(run.Read, run.Counts.Total);
        Assert.Equal(SourceInstant.Parse(RunWorld.Ago(10)), _world.Sync.Watermark);
    }

    // R7
    [Fact]
    public async Task ExecuteAsync_CountsDiffer_FailsAndKeepsWatermark()
    {
        AddRows(2);
        _world.Database.CorruptNextCompletion = true;

        var run = await _world.RunAsync();

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal(RunErrors.CountsDiffer, run.Failure!.Code);
        Assert.Null(_world.Sync.Watermark);
    }

    // R8
    [Fact]
    public async Task ExecuteAsync_WarehouseRefuses_FailsKeepsWatermarkAndTellsNextTry()
    {
        AddRows(8);
        _world.Warehouse.BeforePage = page => page == 1 ? throw new WarehouseException(WarehouseErrors.PermissionDenied, "SELECT was refused.", "GRANT SELECT.") : Task.CompletedTask;
        var begun = await _world.BeginAsync();

        var end = await _world.ExecuteAsync(begun);

        var run = _world.Database.Runs[begun.Id];
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal(WarehouseErrors.PermissionDenied, run.Failure!.Code);
        Assert.Equal("GRANT SELECT.", run.Failure.Fix);
        Assert.Contains($"The watermark has not moved; the next try is at {end.RetryAt!.Value.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}.", run.Failure.Message, StringComparison.Ordinal);
        Assert.Null(_world.Sync.Watermark);
        Assert.Equal(1, _world.Sync.ConsecutiveFailures);
    }

    // R8
    [Fact]
    public async Task ExecuteAsync_CancelRequested_StopsBetweenPages()
    {
        AddRows(30);
        var begun = await _world.BeginAsync();
        using var monitor = new RunMonitor(begun);
        _world.Warehouse.BeforePage = page =>
        {
            if (page == 3) monitor.RequestCancel();
            return Task.CompletedTask;
        };

        await _world.ExecuteAsync(begun, monitor);

        var run = _world.Database.Runs[begun.Id];
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.Equal(9, run.Read);
        Assert.Equal(9, _world.Database.Identifiers.Count);
        Assert.Null(_world.Sync.Watermark);
        Assert.Equal(0, _world.Sync.ConsecutiveFailures);
    }

    // R8: a request that was accepted is kept, also when every page was under way already.
    [Fact]
    public async Task ExecuteAsync_CancelRequestedBeforeTheCompletion_EndsAsCancelledAndKeepsWhatWasApplied()
    {
        AddRows(8);
        var begun = await _world.BeginAsync();
        _world.Stores.BeforeWrite = async name =>
        {
            if (name != "complete") return;
            _world.Stores.BeforeWrite = null;
            Assert.True(await ((IRunStore)_world.Stores).RequestCancelAsync(begun.Id, TestContext.Current.CancellationToken));
        };

        await _world.ExecuteAsync(begun);

        var run = _world.Database.Runs[begun.Id];
        Assert.Equal((RunStatus.Cancelled, 8L), (run.Status, run.Read));
        Assert.Equal(8, _world.Database.Identifiers.Count);
        Assert.Null(_world.Sync.Watermark);
        Assert.Null(_world.Sync.ActiveRunId);
    }

    // R1, R9, G18: the first runner still believes it owns the run; every write of it is refused from the takeover on.
    [Theory]
    [InlineData("window")]
    [InlineData("record")]
    [InlineData("commit")]
    [InlineData("acknowledge")]
    [InlineData("complete")]
    public async Task ExecuteAsync_TakenOverBefore_StopsWithoutWriting(string write)
    {
        AddRows(8);
        var run = await _world.BeginAsync();
        var (first, firstStores) = (_world.Engine, _world.Stores);
        RunRecord? resumed = null;
        firstStores.BeforeWrite = async name =>
        {
            if (name != write || resumed is not null) return;
            firstStores.BeforeWrite = null;
            resumed = await _world.ResumeAsync();
            firstStores.Calls.Clear();
        };

        using var monitor = new RunMonitor(run);
        var end = await first.ExecuteAsync(run, monitor, TestContext.Current.CancellationToken);

        Assert.Equal(RunEndKind.Fenced, end.Kind);
        Assert.Equal(RunStatus.Succeeded, resumed!.Status);
        Assert.Equal(8, resumed.Counts.Created);
        Assert.Equal(resumed, _world.Database.Runs[run.Id]);
        Assert.Equal(8, _world.Database.Changes.Count(change => change.Field == "first_name"));
    }

    [Fact]
    public async Task ExecuteAsync_TransientFailure_ReadsOnWithinTheRun()
    {
        AddRows(10);
        var failures = 0;
        _world.Warehouse.BeforePage = page => page == 2 && failures++ == 0
            ? throw new WarehouseException(WarehouseErrors.Unreachable, "The connection was lost.", isTransient: true)
            : Task.CompletedTask;
        var begun = await _world.BeginAsync();
        var executing = _world.ExecuteAsync(begun);
        while (!executing.IsCompleted)
        {
            _world.Time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await executing;

        var run = _world.Database.Runs[begun.Id];
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(10, run.Counts.Created);
        Assert.Equal(PagingLevel.Keyset, run.Window!.Level);
    }

    // The completing transaction commits and its answer is lost: the run is closed, not failed.
    [Fact]
    public async Task ExecuteAsync_AnswerOfCompletionLost_IsClosed()
    {
        AddRows(2);
        var begun = await _world.BeginAsync();
        FaultPlan.At(FaultPointId.Completed, 1, () => throw new TimeoutException());

        var end = await _world.ExecuteAsync(begun);

        Assert.Equal(new RunEnd(RunEndKind.Closed, RunStatus.Succeeded), end);
    }

    [Fact]
    public async Task ExecuteAsync_MappingEditedMeanwhile_KeepsTheMappingOfTheRun()
    {
        AddRows(2);
        var run = await _world.BeginAsync();
        _world.Change(definition => definition with { Precedence = 9, Cursor = definition.Cursor with { Column = "gone" } });

        await _world.ExecuteAsync(run);

        Assert.Equal(RunStatus.Succeeded, _world.Database.Runs[run.Id].Status);
    }

    [Fact]
    public async Task ExecuteAsync_RefusedAndWarnedRows_AreKeptInSourceOrderWithTheirCells()
    {
        _world.Warehouse.Rows.AddRange([
            new SourceRow(RunWorld.Ago(50), "a", "odd Ann"),
            new SourceRow(RunWorld.Ago(40), null, "Bob"),
            new SourceRow(RunWorld.Ago(30), "c", "Cy"),
            new SourceRow(RunWorld.Ago(20), "d", "odd Di"),
        ]);

        var run = await _world.RunAsync();

        var errors = _world.Database.Errors[run.Id];
        Assert.Equal([(0, 0), (0, 1), (1, 0)], errors.Select(error => (error.Page, error.Row)));
        Assert.Equal(["timezone_unknown", "identifier_missing", "timezone_unknown"], errors.Select(error => error.Problems[0].Problem.Code));
        Assert.Equal([null, "Bob"], errors[1].Cells);
        Assert.Equal(new OutcomeCounts(Created: 3, Failed: 1), run.Counts);
    }

    private async Task<RunRecord> CrashAsync(FaultPointId point, int occurrence)
    {
        var run = await _world.BeginAsync();
        var plan = FaultPlan.At(point, occurrence, _world.Process.KillAsync);
        var end = await _world.ExecuteAsync(run);
        FaultPlan.Clear();
        Assert.True(plan.WasReached);
        Assert.Equal(RunEndKind.Interrupted, end.Kind);
        return run;
    }

    private void AddRows(int count) =>
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, count).Select(row => new SourceRow(RunWorld.Ago(300 - row / 2), $"id{row}", $"Name {row}")));
}
