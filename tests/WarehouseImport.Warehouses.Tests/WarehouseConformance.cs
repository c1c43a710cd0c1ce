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

    /// <summary>How the warehouse keeps a window still.</summary>
    protected virtual PagingLevel ExpectedLevel => PagingLevel.Snapshot;

    /// <summary>Items the check must have.</summary>
    protected virtual IReadOnlyList<string> ExpectedCheckItems => ["reach", "read_only", "list_datasets", "read_dataset", "clock"];

    /// <summary>Names that try to end an identifier; a warehouse that forbids some of their characters tries others.</summary>
    protected virtual IReadOnlyList<string> HostileNames =>
    [
        "a\"b",
        "\"; DROP TABLE x; --",
        "`tick` 'quote' \\back\\slash",
        "/* comment */ -- more",
        "naïve Ünïcode 表 🦆",
        "$1 $from {0} %s ?",
        "a.b.\"c\"",
        " leading and trailing ",
        "select",
        "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefgh",
    ];

    /// <summary>Characters of which any name is made.</summary>
    protected virtual string NameCharacters => "\"'`\\;-/*$. \naZé表";

    protected abstract Task<WarehouseSeeder> SeedAsync();

    public async ValueTask InitializeAsync()
    {
        Seeder = await SeedAsync();
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
        await Seeder.CreateTableAsync("Customers", ("id", SeedType.BigInteger));
        await Seeder.CreateViewAsync("active", "Customers");

        var datasets = await Warehouse.ListDatasetsAsync(Cancellation);

        Assert.Contains(new Dataset(Seeder.Name("Customers"), DatasetKind.Table), datasets);
        Assert.Contains(new Dataset(Seeder.Name("active"), DatasetKind.View), datasets);
        Assert.Equal(datasets.OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal), datasets);
    }

    [Fact]
    public async Task GetColumns_Table_KeepsOrderCaseAndNullability()
    {
        await Seeder.CreateTableAsync(
            "t", new SeedColumn("Zeta", SeedType.BigInteger, IsRequired: true), ("alpha_beta", SeedType.Text), ("changed", SeedType.Timestamp));

        var columns = await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation);

        Assert.Equal(["Zeta", "alpha_beta", "changed"], columns.Select(column => column.Name));
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
        await Seeder.CreateTableAsync("t", ("id", SeedType.BigInteger), ("secret", SeedType.Unreadable), ("changed", SeedType.Timestamp));
        await Seeder.InsertAsync("t", Ids(1, 9).Select(id => new[] { id, null, "2024-01-01T00:00:00.5" }));

        var preview = await Warehouse.PreviewAsync(Seeder.Name("t"), 4, Cancellation);

        Assert.Equal(["id", "changed"], preview.Columns.Select(column => column.Name));
        Assert.Equal(4, preview.Rows.Count);
        Assert.All(preview.Rows, row => Assert.Equal("2024-01-01T00:00:00.5", row[1]));
    }

    [Fact]
    public async Task OpenWindow_EmptyDataset_GivesNoPage()
    {
        await CreateAsync(SeedType.Timestamp);

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00"), Cancellation);

        Assert.Empty(await PagesAsync(window));
        Assert.Equal(new CursorStatistics(0, 0, 0, null), window.Statistics);
        Assert.Equal(ExpectedLevel, window.Level);
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
        await CreateAsync(SeedType.Timestamp);
        await Seeder.InsertAsync("t", Enumerable.Range(0, 25).Select(id => new[] { $"{id}", string.Create(CultureInfo.InvariantCulture, $"2024-01-01T00:00:{id * 7 % 25:00}") }));

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00") with { PageRows = pageRows }, Cancellation);
        var pages = await PagesAsync(window);

        Assert.All(pages, page => Assert.InRange(page.RowCount, 1, pageRows));
        Assert.Equal(Enumerable.Range(0, pages.Count), pages.Select(page => page.Number));
        // A stored result also ends a page at the end of each of its parts.
        Assert.InRange(pages.Count, (25 + pageRows - 1) / pageRows, ExpectedLevel == PagingLevel.StoredResult ? 25 : (25 + pageRows - 1) / pageRows);
        var cursors = pages.SelectMany(page => page.Cursor).ToList();
        Assert.Equal(25, cursors.Distinct().Count());
        Assert.Equal(cursors.Order(StringComparer.Ordinal), cursors);
    }

    [Fact]
    public async Task Statistics_NullAndFutureCursors_AreCountedAndNotRead()
    {
        await CreateAsync(SeedType.Timestamp);
        await InsertAsync(1, 3, "2024-01-01T00:00:00");
        await InsertAsync(10, 2, "9999-12-31T23:59:59.999999");
        await InsertAsync(20, 4, null);

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2024-01-01T00:00:00"), Cancellation);
        var ids = (await PagesAsync(window)).SelectMany(page => page.Columns[0]);
        var without = await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), ByTime, null, Cancellation);

        Assert.Equal(["1", "2", "3"], ids.Order(StringComparer.Ordinal));
        Assert.Equal(new CursorStatistics(9, 4, 2, "9999-12-31T23:59:59.999999"), window.Statistics);
        Assert.Equal(new CursorStatistics(9, 4, 0, "9999-12-31T23:59:59.999999"), without);
    }

    [Fact]
    public async Task ReadPages_WatermarkInTheFuture_GivesNothing()
    {
        await SeedBoundaryAsync();

        Assert.Empty(await IdsAsync(Query("t", "2999-01-01T00:00:00", "9999-12-31T00:00:00")));
        Assert.Empty(await IdsAsync(Query("t", "2024-12-31T00:00:00", "2024-01-01T00:00:00")));
    }

    [Theory]
    [InlineData(SeedType.Date, "2024-02-28", "2024-02-29", "2024-03-01")]
    [InlineData(SeedType.BigInteger, "-5", "1714979289123", "9223372036854775807")]
    [InlineData(SeedType.SmallInteger, "-32768", "0", "32767")]
    [InlineData(SeedType.TimestampWithZone, "2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000002Z", "2024-01-01T00:00:00.1Z")]
    [InlineData(SeedType.Timestamp, "0001-01-01T00:00:00", "1969-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999")]
    public async Task ReadPages_CursorOfEveryKind_IsExactAndWindowed(SeedType type, string first, string second, string third)
    {
        await CreateAsync(type);
        await Seeder.InsertAsync("t", [["3", third], ["1", first], ["2", second]]);

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
        await CreateAsync(SeedType.SmallInteger);
        await Seeder.InsertAsync("t", [["1", "-32768"], ["2", "32767"]]);

        Assert.Equal(["1", "2"], await IdsAsync(Query("t", "-99999999999999999999999", "99999999999999999999999")));
        Assert.Empty(await IdsAsync(Query("t", null, "-40000")));
    }

    /// <summary>11.2 and H9: values of the stated form are windowed in binary order, others always delivered, first.</summary>
    [Fact]
    public async Task ReadPages_TextCursor_WindowsMatchesAndAlwaysDeliversTheRest()
    {
        await CreateAsync(SeedType.CollatedText);
        await Seeder.InsertAsync(
            "t",
            [
                ["1", "2024-01-01T00:00:00Z"], ["2", "2024-01-02T00:00:00Z"], ["3", "2024-01-03T00:00:00Z"], ["4", "yesterday"], ["5", ""], ["6", null],
                ["7", "2024-01-02T00:00:00Zx"],
            ]);
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
        await Seeder.CreateTableAsync("t", ("id", SeedType.BigInteger), ("updated", SeedType.Timestamp), ("created", SeedType.Timestamp));
        await Seeder.InsertAsync("t", [["1", "2024-01-01T00:00:00", "2024-01-02T00:00:00"], ["2", null, "2024-01-03T00:00:00"], ["3", null, null]]);
        var cursor = new CursorColumn("updated", "created", combine);

        var cursors = await CursorsAsync(Query("t", null, "2025-01-01T00:00:00") with { Cursor = cursor });

        Assert.Equal(expected, cursors);
        Assert.Equal(1, (await Warehouse.GetCursorStatisticsAsync(Seeder.Name("t"), cursor, null, Cancellation)).NullCursorRows);
    }

    [Theory]
    [InlineData(SeedType.Double)]
    [InlineData(SeedType.Real)]
    [InlineData(SeedType.Decimal)]
    [InlineData(SeedType.Boolean)]
    [InlineData(SeedType.Text)]
    public async Task OpenWindow_CursorThatCannotBeOrderedExactly_IsRefused(SeedType type)
    {
        await CreateAsync(type);

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, "1"), Cancellation));

        Assert.Equal(WarehouseErrors.CursorUnsupported, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_TwoCursorColumnsOfDifferentTypes_IsRefused()
    {
        await Seeder.CreateTableAsync("t", ("id", SeedType.BigInteger), ("updated", SeedType.Timestamp), ("created", SeedType.Date));
        var query = Query("t", null, "2025-01-01T00:00:00") with { Cursor = new CursorColumn("updated", "created") };

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(query, Cancellation));

        Assert.Equal(WarehouseErrors.CursorUnsupported, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_DroppedColumn_IsRefusedBeforeTheFirstRow()
    {
        await SeedBoundaryAsync();
        await Seeder.DropColumnAsync("t", "id");

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
        await Seeder.CreateTableAsync("t", ("id", SeedType.Unreadable), ("changed", SeedType.Timestamp));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.OpenWindowAsync(Query("t", null, Boundary), Cancellation));

        Assert.Equal(WarehouseErrors.ColumnUnsupported, failure.Code);
    }

    [Fact]
    public async Task Check_WarehouseThatWorks_IsOkItemByItem()
    {
        await SeedBoundaryAsync();

        var check = await Warehouse.CheckAsync(Cancellation);

        Assert.True(check.IsOk, string.Join('\n', check.Items));
        Assert.Subset(check.Items.Select(item => item.Name).ToHashSet(), ExpectedCheckItems.ToHashSet());
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
        await CreateAsync(SeedType.Timestamp);
        await InsertAsync(1, 20_000, "2024-01-01T00:00:00");
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

    [Fact]
    public async Task HostileName_OfTableAndColumns_StaysAName()
    {
        foreach (var name in HostileNames) await AssertRoundTripAsync(name);
    }

    [Fact]
    public Task AnyName_RoundTripsThroughTheEngine() =>
        Gen.String[Gen.Char[NameCharacters], 1, 15]
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

    protected Task CreateAsync(SeedType cursor) => Seeder.CreateTableAsync("t", ("id", SeedType.BigInteger), ("changed", cursor));

    protected Task InsertAsync(int firstId, int count, string? at) => Seeder.InsertAsync("t", Ids(firstId, count).Select(id => new[] { id, at }));

    // One microsecond on either side of the boundary.
    protected async Task SeedBoundaryAsync()
    {
        await CreateAsync(SeedType.Timestamp);
        await InsertAsync(-1, 1, "2024-05-06T07:08:09.123455");
        await InsertAsync(-2, 1, "2024-05-06T07:08:09.123457");
    }

    private static IEnumerable<string> Ids(int first, int count) =>
        Enumerable.Range(first, count).Select(id => id.ToString(CultureInfo.InvariantCulture));

    private async Task AssertRoundTripAsync(string name)
    {
        await Seeder.CreateTableAsync(name, (name, SeedType.Timestamp), (name + "2", SeedType.Text));
        await Seeder.InsertAsync(name, [["2024-01-01T00:00:00", "kept"]]);
        var dataset = Seeder.Name(name);

        Assert.Contains(new Dataset(dataset, DatasetKind.Table), await Warehouse.ListDatasetsAsync(Cancellation));
        Assert.Equal([name, name + "2"], (await Warehouse.GetColumnsAsync(dataset, Cancellation)).Select(column => column.Name));
        Assert.Equal(["kept"], await IdsAsync(new WindowQuery(Guid.NewGuid(), dataset, [name + "2"], new CursorColumn(name), null, "2025-01-01T00:00:00", 10)));
        Assert.True(DatasetName.TryParse(dataset.ToString(), out var parsed));
        Assert.Equal(dataset, parsed);

        await Seeder.DropTableAsync(name);
    }
}
