using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs;

/// <summary>The hazards of guarantees 5 that a run answers for.</summary>
public sealed class ExtractionHazardTests
{
    private readonly RunWorld _world = new();

    // H1, G3: k rows at the boundary, a run, k more at the same instant, a run; k of 1, 2 (one less than a page), a page, one more, five pages.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(15)]
    public async Task Run_RowsAppearAtTheWatermark_AreImported(int k)
    {
        _world.Change(definition => definition with { Lookback = TimeSpan.Zero });
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, k).Select(row => new SourceRow(RunWorld.Ago(60), $"first{row}", "F")));
        await _world.RunAsync();
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, k).Select(row => new SourceRow(RunWorld.Ago(60), $"second{row}", "S")));

        var second = await _world.RunAsync();

        Assert.Equal(new OutcomeCounts(Created: k, Unchanged: k), second.Counts);
        Assert.Equal(2 * k, _world.Database.Identifiers.Count);
    }

    // H4: rows at the boundary that were imported are not validated again.
    [Fact]
    public async Task Run_SameBoundaryRows_AreUnchangedWithoutValidation()
    {
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, 10).Select(row => new SourceRow(RunWorld.Ago(60), $"id{row}", "N")));
        await _world.RunAsync();
        _world.Mappings.MappedRows = 0;
        _world.Warehouse.Rows.Add(_world.Warehouse.Rows[0]);

        var second = await _world.RunAsync();
        var third = await _world.RunAsync();

        Assert.Equal(new OutcomeCounts(Unchanged: 11), second.Counts);
        Assert.Equal(new OutcomeCounts(Unchanged: 11), third.Counts);
        Assert.Equal(0, _world.Mappings.MappedRows);
    }

    // H4: of two rows that conflict at the boundary the same one stays, whatever is read again.
    [Fact]
    public async Task Run_ConflictAtTheBoundary_IsStable()
    {
        _world.Warehouse.Rows.AddRange([new SourceRow(RunWorld.Ago(60), "a", "Ann"), new SourceRow(RunWorld.Ago(60), "a", "Bob")]);
        await _world.RunAsync();
        var dump = _world.Database.Dump();
        _world.Warehouse.Rows.Add(_world.Warehouse.Rows[0]);

        var second = await _world.RunAsync();

        Assert.Equal(new OutcomeCounts(Unchanged: 3), second.Counts);
        Assert.Equal(dump, _world.Database.Dump());
    }

    // H4: a refused row is tried again, and so is everything after the mapping changed.
    [Fact]
    public async Task Run_RefusedOrRemappedBoundaryRows_AreValidatedAgain()
    {
        _world.Warehouse.Rows.AddRange([new SourceRow(RunWorld.Ago(60), null, "N"), new SourceRow(RunWorld.Ago(60), "a", "N")]);
        await _world.RunAsync();
        _world.Mappings.MappedRows = 0;

        var second = await _world.RunAsync();
        var mappedBySecond = _world.Mappings.MappedRows;
        _world.Change(definition => definition with { Precedence = 5 });
        await _world.RunAsync();

        Assert.Equal(new OutcomeCounts(Unchanged: 1, Failed: 1), second.Counts);
        Assert.Equal(1, mappedBySecond);
        Assert.Equal(3, _world.Mappings.MappedRows);
    }

    // H5
    [Theory]
    [InlineData(301, true)]
    [InlineData(299, false)]
    [InlineData(-301, true)]
    public async Task Run_ClocksDiffer_IsNoticed(int seconds, bool isNoticed)
    {
        _world.Warehouse.ClockDifference = TimeSpan.FromSeconds(seconds);
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(600), "a", "Ann"));

        var run = await _world.RunAsync();

        Assert.Equal(isNoticed, run.Notices.Any(notice => notice.Code == RunNotices.ClockDifference));
    }

    // H6, G5
    [Theory]
    [InlineData("2026-03-01T12:00:01Z")]
    [InlineData("2026-03-01T13:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999Z")]
    public async Task Run_FutureRow_WaitsAndLeavesTheWatermarkAlone(string future)
    {
        _world.Warehouse.Rows.AddRange([new SourceRow(RunWorld.Ago(60), "a", "Ann"), new SourceRow(future, "b", "Bob")]);

        var run = await _world.RunAsync();

        Assert.Equal(1, run.Read);
        Assert.Equal(SourceInstant.Parse(RunWorld.Ago(60)), _world.Sync.Watermark);
        Assert.Equal("1 rows are dated after this run's ceiling and wait.", Assert.Single(run.Notices, notice => notice.Code == RunNotices.CursorFuture).Detail);
    }

    // G5
    [Fact]
    public async Task Run_FutureRowsTimeHasCome_IsImported()
    {
        _world.Warehouse.Rows.AddRange([new SourceRow(RunWorld.Ago(60), "a", "Ann"), new SourceRow("2026-03-01T13:00:00Z", "b", "Bob")]);
        await _world.RunAsync();
        _world.Time.Advance(TimeSpan.FromHours(2));

        var run = await _world.RunAsync();

        Assert.Equal(1, run.Counts.Created);
        Assert.Equal(SourceInstant.Parse("2026-03-01T13:00:00Z"), _world.Sync.Watermark);
    }

    // H10
    [Fact]
    public async Task Run_NullCursors_AreCounted()
    {
        _world.Warehouse.Rows.AddRange([new SourceRow(null, "a", "Ann"), new SourceRow(null, "b", "Bob"), new SourceRow(RunWorld.Ago(60), "c", "Cy")]);

        var run = await _world.RunAsync();

        Assert.Equal(1, run.Read);
        var notice = Assert.Single(run.Notices, notice => notice.Code == RunNotices.CursorNull);
        Assert.Equal(("2 rows have no modified_at and were not read.", ProblemCatalogue.Get(ProblemCodes.CursorNull).Hint), (notice.Detail, notice.Hint));
    }

    // H11
    [Fact]
    public async Task Run_DatasetWentBack_IsNoticed()
    {
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, 10).Select(row => new SourceRow(RunWorld.Ago(60), $"id{row}", "N")));
        await _world.RunAsync();
        _world.Warehouse.Rows.RemoveRange(0, 6);
        for (var row = 0; row < 4; row++) _world.Warehouse.Rows[row] = _world.Warehouse.Rows[row] with { Instant = RunWorld.Ago(90) };

        var run = await _world.RunAsync();

        Assert.Contains(run.Notices, notice => notice.Code == RunNotices.CursorBehindWatermark);
        Assert.Contains(run.Notices, notice => notice.Code == RunNotices.DatasetShrunk);
    }

    // H19
    [Fact]
    public async Task Run_MappedColumnMissing_FailsBeforeTheFirstRowWithADiff()
    {
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));
        _world.Warehouse.Columns.RemoveAt(1);

        var run = await _world.RunAsync();

        Assert.Equal(RunErrors.ColumnMissing, run.Failure!.Code);
        Assert.StartsWith("crm.customers no longer has “name”. It has “id”, “modified_at”.", run.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Warehouse.Queries);
        Assert.Null(_world.Sync.Watermark);
    }

    // H19
    [Fact]
    public async Task Run_MappedColumnRetyped_FailsUntilAFullReread()
    {
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));
        await _world.RunAsync();
        _world.Warehouse.Columns[1] = new DatasetColumn("name", "jsonb", ColumnKind.Json, true);

        var incremental = await _world.RunAsync();
        var full = await _world.RunAsync(isFull: true);
        var next = await _world.RunAsync();

        Assert.Equal(RunErrors.ColumnTypeChanged, incremental.Failure!.Code);
        Assert.Contains("“name” was Text and is Json (jsonb)", incremental.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, full.Status);
        Assert.Equal(RunStatus.Succeeded, next.Status);
    }

    // H26
    [Fact]
    public async Task Run_DatasetBecameEmpty_FailsUntilAFullReread()
    {
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));
        await _world.RunAsync();
        _world.Warehouse.Rows.Clear();

        var incremental = await _world.RunAsync();
        var full = await _world.RunAsync(isFull: true);
        var next = await _world.RunAsync();

        Assert.Equal(RunErrors.DatasetEmpty, incremental.Failure!.Code);
        Assert.Equal(RunStatus.Succeeded, full.Status);
        Assert.Equal(RunStatus.Succeeded, next.Status);
        Assert.Equal(SourceInstant.Parse(RunWorld.Ago(60)), _world.Sync.Watermark);
    }

    // H26: nothing new is nothing unusual.
    [Fact]
    public async Task Run_NothingInTheWindow_Succeeds()
    {
        _world.Change(definition => definition with { Settle = TimeSpan.FromMinutes(10) });
        _world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "a", "Ann"));

        var run = await _world.RunAsync();

        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal(0, run.Read);
        Assert.Null(_world.Sync.Watermark);
    }

    // G11
    [Fact]
    public async Task Run_Repeated_ChangesNothing()
    {
        _world.Warehouse.Rows.AddRange(Enumerable.Range(0, 20).Select(row => new SourceRow(RunWorld.Ago(60 + row % 4), $"id{row % 7}", $"N{row}")));
        await _world.RunAsync();
        var dump = _world.Database.Dump();
        var changes = _world.Database.Changes.Count;

        var second = await _world.RunAsync();

        Assert.Equal(0, second.Counts.Created + second.Counts.Updated);
        Assert.Equal(20, second.Counts.Total);
        Assert.Equal(dump, _world.Database.Dump());
        Assert.Equal(changes, _world.Database.Changes.Count);
    }
}
