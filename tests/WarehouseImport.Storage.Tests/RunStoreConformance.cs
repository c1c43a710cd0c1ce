using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Storage.Tests;

public abstract class RunStoreConformance : ConformanceTest
{
    private static readonly OutcomeCounts OneFailed = new(Failed: 1);

    [Fact]
    public async Task BeginAsync_IdleSync_RaisesFenceAndNumber()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        var asked = Sample.Run(sync.Id) with { Trigger = RunTrigger.Schedule, IsFull = true, DueAt = Sample.Now, RequestKey = "k", RequestDigest = "5e" };

        var run = await Store.Runs.BeginAsync(asked, 0, Cancellation);

        AssertSame(asked with { Seq = 1, Fence = 1 }, run);
        AssertSame(run!, await Store.Runs.GetAsync(asked.Id, Cancellation));
        var stored = (await Store.Syncs.GetAsync(sync.Id, Cancellation))!;
        Assert.Equal((1L, 1L, (Guid?)asked.Id), (stored.Fence, stored.LastRunSeq, stored.ActiveRunId));
        Assert.Equal([sync.Id], await Store.Runs.ListSyncsWithActiveRunAsync(Cancellation));
    }

    [Fact]
    public async Task BeginAsync_ActiveRunStaleFenceOrUnknownSync_IsRefused()
    {
        var run = await Sample.BeginRunAsync(Store);

        Assert.Null(await Store.Runs.BeginAsync(Sample.Run(run.SyncId), run.Fence, Cancellation));
        Assert.Null(await Store.Runs.BeginAsync(Sample.Run(Guid.NewGuid()), 0, Cancellation));
        await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Cancelled, null, Sample.Now, Cancellation);
        Assert.Null(await Store.Runs.BeginAsync(Sample.Run(run.SyncId), run.Fence - 1, Cancellation));
        Assert.Equal(2, (await Store.Runs.BeginAsync(Sample.Run(run.SyncId), run.Fence, Cancellation))!.Seq);
    }

    [Fact]
    public async Task BeginAsync_ManyAtOnce_OneBegins()
    {
        var sync = await Sample.CreateSyncAsync(Store);

        var runs = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            () => Store.Runs.BeginAsync(Sample.Run(sync.Id), 0, Cancellation), Cancellation)));

        var begun = Assert.Single(runs, run => run is not null);
        Assert.Equal(begun!.Id, Assert.Single(await Store.Runs.ListAsync(sync.Id, null, 50, Cancellation)).Id);
    }

    [Fact]
    public async Task BeginAsync_RepeatedRequestKey_ReturnsTheFirstRun()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        var first = await Store.Runs.BeginAsync(Sample.Run(sync.Id) with { RequestKey = "same" }, 0, Cancellation);

        var again = await Store.Runs.BeginAsync(Sample.Run(sync.Id) with { RequestKey = "same" }, 0, Cancellation);

        AssertSame(first!, again);
        Assert.Equal(1, (await Store.Syncs.GetAsync(sync.Id, Cancellation))!.LastRunSeq);
    }

    [Fact]
    public async Task BeginAsync_ImportsByApi_RunSideBySideWithoutASync()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => Store.Runs.BeginAsync(Sample.Run(ApiImports.SourceId), 0, Cancellation), Cancellation)));

        Assert.Equal(Enumerable.Range(1, 8).Select(seq => (long)seq), runs.Select(run => run!.Seq).Order());
        Assert.All(runs, run => Assert.Equal(0, run!.Fence));
        Assert.Equal(RunCompletion.Completed, await Store.Runs.CompleteAsync(runs[0]!.Id, 0, null, Sample.Now, Cancellation));
        Assert.Equal(RunCompletion.Fenced, await Store.Runs.CompleteAsync(runs[0]!.Id, 0, null, Sample.Now, Cancellation));
    }

    [Fact]
    public async Task CompleteAsync_CancelRequested_WritesNothing()
    {
        var run = await Sample.BeginRunAsync(Store);
        Assert.True(await Store.Runs.RequestCancelAsync(run.Id, Cancellation));

        var completion = await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation);

        Assert.Equal(RunCompletion.CancelRequested, completion);
        AssertSame(run with { CancelRequested = true }, await Store.Runs.GetAsync(run.Id, Cancellation));
        Assert.Equal((run.Id, (Profiles.SourceInstant?)null), ((await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.ActiveRunId!.Value, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.Watermark));
    }

    [Fact]
    public async Task TakeOverAsync_ActiveRun_RefusesEveryWriteOfThePreviousRunner()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1), Cancellation);

        var taken = await Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation);

        Assert.Equal(run.Fence + 1, taken!.Fence);
        Assert.Null(await Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation));
        Assert.False(await Store.Runs.SetWindowAsync(run.Id, run.Fence, Window(), [], Cancellation));
        Assert.False(await Store.Runs.SetStatementAsync(run.Id, run.Fence, "late", Cancellation));
        Assert.False(await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(1, 1), Cancellation));
        Assert.False(await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, Sample.Acknowledge(0, OneFailed), Cancellation));
        Assert.Equal(RunCompletion.Fenced, await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation));
        Assert.False(await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Failed, null, Sample.Now, Cancellation));
        AssertSame(taken, await Store.Runs.GetAsync(run.Id, Cancellation));
        Assert.Equal(0, Assert.Single(await Store.Runs.GetUnacknowledgedPagesAsync(run.Id, Cancellation)).Number);
        Assert.Null((await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.Watermark);
    }

    [Fact]
    public async Task TakeOverAndCompleteAsync_Racing_ExactlyOneHolds()
    {
        for (var round = 0; round < 10; round++)
        {
            var sync = await Sample.CreateSyncAsync(Store, $"Round {round}");
            var run = (await Store.Runs.BeginAsync(Sample.Run(sync.Id), 0, Cancellation))!;

            var takeOver = Task.Run(() => Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation), Cancellation);
            var complete = Task.Run(() => Store.Runs.CompleteAsync(run.Id, run.Fence, null, Sample.Now, Cancellation), Cancellation);
            var taken = await takeOver;
            var completion = await complete;

            Assert.Equal(taken is null, completion == RunCompletion.Completed);
            Assert.Equal(taken is null ? RunStatus.Succeeded : RunStatus.Running, (await Store.Runs.GetAsync(run.Id, Cancellation))!.Status);
        }
    }

    [Fact]
    public async Task SetWindowAsync_WindowAndNotices_ComeBackUnchanged()
    {
        var run = await Sample.BeginRunAsync(Store);
        Problem[] notices = [new("cursor_null", ProblemSeverity.Notice, "3 rows", "Fill them.")];

        Assert.True(await Store.Runs.SetWindowAsync(run.Id, run.Fence, Window(), notices, Cancellation));

        AssertSame(run with { Window = Window(), Notices = notices }, await Store.Runs.GetAsync(run.Id, Cancellation));
    }

    [Fact]
    public async Task SetStatementAsync_Twice_KeepsTheLast()
    {
        var run = await Sample.BeginRunAsync(Store);

        Assert.True(await Store.Runs.SetStatementAsync(run.Id, run.Fence, "first", Cancellation));
        Assert.True(await Store.Runs.SetStatementAsync(run.Id, run.Fence, "second", Cancellation));

        AssertSame(run with { Statement = "second" }, await Store.Runs.GetAsync(run.Id, Cancellation));
    }

    [Fact]
    public async Task GetPositionAsync_TieGroupOverPages_GathersItsDigests()
    {
        var run = await Sample.BeginRunAsync(Store);
        Assert.Null(await Store.Runs.GetPositionAsync(run.Id, Cancellation));
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 3, "a", new RowDigest(9, 9)), Cancellation);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(1, 3, "b", new RowDigest(ulong.MaxValue, 1), new RowDigest(0, 2)), Cancellation);
        await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, Sample.Acknowledge(1, new OutcomeCounts(Failed: 3)), Cancellation);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(2, 3, "b", new RowDigest(3, 3)), Cancellation);

        var position = await Store.Runs.GetPositionAsync(run.Id, Cancellation);

        Assert.Equal((2, "b"), (position!.LastPage, position.LastCursor));
        Assert.Equal([new RowDigest(ulong.MaxValue, 1), new RowDigest(0, 2), new RowDigest(3, 3)], position.DigestsAtLastCursor);
        Assert.Equal([0, 2], (await Store.Runs.GetUnacknowledgedPagesAsync(run.Id, Cancellation)).Select(page => page.Number));
    }

    [Fact]
    public async Task RecordPageAsync_SameNumberAgain_KeepsTheFirstRows()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 2, "a", new RowDigest(1, 2)), Cancellation);

        Assert.True(await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 5, "z") with { Payload = [9] }, Cancellation));

        var page = Assert.Single(await Store.Runs.GetUnacknowledgedPagesAsync(run.Id, Cancellation));
        Assert.Equal((2, "a"), (page.Rows, page.LastCursor));
        Assert.Equal([1, 2, 3], page.Payload);
        Assert.Equal([new RowDigest(1, 2)], page.LastCursorDigests);
    }

    [Fact]
    public async Task AcknowledgePageAsync_Twice_CountsOnce()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 4), Cancellation);
        var acknowledgement = new PageAcknowledgement(0, new OutcomeCounts(5, -1, 0, 0, 0, 0, 0), OutcomeCounts.None, 7, 8, 9, [], [Sample.Error(0, 1, "x")]);

        Assert.True(await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, acknowledgement, Cancellation));
        Assert.True(await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, acknowledgement, Cancellation));

        AssertSame(
            run with { Read = 4, Counts = acknowledgement.Counts, FieldsChanged = 7, FieldsStale = 8, NoMatch = 9, ProblemRows = 1 },
            await Store.Runs.GetAsync(run.Id, Cancellation));
        Assert.Empty(await Store.Runs.GetUnacknowledgedPagesAsync(run.Id, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, acknowledgement with { Page = 1 }, Cancellation));
    }

    [Fact]
    public async Task CompleteAsync_LedgerAndRefusedRowsAddUp_ClosesTheRun()
    {
        var run = await Sample.BeginRunAsync(Store);
        await ApplyPageAsync(run, 0, 3, ledger: new OutcomeCounts(Created: 2), unbatched: OneFailed, errors: [Sample.Error(0, 2, "email_invalid")]);
        await ApplyPageAsync(run, 1, 1, ledger: new OutcomeCounts(Created: -1, Updated: 2), unbatched: OutcomeCounts.None);

        var completion = await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation);

        Assert.Equal(RunCompletion.Completed, completion);
        var stored = (await Store.Runs.GetAsync(run.Id, Cancellation))!;
        Assert.Equal((RunStatus.SucceededWithRowErrors, Sample.Now), (stored.Status, stored.FinishedAt));
        Assert.Equal(new OutcomeCounts(Created: 1, Updated: 2, Failed: 1), stored.Counts);
        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
        Assert.Equal((Sample.Instant, (Guid?)null, (Guid?)run.Id), (sync.Watermark!.Value, sync.ActiveRunId, sync.BoundaryRunId));
        Assert.Null((await Store.Profiles.LoadAsync(Sample.Key(run), [], Cancellation)).LedgerEntry);
    }

    [Theory]
    [InlineData("an outcome is missing")]
    [InlineData("an outcome of another kind")]
    [InlineData("a page is not acknowledged")]
    public async Task CompleteAsync_CountsDiffer_WritesNothing(string defect)
    {
        var run = await Sample.BeginRunAsync(Store);
        await ApplyPageAsync(run, 0, 2, ledger: new OutcomeCounts(Created: 1), unbatched: OneFailed);
        if (defect == "an outcome is missing") await ApplyPageAsync(run, 1, 2, ledger: new OutcomeCounts(Created: 1), unbatched: OutcomeCounts.None);
        if (defect == "an outcome of another kind")
        {
            await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(1, 1), Cancellation);
            await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run, 1), counts: new OutcomeCounts(Created: 1)), Cancellation);
            await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, Sample.Acknowledge(1, new OutcomeCounts(Updated: 1), OutcomeCounts.None), Cancellation);
        }

        if (defect == "a page is not acknowledged") await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(1, 0), Cancellation);

        var completion = await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation);

        Assert.Equal(RunCompletion.CountsDiffer, completion);
        Assert.Equal(RunStatus.Running, (await Store.Runs.GetAsync(run.Id, Cancellation))!.Status);
        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
        Assert.Equal((null, run.Id), (sync.Watermark, sync.ActiveRunId));
    }

    [Fact]
    public async Task CompleteAsync_OlderOrNoInstant_NeverLowersTheWatermark()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation);
        SourceInstant?[] largest = [SourceInstant.Parse("2026-03-01T00:00:00.123456789011Z"), null, SourceInstant.Parse("2026-03-01T00:00:00.123456789013Z")];

        foreach (var instant in largest)
        {
            var before = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
            var next = (await Store.Runs.BeginAsync(Sample.Run(run.SyncId), before.Fence, Cancellation))!;
            Assert.Equal(before.Watermark, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.Watermark);
            Assert.Equal(RunCompletion.Completed, await Store.Runs.CompleteAsync(next.Id, next.Fence, instant, Sample.Now, Cancellation));
            var expected = instant is { } value && value > before.Watermark!.Value ? value : before.Watermark;
            Assert.Equal(expected, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.Watermark);
        }
    }

    [Fact]
    public async Task CompleteAsync_DryRun_LeavesTheSyncAsItWas()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        var run = (await Store.Runs.BeginAsync(Sample.Run(sync.Id) with { IsDryRun = true }, 0, Cancellation))!;
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1), Cancellation);
        await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, Sample.Acknowledge(0, new OutcomeCounts(Created: 1), OutcomeCounts.None), Cancellation);

        Assert.Equal(RunCompletion.Completed, await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation));

        var stored = (await Store.Syncs.GetAsync(sync.Id, Cancellation))!;
        Assert.Equal(sync with { Fence = 1, LastRunSeq = 1, Definition = stored.Definition }, stored);
    }

    [Fact]
    public async Task GetBoundaryAsync_CompletedRun_KeepsTheLastTieGroupUntilTheNext()
    {
        var first = await Sample.BeginRunAsync(Store);
        await ApplyPageAsync(first, 0, 1, OutcomeCounts.None, OneFailed, "a", kept: [new RowDigest(7, 7)]);
        await ApplyPageAsync(first, 1, 1, OutcomeCounts.None, OneFailed, "b", kept: [new RowDigest(5, 5), new RowDigest(6, 6)]);
        await ApplyPageAsync(first, 2, 1, OutcomeCounts.None, OneFailed, "b", kept: [new RowDigest(1, 1)]);
        await Store.Runs.CompleteAsync(first.Id, first.Fence, Sample.Instant, Sample.Now, Cancellation);
        Assert.Equal([new RowDigest(1, 1), new RowDigest(5, 5), new RowDigest(6, 6)], await Store.Runs.GetBoundaryAsync(first.Id, "b", Cancellation));
        Assert.Empty(await Store.Runs.GetBoundaryAsync(first.Id, "a", Cancellation));

        var empty = (await Store.Runs.BeginAsync(Sample.Run(first.SyncId), first.Fence, Cancellation))!;
        await Store.Runs.CompleteAsync(empty.Id, empty.Fence, null, Sample.Now, Cancellation);
        Assert.Equal(first.Id, (await Store.Syncs.GetAsync(first.SyncId, Cancellation))!.BoundaryRunId);

        var next = (await Store.Runs.BeginAsync(Sample.Run(first.SyncId), empty.Fence, Cancellation))!;
        await ApplyPageAsync(next, 0, 1, OutcomeCounts.None, OneFailed, "b", kept: [new RowDigest(8, 8)]);
        await Store.Runs.CompleteAsync(next.Id, next.Fence, Sample.Instant, Sample.Now, Cancellation);

        Assert.Empty(await Store.Runs.GetBoundaryAsync(first.Id, "b", Cancellation));
        Assert.Equal([new RowDigest(8, 8)], await Store.Runs.GetBoundaryAsync(next.Id, "b", Cancellation));
    }

    [Fact]
    public async Task CloseUnfinishedAsync_Failed_KeepsTheWatermarkAndCountsTheFailure()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1), Cancellation);
        Assert.True(await Store.Runs.RequestCancelAsync(run.Id, Cancellation));
        Assert.True((await Store.Runs.GetAsync(run.Id, Cancellation))!.CancelRequested);
        var failure = new RunFailure("warehouse_down", "It \"broke\".", null);

        Assert.True(await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Failed, failure, Sample.Now, Cancellation));

        var stored = (await Store.Runs.GetAsync(run.Id, Cancellation))!;
        Assert.Equal((RunStatus.Failed, failure, Sample.Now), (stored.Status, stored.Failure, stored.FinishedAt));
        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
        Assert.Equal((null, null, 1), (sync.Watermark, sync.ActiveRunId, sync.ConsecutiveFailures));
        Assert.Empty(await Store.Runs.GetUnacknowledgedPagesAsync(run.Id, Cancellation));
        Assert.False(await Store.Runs.RequestCancelAsync(run.Id, Cancellation));
        Assert.Empty(await Store.Runs.ListSyncsWithActiveRunAsync(Cancellation));
    }

    [Fact]
    public async Task GetErrorsAsync_BeyondTheLimit_KeepsTheFirstAndCountsAll()
    {
        var run = await Sample.BeginRunAsync(Store);
        await ApplyPageAsync(run, 0, 4, OutcomeCounts.None, new OutcomeCounts(Failed: 4), errors: [.. new[] { 3, 0, 2, 1 }.Select(row => Sample.Error(0, row, "email_invalid"))]);
        await ApplyPageAsync(
            run, 1, 3, OutcomeCounts.None, new OutcomeCounts(Failed: 3), errors: [.. Enumerable.Range(0, 3).Select(row => Sample.Error(1, row, "phone_invalid", "email_invalid"))]);

        var first = await Store.Runs.GetErrorsAsync(run.Id, null, null, 3, Cancellation);
        var rest = await Store.Runs.GetErrorsAsync(run.Id, (first[^1].Page, first[^1].Row), null, 10, Cancellation);
        var phones = await Store.Runs.GetErrorsAsync(run.Id, null, "phone_invalid", 10, Cancellation);
        var summary = await Store.Runs.GetErrorSummaryAsync(run.Id, Cancellation);

        Assert.Equal([(0, 0), (0, 1), (0, 2)], first.Select(error => (error.Page, error.Row)));
        Assert.Equal([(0, 3), (1, 0)], rest.Select(error => (error.Page, error.Row)));
        Assert.Equal(JsonSerializer.Serialize(Sample.Error(1, 0, "phone_invalid", "email_invalid")), JsonSerializer.Serialize(Assert.Single(phones)));
        Assert.Equal(
            [new ErrorCount("email_invalid", ProblemSeverity.Error, 7), new ErrorCount("phone_invalid", ProblemSeverity.Error, 3)],
            summary);
        Assert.Equal(7, (await Store.Runs.GetAsync(run.Id, Cancellation))!.ProblemRows);
    }

    [Fact]
    public async Task ApplyRetentionAsync_OldRuns_LoseErrorsFirstThenGo()
    {
        var run = await Sample.BeginRunAsync(Store);
        await ApplyPageAsync(run, 0, 1, OutcomeCounts.None, OneFailed, errors: [Sample.Error(0, 0, "x")]);
        await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Cancelled, null, Sample.Now, Cancellation);
        var active = (await Store.Runs.BeginAsync(Sample.Run(run.SyncId), run.Fence, Cancellation))!;

        Assert.Equal(0, await Store.Runs.ApplyRetentionAsync(Sample.Now, Sample.Now, Cancellation));
        Assert.Equal(1, await Store.Runs.ApplyRetentionAsync(Sample.Now.AddDays(1), Sample.Now, Cancellation));
        Assert.Empty(await Store.Runs.GetErrorsAsync(run.Id, null, null, 10, Cancellation));
        Assert.Single(await Store.Runs.GetErrorSummaryAsync(run.Id, Cancellation));
        Assert.Equal(1, await Store.Runs.ApplyRetentionAsync(Sample.Now.AddDays(1), Sample.Now.AddDays(1), Cancellation));

        Assert.Equal([active.Id], (await Store.Runs.ListAsync(run.SyncId, null, 10, Cancellation)).Select(kept => kept.Id));
    }

    [Fact]
    public async Task ListAsync_KeysetPages_GiveRunsNewestFirst()
    {
        var run = await Sample.BeginRunAsync(Store);
        for (var seq = 2; seq <= 5; seq++)
        {
            await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Cancelled, null, Sample.Now, Cancellation);
            run = (await Store.Runs.BeginAsync(Sample.Run(run.SyncId), run.Fence, Cancellation))!;
        }

        var first = await Store.Runs.ListAsync(run.SyncId, null, 3, Cancellation);
        var second = await Store.Runs.ListAsync(run.SyncId, first[^1].Seq, 3, Cancellation);

        Assert.Equal([5L, 4, 3], first.Select(listed => listed.Seq));
        Assert.Equal([2L, 1], second.Select(listed => listed.Seq));
    }

    private static RunWindow Window() => new(
        null, SourceInstant.MaxValue, PagingLevel.Snapshot, ["modified_at", "odd \"name\""], new CursorStatistics(10, 1, 2, "2026-01-01"));

    private async Task ApplyPageAsync(
        RunRecord run,
        int page,
        int rows,
        OutcomeCounts ledger,
        OutcomeCounts unbatched,
        string cursor = "c",
        RowDigest[]? kept = null,
        RunErrorRow[]? errors = null)
    {
        Assert.True(await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(page, rows, cursor), Cancellation));
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run, page), counts: ledger), Cancellation);
        var acknowledgement = Sample.Acknowledge(page, ledger + unbatched, unbatched, errors ?? []) with { KeptDigests = kept ?? [] };
        Assert.True(await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, acknowledgement, Cancellation));
    }

    private static void AssertSame(RunRecord expected, RunRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
    }
}
