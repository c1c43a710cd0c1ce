namespace WarehouseImport.Warehouses.Tests.DuckDb;

public sealed class DuckDbConformanceTests : SqlWarehouseConformance
{
    protected override async Task<WarehouseSeeder> SeedAsync()
    {
        var seeder = new DuckDbSeeder();
        await seeder.ExecuteAsync($"CREATE SCHEMA {seeder.Schema}");
        return seeder;
    }

    /// <summary>7.7, DuckDB's own types.</summary>
    [Theory]
    [InlineData("varchar", "'It''s \"text\" \u8868'", ColumnKind.Text, "It's \"text\" \u8868")]
    [InlineData("varchar", "''", ColumnKind.Text, "")]
    [InlineData("uuid", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", ColumnKind.Text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")]
    [InlineData("enum('x', 'y[]')", "'y[]'", ColumnKind.Text, "y[]")]
    [InlineData("tinyint", "-128", ColumnKind.Integer, "-128")]
    [InlineData("ubigint", "18446744073709551615", ColumnKind.Integer, "18446744073709551615")]
    [InlineData("bigint", "-9223372036854775808", ColumnKind.Integer, "-9223372036854775808")]
    [InlineData("hugeint", "-170141183460469231731687303715884105727", ColumnKind.Integer, "-170141183460469231731687303715884105727")]
    [InlineData("uhugeint", "340282366920938463463374607431768211455", ColumnKind.Integer, "340282366920938463463374607431768211455")]
    [InlineData("decimal(38,18)", "-12345678901234567890.123456789012345678", ColumnKind.Decimal, "-12345678901234567890.123456789012345678")]
    [InlineData("decimal(38,0)", "99999999999999999999999999999999999999", ColumnKind.Decimal, "99999999999999999999999999999999999999")]
    [InlineData("decimal(10,4)", "1.5", ColumnKind.Decimal, "1.5000")]
    [InlineData("double", "0.1::double", ColumnKind.Float, "0.1")]
    [InlineData("double", "5e-324::double", ColumnKind.Float, "5e-324")]
    [InlineData("double", "1.7976931348623157e308::double", ColumnKind.Float, "1.7976931348623157e+308")]
    [InlineData("double", "'nan'::double", ColumnKind.Float, "NaN")]
    [InlineData("double", "'-inf'::double", ColumnKind.Float, "-Infinity")]
    [InlineData("float", "0.1::float", ColumnKind.Float, "0.1")]
    [InlineData("boolean", "true", ColumnKind.Boolean, "true")]
    [InlineData("date", "'0001-01-01'", ColumnKind.Date, "0001-01-01")]
    [InlineData("timestamp", "'9999-12-31 23:59:59.999990'", ColumnKind.Timestamp, "9999-12-31T23:59:59.99999")]
    [InlineData("timestamp_s", "'2024-01-01 10:00:00'", ColumnKind.Timestamp, "2024-01-01T10:00:00")]
    [InlineData("timestamp_ms", "'2024-01-01 10:00:00.120'", ColumnKind.Timestamp, "2024-01-01T10:00:00.12")]
    [InlineData("timestamp_ns", "'2024-01-01 10:00:00.123456789'", ColumnKind.Timestamp, "2024-01-01T10:00:00.123456789")]
    [InlineData("timestamp", "'infinity'", ColumnKind.Timestamp, "infinity")]
    [InlineData("timestamptz", "'2024-01-01 10:00:00.5+02'", ColumnKind.TimestampWithZone, "2024-01-01T08:00:00.5Z")]
    [InlineData("time", "'10:00:00.500'", ColumnKind.Time, "10:00:00.5")]
    [InlineData("json", "'{\"a\": 1.10, \"b\": 12345678901234567890123}'", ColumnKind.Json, "{\"a\": 1.10, \"b\": 12345678901234567890123}")]
    [InlineData("int[]", "[1, NULL, 3]", ColumnKind.List, "[1,null,3]")]
    [InlineData("int[2]", "[1, 2]", ColumnKind.List, "[1,2]")]
    [InlineData("varchar[]", "['a\"b', 'c']", ColumnKind.List, "[\"a\\\"b\",\"c\"]")]
    [InlineData("decimal(38,10)[]", "[1234567890123456789012345678.0123456789]", ColumnKind.List, "[1234567890123456789012345678.0123456789]")]
    [InlineData("hugeint[]", "[170141183460469231731687303715884105727]", ColumnKind.List, "[170141183460469231731687303715884105727]")]
    [InlineData("int[][]", "[[1], [2]]", ColumnKind.Json, "[[1],[2]]")]
    [InlineData("struct(a int, b decimal(20,2))", "{'a': 1, 'b': 123456789012345678.10}", ColumnKind.Json, "{\"a\":1,\"b\":123456789012345678.10}")]
    [InlineData("map(varchar, int)", "map {'k': 1}", ColumnKind.Json, "{\"k\":1}")]
    public Task Cell_OfNativeType_IsExact(string type, string literal, ColumnKind kind, string expected) => AssertCellAsync(type, literal, kind, expected);

    [Theory]
    [InlineData("blob")]
    [InlineData("bit")]
    [InlineData("interval")]
    [InlineData("blob[]")]
    public Task Column_OfTypeWithoutText_IsUnreadable(string type) => AssertUnreadableAsync(type);

    [Theory]
    [InlineData("timestamp_s", "2024-01-01T00:00:01", "2024-01-01T00:00:02")]
    [InlineData("timestamp_ms", "2024-01-01T00:00:00.001", "2024-01-01T00:00:00.002")]
    [InlineData("timestamp_ns", "2024-01-01T00:00:00.000000001", "2024-01-01T00:00:00.000000002")]
    [InlineData("hugeint", "-170141183460469231731687303715884105727", "170141183460469231731687303715884105727")]
    [InlineData("ubigint", "0", "18446744073709551615")]
    public async Task ReadPages_CursorOfDuckDbsOwnTypes_IsExactAndWindowed(string type, string first, string second)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed {type})",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (2, CAST('{second}' AS {type})), (1, CAST('{first}' AS {type}))");

        Assert.Equal([first, second], await CursorsAsync(Query("t", null, second)));
        Assert.Equal([second], await CursorsAsync(Query("t", second, second)));
        Assert.Equal([first], await CursorsAsync(Query("t", first, first)));
    }

    [Fact]
    public async Task ReadPages_NanosecondCursorWithEndsItCannotHold_IsNotAnError()
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp_ns)", $"INSERT INTO {Seeder.Sql("t")} VALUES (1, '2024-01-01 00:00:00.000000001')");

        Assert.Equal(["1"], await IdsAsync(Query("t", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999999999")));
    }

    [Fact]
    public async Task OpenWindow_FractionFinerThanTheColumn_IsCutWithoutLosingOrAddingRows()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp_s)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (1, '2024-01-01 00:00:01'), (2, '2024-01-01 00:00:02')");

        Assert.Equal(["2"], await IdsAsync(Query("t", "2024-01-01T00:00:01.5", "2024-01-01T00:00:02.9")));
        Assert.Empty(await IdsAsync(Query("t", "2024-01-01T00:00:01.5", "2024-01-01T00:00:01.9")));
    }
}
