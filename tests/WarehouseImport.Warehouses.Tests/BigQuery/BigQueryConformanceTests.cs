using System.Text.Json.Nodes;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

public sealed class BigQueryConformanceTests : WarehouseConformance
{
    protected override PagingLevel ExpectedLevel => PagingLevel.StoredResult;

    protected override IReadOnlyList<string> ExpectedCheckItems => ["reach", "sign_in", "use_project", "read_only", "list_datasets", "read_dataset", "clock"];

    /// <summary>Backticks, backslashes, dots and control characters are in no name of BigQuery's; BigQuerySqlTests shows what becomes of them.</summary>
    protected override IReadOnlyList<string> HostileNames =>
    [
        "a\"b",
        "\"; DROP TABLE x; --",
        "'quote'",
        "/* comment */ -- more",
        "naïve Ünïcode 表 🦆",
        "$1 $from {0} %s ? @wi_to",
        " leading and trailing ",
        "select",
        "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefgh",
    ];

    protected override string NameCharacters => "\"';-/*$@?% aZé表";

    private BigQuerySeeder Server => (BigQuerySeeder)Seeder;

    public static TheoryData<string, string, ColumnKind, string> Cells => new()
    {
        { "INT64", "-9223372036854775808", ColumnKind.Integer, "-9223372036854775808" },
        { "NUMERIC", "99999999999999999999999999999.999999999", ColumnKind.Decimal, "99999999999999999999999999999.999999999" },
        { "BIGNUMERIC", "0.00000000000000000000000000000000000001", ColumnKind.Decimal, "0.00000000000000000000000000000000000001" },
        { "FLOAT64", "4", ColumnKind.Float, "4" },
        { "FLOAT64", "0.1", ColumnKind.Float, "0.1" },
        { "STRING", "It's \"text\" \\ \u8868 🦆\n\u0001", ColumnKind.Text, "It's \"text\" \\ \u8868 🦆\n\u0001" },
        { "STRING", "", ColumnKind.Text, "" },
        { "BOOL", "true", ColumnKind.Boolean, "true" },
        { "DATE", "0001-01-01", ColumnKind.Date, "0001-01-01" },
        { "DATE", "9999-12-31", ColumnKind.Date, "9999-12-31" },
        { "TIME", "23:59:59.123456", ColumnKind.Time, "23:59:59.123456" },
        { "DATETIME", "0001-01-01 00:00:00.000001", ColumnKind.Timestamp, "0001-01-01T00:00:00.000001" },
        { "DATETIME", "9999-12-31 23:59:59.999999", ColumnKind.Timestamp, "9999-12-31T23:59:59.999999" },
        { "TIMESTAMP", "1969-12-31 23:59:59.5 +00:00", ColumnKind.TimestampWithZone, "1969-12-31T23:59:59.5Z" },
        { "TIMESTAMP", "9999-12-31 23:59:59.999999 +00:00", ColumnKind.TimestampWithZone, "9999-12-31T23:59:59.999999Z" },
        { "JSON", "{\"a\":1.10,\"b\":[1,null]}", ColumnKind.Json, "{\"a\":1.10,\"b\":[1,null]}" },
    };

    protected override async Task<WarehouseSeeder> SeedAsync() => await BigQuerySeeder.StartAsync();

    /// <summary>7.7, column BigQuery.</summary>
    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Cell_OfNativeType_IsExact(string type, string value, ColumnKind kind, string expected)
    {
        var table = Server.Emulator.Dataset(BigQuerySeeder.Dataset).Table("t", builder => builder.Column("id", TypeOf(type)).Column("changed", BigQueryType.DateTime));
        table.Insert(value, "2024-01-01 00:00:00").Insert(null, "2024-01-02 00:00:00");

        Assert.Equal(kind, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
        Assert.Equal([expected, null], await IdsAsync(Query("t", null, "2025-01-01T00:00:00")));
        Assert.Equal([expected, null], (await Warehouse.PreviewAsync(Seeder.Name("t"), 5, Cancellation)).Rows.Select(row => row[0]).OrderBy(cell => cell is null));
    }

    [Fact]
    public async Task Cell_NestedAndRepeated_IsJsonWithExactNumbers()
    {
        var home = BigQueryType.Struct(new SqlField("city", BigQueryType.String), new SqlField("codes", BigQueryType.Array(BigQueryType.Int64)));
        Server.Emulator.Dataset(BigQuerySeeder.Dataset)
            .Table("t", builder => builder.Column("id", BigQueryType.Array(BigQueryType.String)).Column("home", home).Column("homes", BigQueryType.Array(home)).Column("changed", BigQueryType.DateTime))
            .Insert(
                JsonNode.Parse("""["a","b"]"""),
                JsonNode.Parse("""{"city":"Oslo","codes":[9223372036854775807]}"""),
                JsonNode.Parse("""[{"city":null,"codes":[]}]"""),
                "2024-01-01 00:00:00");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "2025-01-01T00:00:00") with { Columns = ["id", "home", "homes"] }, Cancellation);
        var page = Assert.Single(await PagesAsync(window));

        Assert.Equal([ColumnKind.List, ColumnKind.Json, ColumnKind.Json], window.Columns.Select(column => column.Kind));
        Assert.Equal("""["a","b"]""", page.Columns[0][0]);
        Assert.Equal("""{"city":"Oslo","codes":[9223372036854775807]}""", page.Columns[1][0]);
        Assert.Equal("""[{"city":null,"codes":[]}]""", page.Columns[2][0]);
    }

    [Theory]
    [InlineData("BYTES")]
    [InlineData("GEOGRAPHY")]
    [InlineData("INTERVAL")]
    [InlineData("RANGE")]
    [InlineData("UNKNOWN")]
    public async Task Column_OfTypeWithoutText_IsUnreadable(string type)
    {
        Server.Emulator.Dataset(BigQuerySeeder.Dataset).Table("t", builder => builder.Column("id", TypeOf(type)));

        Assert.Equal(ColumnKind.Unreadable, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
    }

    [Fact]
    public async Task ListDatasets_EveryKindOfRelation_IsListedOnce()
    {
        var other = Server.Emulator.Dataset("other");
        other.Table("T", builder => builder.Column("id", BigQueryType.Int64));
        other.Table("e", builder => builder.Column("id", BigQueryType.Int64).Kind(RelationKind.ExternalTable));
        other.Table("s", builder => builder.Column("id", BigQueryType.Int64).Kind(RelationKind.Snapshot));
        other.View("m", $"SELECT * FROM `{Server.Emulator.Options.ProjectId}.other.T`", RelationKind.MaterializedView);
        Server.Emulator.Dataset("_hidden").Table("x", builder => builder.Column("id", BigQueryType.Int64));

        var datasets = await Warehouse.ListDatasetsAsync(Cancellation);

        Assert.Equal(
            [("T", DatasetKind.Table), ("e", DatasetKind.Table), ("m", DatasetKind.MaterializedView), ("s", DatasetKind.Table)],
            datasets.Select(dataset => (dataset.Name.Parts[1], dataset.Kind)).OrderBy(dataset => dataset.Item1, StringComparer.Ordinal));
    }

    /// <summary>bigquery-api 6.2: the cursor is the partition column, and it is not. What the filter leaves out is said (G8).</summary>
    [Theory]
    [InlineData("changed", "1 2", 2, 0)]
    [InlineData("day", "1", 2, 1)]
    public async Task OpenWindow_RequiredPartitionFilter_IsMetAndSaysWhatItLeavesOut(string partitionColumn, string ids, int total, int withoutCursor)
    {
        Server.Emulator.Dataset(BigQuerySeeder.Dataset)
            .Table("t", builder => builder.Column("id", BigQueryType.Int64).Column("changed", BigQueryType.DateTime).Column("day", BigQueryType.Date).PartitionBy(partitionColumn, requireFilter: true))
            .Insert(1, "2024-01-01 00:00:00", "2024-01-01").Insert(2, "2024-02-01 00:00:00", null).Insert(3, null, "2024-01-01");
        var observer = new RecordingObserver();

        await using var window = await Warehouse.OpenWindowAsync(Query("t", "2023-01-01T00:00:00", "2025-01-01T00:00:00") with { Observer = observer }, Cancellation);

        Assert.Equal(ids.Split(' '), (await PagesAsync(window)).SelectMany(page => page.Columns[0]));
        Assert.Equal((total, withoutCursor), (window.Statistics.TotalRows, window.Statistics.NullCursorRows));
        Assert.Equal("bigquery_partition_filter", Assert.Single(observer.Notices).Code);
    }

    /// <summary>Without the Storage API rows are not numbered but sorted.</summary>
    [Fact]
    public async Task ReadPages_WithoutStorage_AreInTheSameOrder()
    {
        await CreateAsync(SeedType.Timestamp);
        await Seeder.InsertAsync("t", Enumerable.Range(0, 25).Select(id => new[] { $"{id}", $"2024-01-01T00:00:{id * 7 % 25:00}" }));
        await using var warehouse = Server.Open(("use_storage_api", "false"));

        await using var window = await warehouse.OpenWindowAsync(Query("t", null, "2030-01-01T00:00:00"), Cancellation);
        var cursors = (await PagesAsync(window)).SelectMany(page => page.Cursor).ToList();

        Assert.Equal(await CursorsAsync(Query("t", null, "2030-01-01T00:00:00")), cursors);
        Assert.Equal(cursors.Order(StringComparer.Ordinal), cursors);
        Assert.Equal(25, window.Statistics.TotalRows);
    }

    /// <summary>6.2: the estimate follows the partitions the window leaves.</summary>
    [Fact]
    public async Task Estimate_PartitionedTable_CountsTheWindowsPartitions()
    {
        var table = Server.Emulator.Dataset(BigQuerySeeder.Dataset)
            .Table("t", builder => builder.Column("id", BigQueryType.Int64).Column("name", BigQueryType.String).Column("changed", BigQueryType.DateTime).PartitionBy("changed"));
        foreach (var day in Enumerable.Range(1, 20)) table.Insert(day, new string('x', 1000), $"2024-01-{day:00} 12:00:00");
        var query = Query("t", null, "2025-01-01T00:00:00") with { Columns = ["id", "name"] };

        var all = await Warehouse.EstimateAsync(query, Cancellation);
        var last = await Warehouse.EstimateAsync(query with { From = "2024-01-20T00:00:00" }, Cancellation);

        Assert.NotNull(all);
        Assert.True(last!.Bytes < all.Bytes, $"{last.Bytes} is not below {all.Bytes}");
        Assert.DoesNotContain(Server.Emulator.Journal.Entries, entry => entry.Executed && entry.Path.EndsWith("/jobs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenWindow_AboveTheBilledLimit_IsRefusedWithItsOwnCode()
    {
        var table = Server.Emulator.Dataset(BigQuerySeeder.Dataset).Table("t", builder => builder.Column("id", BigQueryType.String).Column("changed", BigQueryType.DateTime));
        table.InsertMany(Enumerable.Range(0, 30).Select(_ => new object?[] { new string('x', 500_000), "2024-01-01 00:00:00" }));
        await using var warehouse = Server.Open(("maximum_bytes_billed", "10485760"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.OpenWindowAsync(Query("t", null, "2025-01-01T00:00:00"), Cancellation));

        Assert.Equal(WarehouseErrors.CostLimit, failure.Code);
    }

    private static SqlType TypeOf(string name) => name switch
    {
        "INT64" => BigQueryType.Int64,
        "NUMERIC" => BigQueryType.Numeric,
        "BIGNUMERIC" => BigQueryType.BigNumeric,
        "FLOAT64" => BigQueryType.Float64,
        "STRING" => BigQueryType.String,
        "BOOL" => BigQueryType.Bool,
        "DATE" => BigQueryType.Date,
        "TIME" => BigQueryType.Time,
        "DATETIME" => BigQueryType.DateTime,
        "TIMESTAMP" => BigQueryType.Timestamp,
        "JSON" => BigQueryType.Json,
        "BYTES" => BigQueryType.Bytes,
        "GEOGRAPHY" => BigQueryType.Geography,
        "INTERVAL" => BigQueryType.Interval,
        "RANGE" => BigQueryType.Range(BigQueryType.Date),
        _ => BigQueryType.Unknown("HOLOGRAM"),
    };
}
