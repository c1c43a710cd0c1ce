using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Warehouses.Tests.Snowflake;

public sealed class SnowflakeConformanceTests : WarehouseConformance
{
    private SnowflakeSeeder Server => (SnowflakeSeeder)Seeder;

    protected override PagingLevel ExpectedLevel => PagingLevel.StoredResult;

    protected override IReadOnlyList<string> ExpectedCheckItems => ["resolve", "reach", "sign_in", "role", "read_only", "list_datasets", "warehouse", "read_dataset", "clock"];

    protected override async Task<WarehouseSeeder> SeedAsync() => await SnowflakeSeeder.StartAsync();

    public static TheoryData<string, string, ColumnKind, string> Cells => new()
    {
        { "NUMBER", "-99999999999999999999999999999999999999", ColumnKind.Integer, "-99999999999999999999999999999999999999" },
        { "NUMBER4", "1.5", ColumnKind.Decimal, "1.5000" },
        { "FLOAT", "0.1", ColumnKind.Float, "0.1" },
        { "FLOAT", "-1.7976931348623157e308", ColumnKind.Float, "-1.7976931348623157e+308" },
        { "VARCHAR", "It's \"text\" \\ \u8868 🦆\n\u0001", ColumnKind.Text, "It's \"text\" \\ \u8868 🦆\n\u0001" },
        { "VARCHAR", "", ColumnKind.Text, "" },
        { "BOOLEAN", "true", ColumnKind.Boolean, "true" },
        { "DATE", "0001-01-01", ColumnKind.Date, "0001-01-01" },
        { "DATE", "9999-12-31", ColumnKind.Date, "9999-12-31" },
        { "TIME", "23:59:59.123456789", ColumnKind.Time, "23:59:59.123456789" },
        { "TIMESTAMP_NTZ", "0001-01-01 00:00:00.000000001", ColumnKind.Timestamp, "0001-01-01T00:00:00.000000001" },
        { "TIMESTAMP_NTZ", "9999-12-31 23:59:59.999999999", ColumnKind.Timestamp, "9999-12-31T23:59:59.999999999" },
        { "TIMESTAMP_NTZ", "1969-12-31 23:59:59.5", ColumnKind.Timestamp, "1969-12-31T23:59:59.5" },
        { "TIMESTAMP_LTZ", "2024-01-01 10:00:00.5 +02:00", ColumnKind.TimestampWithZone, "2024-01-01T08:00:00.5Z" },
        { "TIMESTAMP_TZ", "2024-01-01 10:00:00.5 +14:00", ColumnKind.TimestampWithZone, "2023-12-31T20:00:00.5Z" },
        { "VARIANT", "{\"a\": 1.10, \"b\": 12345678901234567890123}", ColumnKind.Json, "{\"a\":1.10,\"b\":12345678901234567890123}" },
        { "ARRAY", "[1, null, \"x\"]", ColumnKind.List, "[1,null,\"x\"]" },
        { "UNKNOWN", "whatever", ColumnKind.Text, "whatever" },
    };

    /// <summary>7.7, column Snowflake.</summary>
    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Cell_OfNativeType_IsExact(string type, string value, ColumnKind kind, string expected)
    {
        var table = Server.Emulator.Database(SnowflakeSeeder.Database).Schema(SnowflakeSeeder.Schema)
            .Table("t", builder => builder.Column("id", TypeOf(type)).Column("changed", SnowflakeType.TimestampNtz()));
        table.Insert(value, "2024-01-01 00:00:00").Insert(null, "2024-01-02 00:00:00");

        Assert.Equal(kind, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
        Assert.Equal([expected, null], await IdsAsync(Query("t", null, "2025-01-01T00:00:00")));
        Assert.Equal([expected, null], (await Warehouse.PreviewAsync(Seeder.Name("t"), 5, Cancellation)).Rows.Select(row => row[0]));
    }

    [Theory]
    [InlineData("BINARY")]
    [InlineData("GEOGRAPHY")]
    [InlineData("VECTOR")]
    public async Task Column_OfTypeWithoutText_IsUnreadable(string type)
    {
        Server.Emulator.Database(SnowflakeSeeder.Database).Schema(SnowflakeSeeder.Schema).Table("t", builder => builder.Column("id", TypeOf(type)));

        Assert.Equal(ColumnKind.Unreadable, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
    }

    /// <summary>G6: neighbours in the ninth digit are two instants, in every timestamp type.</summary>
    [Theory]
    [InlineData("TIMESTAMP_NTZ", "", "")]
    [InlineData("TIMESTAMP_LTZ", " +00:00", "Z")]
    [InlineData("TIMESTAMP_TZ", " +00:00", "Z")]
    public async Task ReadPages_NanosecondNeighbours_AreTwoInstants(string type, string zone, string suffix)
    {
        Server.Emulator.Database(SnowflakeSeeder.Database).Schema(SnowflakeSeeder.Schema)
            .Table("t", builder => builder.Column("id", SnowflakeType.Number()).Column("changed", TypeOf(type)))
            .Insert(1, "2024-01-01 00:00:00.123456788" + zone).Insert(2, "2024-01-01 00:00:00.123456789" + zone);

        Assert.Equal(["2"], await IdsAsync(Query("t", "2024-01-01T00:00:00.123456789" + suffix, "2024-01-01T00:00:00.123456789" + suffix)));
        Assert.Equal(["2"], await IdsAsync(Query("t", "2024-01-01T00:00:00.1234567885" + suffix, "2025-01-01T00:00:00" + suffix)));
        Assert.Equal(["1"], await IdsAsync(Query("t", null, "2024-01-01T00:00:00.1234567889" + suffix)));
    }

    [Fact]
    public async Task ListDatasets_EveryKindOfRelation_IsListedOnce()
    {
        var schema = Server.Emulator.Database(SnowflakeSeeder.Database).Schema("Other \"one\"");
        schema.Table("T", builder => builder.Column("ID", SnowflakeType.Number()));
        schema.Table("D", builder => builder.Column("ID", SnowflakeType.Number()).Kind(RelationKind.DynamicTable));
        schema.View("M", $"SELECT * FROM \"{SnowflakeSeeder.Database}\".\"Other \"\"one\"\"\".T", RelationKind.MaterializedView);
        Server.Emulator.Database("USER$JANE").Kind = "PERSONAL DATABASE";
        Server.Emulator.Database("UNLISTED").Schema("S").Table("X", builder => builder.Column("ID", SnowflakeType.Number()));

        var datasets = await Warehouse.ListDatasetsAsync(Cancellation);

        Assert.Equal(
            [("D", DatasetKind.MaterializedView), ("M", DatasetKind.MaterializedView), ("T", DatasetKind.Table)],
            datasets.Select(dataset => (dataset.Name.Parts[2], dataset.Kind)).Order());
    }

    /// <summary>Section 10: more than 10 000 rows of a SHOW come page by page; the last page has the name that is looked for.</summary>
    [Fact]
    public async Task GetColumns_SchemaBeyondThePageOfAShow_IsFound()
    {
        var database = Server.Emulator.Database(SnowflakeSeeder.Database);
        foreach (var number in Enumerable.Range(0, 10_002)) database.Schema($"S'\\{number:00000}");
        database.Schema("S'\\10002").Table("T", builder => builder.Column("ID", SnowflakeType.Number()));

        var columns = await Warehouse.GetColumnsAsync(new DatasetName(SnowflakeSeeder.Database, "s'\\10002", "t"), Cancellation);

        Assert.Equal("ID", Assert.Single(columns).Name);
        Assert.Equal(2, Server.Emulator.Journal.Entries.Count(entry => entry.Statement?.StartsWith("SHOW TERSE SCHEMAS", StringComparison.Ordinal) == true));
    }

    /// <summary>Section 10: a typed name means the stored one, exactly or else ignoring case if that is unique.</summary>
    [Fact]
    public async Task GetColumns_NameInAnotherCase_IsFoundIfUnique()
    {
        await Seeder.CreateTableAsync("CUSTOMERS", ("ID", SeedType.BigInteger));
        await Seeder.CreateTableAsync("Mixed", ("ID", SeedType.BigInteger));
        await Seeder.CreateTableAsync("MIXED", ("ID", SeedType.Text));

        Assert.Equal(ColumnKind.Integer, (await Warehouse.GetColumnsAsync(new DatasetName("shop", "crm", "customers"), Cancellation))[0].Kind);
        Assert.Equal(ColumnKind.Integer, (await Warehouse.GetColumnsAsync(new DatasetName("SHOP", "CRM", "Mixed"), Cancellation))[0].Kind);
        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.GetColumnsAsync(new DatasetName("SHOP", "CRM", "mixed"), Cancellation));
        Assert.Equal(WarehouseErrors.DatasetUnknown, failure.Code);
        Assert.Contains("GRANT SELECT ON TABLE \"SHOP\".\"CRM\".\"mixed\" TO ROLE", failure.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetColumns_DatabaseThatIsNotChosen_IsUnknown()
    {
        Server.Emulator.Database("UNLISTED").Schema("S").Table("X", builder => builder.Column("ID", SnowflakeType.Number()));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Warehouse.GetColumnsAsync(new DatasetName("UNLISTED", "S", "X"), Cancellation));

        Assert.Equal(WarehouseErrors.DatasetUnknown, failure.Code);
    }

    private static SqlType TypeOf(string name) => name switch
    {
        "NUMBER" => SnowflakeType.Number(),
        "NUMBER4" => SnowflakeType.Number(10, 4),
        "FLOAT" => SnowflakeType.Float,
        "VARCHAR" => SnowflakeType.Varchar(),
        "BOOLEAN" => SnowflakeType.Boolean,
        "DATE" => SnowflakeType.Date,
        "TIME" => SnowflakeType.Time(),
        "TIMESTAMP_NTZ" => SnowflakeType.TimestampNtz(),
        "TIMESTAMP_LTZ" => SnowflakeType.TimestampLtz(),
        "TIMESTAMP_TZ" => SnowflakeType.TimestampTz(),
        "VARIANT" => SnowflakeType.Variant,
        "ARRAY" => SnowflakeType.Array,
        "BINARY" => SnowflakeType.Binary(),
        "GEOGRAPHY" => SnowflakeType.Geography,
        "VECTOR" => SnowflakeType.Vector,
        _ => SnowflakeType.Unknown("hologram"),
    };
}
