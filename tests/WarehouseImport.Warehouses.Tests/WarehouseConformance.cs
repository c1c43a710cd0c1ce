using System.Globalization;
using CsCheck;

namespace WarehouseImport.Warehouses.Tests;

/// <summary>What every warehouse must do (guarantees T6, R2–R5, H1, H5–H10, H12, H19, H20, H24, S7).</summary>
public abstract class WarehouseConformance : IAsyncLifetime
{
    protected const string Boundary = "2024-05-06T07:08:09.123456";
    private const int PageRows = 5;

    private static readonly CursorColumn ByTime = new("changed");

    private static readonly Comparer<string?> ById =
        Comparer<string?>.Create((left, right) => int.Parse(left!, CultureInfo.InvariantCulture).CompareTo(int.Parse(right!, CultureInfo.InvariantCulture)));

    protected WarehouseSeeder Seeder { get; private set; } = null!;

    protected IWarehouse Warehouse { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A type that both warehouses have but that cannot be read (7.7).</summary>
    protected abstract string UnreadableType { get; }

    protected abstract string BinaryCollatedCase { get; }

    protected abstract Task<WarehouseSeeder> SeedAsync();

    public async ValueTask InitializeAsync()
    {
        Seeder = await SeedAsync();
        await Seeder.ExecuteAsync($"CREATE SCHEMA {Seeder.Schema}");
        Warehouse = Seeder.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Warehouse.DisposeAsync();
        await Seeder.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ListDatasets_TablesAndViews_AreListedByNameWithKind()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("Customers")} (id bigint)",
            $"CREATE VIEW {Seeder.Sql("active")} AS SELECT * FROM {Seeder.Sql("Customers")}");

        var datasets = await Warehouse.ListDatasetsAsync(Cancellation);

        Assert.Contains(new Dataset(Seeder.Name("Customers"), DatasetKind.Table), datasets);
        Assert.Contains(new Dataset(Seeder.Name("active"), DatasetKind.View), datasets);
        Assert.Equal(datasets.OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal), datasets);
    }

    [Fact]
    public async Task GetColumns_Table_KeepsOrderCaseAndNullability()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (\"Zeta\" bigint NOT NULL, \"alpha beta\" varchar, changed timestamp)");

        var columns = await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation);

        Assert.Equal(["Zeta", "alpha beta", "changed"], columns.Select(column => column.Name));
        Assert.Equal([ColumnKind.Integer, ColumnKind.Text, ColumnKind.Timestamp], columns.Select(column => column.Kind));
        Assert.Equal([false, true, true], columns.Select(column => column.IsNullable));
    }

    [Fact]
    public async Task GetColumns_UnknownDataset_IsRefused()
    {
        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.GetColumnsAsync(Seeder.Name("nothing"), Cancellation));

        Assert.Equal(WarehouseErrors.DatasetUnknown, failure.Code);
        Assert.Contains("nothing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetCurrentTime_IsUtcTextNearThisMachinesClock()
    {
        var text = await Warehouse.GetCurrentTimeAsync(Cancellation);

        var difference = TimeProvider.System.GetUtcNow() - DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$", text);
        Assert.InRange(difference.Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Preview_LeavesUnreadableColumnsOutAndLimitsRows()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, secret {UnreadableType}, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, NULL, timestamp '2024-01-01 00:00:00.5' FROM generate_series(1, 9) AS s(i)");

        var preview = await Warehouse.PreviewAsync(Seeder.Name("t"), 4, Cancellation);

        Assert.Equal(["id", "changed"], preview.Columns.Select(column => column.Name));
        Assert.Equal(4, preview.Rows.Count);
        Assert.All(preview.Rows, row => Assert.Equal("2024-01-01T00:00:00.5", row[1]));
    }

    [Fact]
    public async Task OpenWindow_EmptyDataset_GivesNoPage()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00"), Cancellation);

        Assert.Empty(await PagesAsync(window));
        Assert.Equal(new CursorStatistics(0, 0, 0, null), window.Statistics);
        Assert.Equal(PagingLevel.Snapshot, window.Level);
        Assert.False(window.IsStoredResult);
    }

    /// <summary>G3, H1: rows of the boundary's own instant are read, however many and whenever they came.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(PageRows - 1)]
    [InlineData(PageRows)]
    [InlineData(PageRows + 1)]
    [InlineData(5 * PageRows)]
    public async Task ReadPages_TiesAtTheBoundary_AreAllReadAgainWithTheLateOnes(int ties)
    {
        await SeedBoundaryAsync();
        await InsertAsync(1, ties, Boundary);
        var first = await IdsAsync(Query("t", "2024-01-01T00:00:00", Boundary));
        await InsertAsync(1001, ties, Boundary);

        var second = await IdsAsync(Query("t", Boundary, "2024-12-31T00:00:00"));

        Assert.Equal(["-1", .. Ids(1, ties)], first.Order(ById));
        Assert.Equal(["-2", .. Ids(1, ties), .. Ids(1001, ties)], second.Order(ById));
    }

    [Fact]
    public async Task ReadPages_BothEnds_AreInclusiveToTheLastDigit()
    {
        await SeedBoundaryAsync();
        await InsertAsync(1, 1, Boundary);

        var inside = await IdsAsync(Query("t", Boundary, Boundary));
        var afterwards = await IdsAsync(Query("t", "2024-05-06T07:08:09.123456000001", "2024-05-06T07:08:09.123457"));
        var before = await IdsAsync(Query("t", "2024-05-06T07:08:09.123455", "2024-05-06T07:08:09.123455999999"));

        Assert.Equal(["1"], inside);
        Assert.Equal(["-2"], afterwards);
        Assert.Equal(["-1"], before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(100_000)]
    public async Task ReadPages_AnyPageSize_GivesEveryRowOnceInOrder(int pageRows)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, timestamp '2024-01-01 00:00:00' + ((i * 7) % 25) * interval '1 second' FROM generate_series(0, 24) AS s(i)");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00") with { PageRows = pageRows }, Cancellation);
        var pages = await PagesAsync(window);

        Assert.All(pages, page => Assert.InRange(page.RowCount, 1, pageRows));
        Assert.Equal(Enumerable.Range(0, pages.Count), pages.Select(page => page.Number));
        Assert.Equal((25 + pageRows - 1) / pageRows, pages.Count);
        var cursors = pages.SelectMany(page => page.Cursor).ToList();
        Assert.Equal(25, cursors.Distinct().Count());
        Assert.Equal(cursors.Order(StringComparer.Ordinal), cursors);
    }

    [Fact]
    public async Task ReadPages_LargeCells_MakeSmallerPages()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp, big varchar)",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, timestamp '2024-01-01 00:00:00', repeat('x', 1000000) FROM generate_series(1, 12) AS s(i)");

        await using var window = await Warehouse.OpenWindowAsync(
            Query("t", null, "2030-01-01T00:00:00") with { Columns = ["big"], PageRows = 1000 }, Cancellation);
        var pages = await PagesAsync(window);

        Assert.Equal(12, pages.Sum(page => page.RowCount));
        Assert.All(pages, page => Assert.InRange(page.RowCount, 1, 5));
    }

    [Fact]
    public async Task Statistics_NullAndFutureCursors_AreCountedAndNotRead()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)");
        await InsertAsync(1, 3, "2024-01-01T00:00:00");
        await InsertAsync(10, 2, "9999-12-31T23:59:59.999999");
        await Seeder.ExecuteAsync($"INSERT INTO {Seeder.Sql("t")} VALUES (20, NULL), (21, NULL), (22, NULL), (23, NULL)");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2024-01-01T00:00:00"), Cancellation);
        var ids = (await PagesAsync(window)).SelectMany(page => page.Columns[0]);
        var without = await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), ByTime, null, Cancellation);

        Assert.Equal(["1", "2", "3"], ids.Order(StringComparer.Ordinal));
        Assert.Equal(new CursorStatistics(9, 4, 2, "9999-12-31T23:59:59.999999"), window.Statistics);
        Assert.Equal(new CursorStatistics(9, 4, 0, "9999-12-31T23:59:59.999999"), without);
    }

    [Fact]
    public async Task ReadPages_InstantsOutsideTheYears1To9999_AreCountedAndNeverRead()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (1, timestamp 'infinity'), (2, timestamp '-infinity'), (3, timestamp '12000-01-01 00:00:00'), (4, timestamp '2024-01-01 00:00:00')");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "9999-12-31T23:59:59.999999"), Cancellation);
        var ids = (await PagesAsync(window)).SelectMany(page => page.Columns[0]);

        Assert.Equal(["4"], ids);
        Assert.Equal(new CursorStatistics(4, 1, 2, "2024-01-01T00:00:00"), window.Statistics);
    }

    [Fact]
    public async Task ReadPages_WatermarkInTheFuture_GivesNothing()
    {
        await SeedBoundaryAsync();

        Assert.Empty(await IdsAsync(Query("t", "2999-01-01T00:00:00", "9999-12-31T00:00:00")));
        Assert.Empty(await IdsAsync(Query("t", "2024-12-31T00:00:00", "2024-01-01T00:00:00")));
    }

    [Theory]
    [InlineData("date", "2024-02-28", "2024-02-29", "2024-03-01")]
    [InlineData("bigint", "-5", "1714979289123", "9223372036854775807")]
    [InlineData("smallint", "-32768", "0", "32767")]
    [InlineData("timestamp with time zone", "2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000002Z", "2024-01-01T00:00:00.1Z")]
    [InlineData("timestamp", "0001-01-01T00:00:00", "1969-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999")]
    public async Task ReadPages_CursorOfEveryKind_IsExactAndWindowed(string type, string first, string second, string third)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed {type})",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (3, CAST('{third}' AS {type})), (1, CAST('{first}' AS {type})), (2, CAST('{second}' AS {type}))");

        var all = await CursorsAsync(Query("t", first, third));
        var lower = await CursorsAsync(Query("t", null, second));
        var upper = await CursorsAsync(Query("t", second, third));

        Assert.Equal([first, second, third], all);
        Assert.Equal([first, second], lower);
        Assert.Equal([second, third], upper);
        Assert.Equal(third, (await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), ByTime, null, Cancellation)).MaxCursor);
    }

    [Fact]
    public async Task ReadPages_IntegerEndsBeyondTheColumn_AreNotAnError()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed smallint)", $"INSERT INTO {Seeder.Sql("t")} VALUES (1, -32768), (2, 32767)");

        Assert.Equal(["1", "2"], await IdsAsync(Query("t", "-99999999999999999999999", "99999999999999999999999")));
        Assert.Empty(await IdsAsync(Query("t", null, "-40000")));
    }

    /// <summary>11.2 and H9: values of the stated form are windowed in binary order, others always delivered, first.</summary>
    [Fact]
    public async Task ReadPages_TextCursor_WindowsMatchesAndAlwaysDeliversTheRest()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed {BinaryCollatedCase})",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (1, '2024-01-01T00:00:00Z'), (2, '2024-01-02T00:00:00Z'), (3, '2024-01-03T00:00:00Z'), (4, 'yesterday'), (5, ''), (6, NULL), (7, '2024-01-02T00:00:00Zx')");
        var cursor = new CursorColumn("changed", TextPattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$");

        var query = Query("t", "2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z") with { Cursor = cursor };
        var ids = await IdsAsync(query);
        var statistics = await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), cursor, "2024-01-02T00:00:00Z", Cancellation);

        Assert.Equal(["5", "7", "4", "2"], ids);
        Assert.Equal(["", "2024-01-02T00:00:00Zx", "yesterday", "2024-01-02T00:00:00Z"], await CursorsAsync(query));
        Assert.Equal(new CursorStatistics(7, 1, 1, "2024-01-03T00:00:00Z"), statistics);
    }

    [Theory]
    [InlineData(CursorCombination.Coalesce, new[] { "2024-01-01T00:00:00", "2024-01-03T00:00:00" })]
    [InlineData(CursorCombination.Greatest, new[] { "2024-01-02T00:00:00", "2024-01-03T00:00:00" })]
    public async Task ReadPages_TwoCursorColumns_AreCombined(CursorCombination combine, string[] expected)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, updated timestamp, created timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (1, '2024-01-01 00:00:00', '2024-01-02 00:00:00'), (2, NULL, '2024-01-03 00:00:00'), (3, NULL, NULL)");
        var cursor = new CursorColumn("updated", "created", combine);

        var cursors = await CursorsAsync(Query("t", null, "2025-01-01T00:00:00") with { Cursor = cursor });

        Assert.Equal(expected, cursors);
        Assert.Equal(1, (await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), cursor, null, Cancellation)).NullCursorRows);
    }

    [Theory]
    [InlineData("double precision")]
    [InlineData("real")]
    [InlineData("numeric(20,3)")]
    [InlineData("boolean")]
    [InlineData("varchar")]
    public async Task OpenWindow_CursorThatCannotBeOrderedExactly_IsRefused(string type)
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed {type})");

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, "1"), Cancellation));

        Assert.Equal(WarehouseErrors.CursorUnsupported, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_TwoCursorColumnsOfDifferentTypes_IsRefused()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, updated timestamp, created date)");
        var query = Query("t", null, "2025-01-01T00:00:00") with { Cursor = new CursorColumn("updated", "created") };

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(query, Cancellation));

        Assert.Equal(WarehouseErrors.CursorUnsupported, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_DroppedColumn_IsRefusedBeforeTheFirstRow()
    {
        await SeedBoundaryAsync();
        await Seeder.ExecuteAsync($"ALTER TABLE {Seeder.Sql("t")} DROP COLUMN id");

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, Boundary), Cancellation));

        Assert.Equal(WarehouseErrors.ColumnMissing, failure.Code);
        Assert.Contains("\"id\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenWindow_ColumnThatDiffersOnlyInCase_IsNotTheColumn()
    {
        await SeedBoundaryAsync();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, Boundary) with { Columns = ["ID"] }, Cancellation));

        Assert.Equal(WarehouseErrors.ColumnMissing, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_UnreadableColumn_IsRefused()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id {UnreadableType}, changed timestamp)");

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, Boundary), Cancellation));

        Assert.Equal(WarehouseErrors.ColumnUnsupported, failure.Code);
    }

    [Fact]
    public async Task Check_WarehouseThatWorks_IsOkItemByItem()
    {
        await SeedBoundaryAsync();

        var check = await Warehouse.CheckAsync(Cancellation);

        Assert.True(check.IsOk, string.Join('\n', check.Items));
        Assert.Subset(check.Items.Select(item => item.Name).ToHashSet(), new HashSet<string> { "reach", "read_only", "list_datasets", "read_dataset", "clock" });
    }

    [Fact]
    public async Task Open_WrongCredentials_AreNamedByCodeAndByTheCheck()
    {
        var (refused, expectedCode) = Seeder.OpenRefused();
        await using var warehouse = refused;

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.ListDatasetsAsync(Cancellation));
        var check = await warehouse.CheckAsync(Cancellation);

        Assert.Equal(expectedCode, failure.Code);
        Assert.False(check.IsOk);
        Assert.Contains(check.Items, item => !item.IsOk && item.Fix is not null);
    }

    [Fact]
    public async Task ReadPages_CancelledInTheMiddle_FreesTheConnection()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, timestamp '2024-01-01 00:00:00' FROM generate_series(1, 20000) AS s(i)");
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var window = await Warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00"), Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var page in window.ReadPagesAsync(0, cancelling.Token)) await cancelling.CancelAsync();
        });
        await window.DisposeAsync();

        Assert.Equal(0, await Seeder.CountOpenConnectionsAsync());
    }

    [Fact]
    public async Task DisposeAsync_InTheMiddleOfAWindow_FreesTheConnection()
    {
        await SeedBoundaryAsync();
        await InsertAsync(1, 100, Boundary);
        var window = await Warehouse.OpenWindowAsync(Query("t", null, Boundary), Cancellation);
        await using (var pages = window.ReadPagesAsync(0, Cancellation).GetAsyncEnumerator(Cancellation)) await pages.MoveNextAsync();

        await window.DisposeAsync();
        await window.DisposeAsync();

        Assert.Equal(0, await Seeder.CountOpenConnectionsAsync());
    }

    [Fact]
    public async Task ReadPages_CancelledBeforehand_Throws()
    {
        await SeedBoundaryAsync();
        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, Boundary), Cancellation);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var page in window.ReadPagesAsync(0, new CancellationToken(canceled: true))) Assert.Fail("A page came.");
        });
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("\"; DROP TABLE x; --")]
    [InlineData("`tick` 'quote' \\back\\slash")]
    [InlineData("/* comment */ -- more")]
    [InlineData("naïve Ünïcode 表 🦆")]
    [InlineData("$1 $from {0} %s ?")]
    [InlineData("a.b.\"c\"")]
    [InlineData(" leading and trailing ")]
    [InlineData("select")]
    [InlineData("abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefgh")]
    public Task HostileName_OfTableAndColumns_StaysAName(string name) => AssertRoundTripAsync(name);

    [Fact]
    public Task AnyName_RoundTripsThroughTheEngine() =>
        Gen.String[Gen.Char["\"'`\\;-/*$. \naZé表"], 1, 15]
            .Where(name => name.Trim().Length > 0)
            .SampleAsync(name => AssertRoundTripAsync(name), iter: 200, threads: 1);

    protected WindowQuery Query(string table, string? from, string to) => new(Guid.NewGuid(), Seeder.Name(table), ["id"], ByTime, from, to, PageRows);

    protected async Task<List<string>> CursorsAsync(WindowQuery query)
    {
        await using var window = await Warehouse.OpenWindowAsync(query, Cancellation);
        return [.. (await PagesAsync(window)).SelectMany(page => page.Cursor)];
    }

    protected async Task<List<string?>> IdsAsync(WindowQuery query)
    {
        await using var window = await Warehouse.OpenWindowAsync(query, Cancellation);
        return [.. (await PagesAsync(window)).SelectMany(page => page.Columns[0])];
    }

    protected static async Task<List<RowPage>> PagesAsync(IWindowRead window)
    {
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) pages.Add(page);
        return pages;
    }

    /// <summary>Writes one literal into a column of a type and reads it back through a window.</summary>
    protected async Task AssertCellAsync(string type, string literal, ColumnKind kind, string? expected)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id {type}, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES ({literal}, timestamp '2024-01-01 00:00:00'), (NULL, timestamp '2024-01-02 00:00:00')");

        Assert.Equal(kind, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
        Assert.Equal([expected, null], await IdsAsync(Query("t", null, "2025-01-01T00:00:00")));
        Assert.Equal([expected, null], (await Warehouse.PreviewAsync(Seeder.Name("t"), 5, Cancellation)).Rows.Select(row => row[0]));
    }

    protected async Task AssertUnreadableAsync(string type)
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id {type}, changed timestamp)");

        var columns = await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation);

        Assert.Equal(ColumnKind.Unreadable, columns[0].Kind);
    }

    protected Task InsertAsync(int firstId, int count, string at) => Seeder.ExecuteAsync(
        $"INSERT INTO {Seeder.Sql("t")} (id, changed) SELECT i, timestamp '{at.Replace('T', ' ')}' FROM generate_series({firstId}, {firstId + count - 1}) AS s(i)");

    // One microsecond on either side of the boundary.
    protected async Task SeedBoundaryAsync()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)");
        await InsertAsync(-1, 1, "2024-05-06T07:08:09.123455");
        await InsertAsync(-2, 1, "2024-05-06T07:08:09.123457");
    }

    private static IEnumerable<string> Ids(int first, int count) =>
        Enumerable.Range(first, count).Select(id => id.ToString(CultureInfo.InvariantCulture));

    private async Task AssertRoundTripAsync(string name)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql(name)} ({WarehouseSeeder.Quote(name)} timestamp, {WarehouseSeeder.Quote(name + "2")} varchar)",
            $"INSERT INTO {Seeder.Sql(name)} VALUES (timestamp '2024-01-01 00:00:00', 'kept')");
        var dataset = Seeder.Name(name);

        Assert.Contains(new Dataset(dataset, DatasetKind.Table), await Warehouse.ListDatasetsAsync(Cancellation));
        Assert.Equal([name, name + "2"], (await Warehouse.GetColumnsAsync(dataset, Cancellation)).Select(column => column.Name));
        Assert.Equal(["kept"], await IdsAsync(new WindowQuery(Guid.NewGuid(), dataset, [name + "2"], new CursorColumn(name), null, "2025-01-01T00:00:00", 10)));
        Assert.True(DatasetName.TryParse(dataset.ToString(), out var parsed));
        Assert.Equal(dataset, parsed);

        await Seeder.ExecuteAsync($"DROP TABLE {Seeder.Sql(name)}");
    }
}
