using System.Globalization;
using DuckDB.NET.Data;
using WarehouseImport.Server.Sample;

namespace WarehouseImport.Server.Tests.Sample;

public sealed class SampleWarehouseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_Twice_WritesTheSameContent()
    {
        var first = _folder.File("first.duckdb");
        var second = _folder.File("second.duckdb");

        SampleWarehouse.Create(first);
        SampleWarehouse.Create(second);

        Assert.Equal(Fingerprint(first), Fingerprint(second));

        SampleWarehouse.Change(first);
        SampleWarehouse.Change(second);

        Assert.Equal(Fingerprint(first), Fingerprint(second));
    }

    [Fact]
    public void Create_ExistingFile_Refuses()
    {
        var path = _folder.File("mine.txt");
        File.WriteAllText(path, "mine");

        Assert.Throws<IOException>(() => SampleWarehouse.Create(path));

        Assert.Equal("mine", File.ReadAllText(path));
    }

    [Fact]
    public void Create_ReadableRows_AreTheExpectedOnes()
    {
        var path = _folder.File("sample.duckdb");

        var expected = SampleWarehouse.Create(path);

        AssertRows(path, "crm.customers", "updated_at", null, expected.Customers);
        AssertRows(path, "loyalty.balances", "updated_at", null, expected.Balances);
        AssertRows(path, "analytics.segments", "computed_at", null, expected.Segments);
        AssertRows(path, "web.signups", "submitted_at", null, expected.Signups);
        Assert.True(expected.Customers.Counts.Created >= 10_000);
    }

    [Fact]
    public void Change_RowsFromTheLookbackOn_AreTheExpectedOnes()
    {
        var path = _folder.File("sample.duckdb");
        SampleWarehouse.Create(path);
        AssertWatermark(path, "crm.customers", "updated_at", CustomerScript.Watermark);
        AssertWatermark(path, "loyalty.balances", "updated_at", BalanceScript.Watermark);
        AssertWatermark(path, "analytics.segments", "computed_at", OrderScript.Watermark);
        var signupWatermark = new DateTimeOffset(Scalar<DateTime>(path, "SELECT max(submitted_at)::TIMESTAMP FROM web.signups"), TimeSpan.Zero);

        var expected = SampleWarehouse.Change(path);

        AssertRows(path, "crm.customers", "updated_at", CustomerScript.Watermark, expected.Customers);
        AssertRows(path, "loyalty.balances", "updated_at", BalanceScript.Watermark, expected.Balances);
        AssertRows(path, "analytics.segments", "computed_at", OrderScript.Watermark, expected.Segments);
        AssertRows(path, "web.signups", "submitted_at", signupWatermark, expected.Signups);
    }

    [Fact]
    public void Create_IdentifiersOfPeople_AreTheirOwn()
    {
        var path = _folder.File("sample.duckdb");
        SampleWarehouse.Create(path);

        var shared = Scalar<long>(path, """
            SELECT count(*) FROM (
                SELECT regexp_replace(phone, '[^0-9]', '', 'g') AS digits, country
                FROM crm.customers WHERE phone <> '' AND length(regexp_replace(phone, '[^0-9]', '', 'g')) > 7 AND phone NOT IN ('+999123456789', '2345678901')
                GROUP BY ALL HAVING count(DISTINCT customer_id) > 1)
            """);

        Assert.Equal(0, shared);
    }

    private static void AssertRows(string path, string dataset, string cursor, DateTimeOffset? watermark, ExpectedRun expected)
    {
        var window = watermark is { } from ? $"AND {cursor} >= {Literal(from - TimeSpan.FromMinutes(15))}" : "";
        Assert.Equal(expected.Read, Scalar<long>(path, $"SELECT count(*) FROM {dataset} WHERE {cursor} < {Future} {window}"));
        Assert.Equal(expected.FutureRows, Scalar<long>(path, $"SELECT count(*) FROM {dataset} WHERE {cursor} >= {Future}"));
        Assert.Equal(expected.NullCursorRows, Scalar<long>(path, $"SELECT count(*) FROM {dataset} WHERE {cursor} IS NULL"));
    }

    private static void AssertWatermark(string path, string dataset, string cursor, DateTimeOffset expected) =>
        Assert.True(Scalar<bool>(path, $"SELECT max({cursor}) = {Literal(expected)} FROM {dataset} WHERE {cursor} < {Future}"));

    private const string Future = "'2100-01-01 00:00:00'";

    private static string Literal(DateTimeOffset instant) => $"'{instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'";

    private static string Fingerprint(string path)
    {
        var tables = new[] { "crm.customers", "loyalty.balances", "shop.orders", "analytics.segments", "web.signups" };
        return string.Join('|', tables.Select(table => Scalar<string>(path, $"SELECT md5(string_agg(line, '\n' ORDER BY line)) FROM (SELECT t::VARCHAR AS line FROM {table} t)")));
    }

    private static T Scalar<T>(string path, string sql)
    {
        using var connection = new DuckDBConnection($"DataSource={path}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SET TimeZone = 'UTC'";
        command.ExecuteNonQuery();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }
}
