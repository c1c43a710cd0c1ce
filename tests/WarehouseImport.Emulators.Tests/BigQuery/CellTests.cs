using System.Text.Json;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.Tests.BigQuery;

public sealed class CellTests
{
    [Fact]
    public async Task Cells_RecordedSamples_AreReproduced()
    {
        await using var session = await BigQuerySession.StartAsync();
        var samples = Sample.Read("BigQuery");

        for (var i = 0; i < samples.Count; i++)
        {
            session.Server.Dataset("crm").Table($"t{i}", t => t.Column("v", new BigQueryParser(samples[i].Type).ParseTypeText())).Insert(samples[i].Value).Insert([null]);
            var (_, body) = await session.CallAsync(HttpMethod.Get, $"datasets/crm/tables/t{i}/data?formatOptions.useInt64Timestamp={(samples[i].AsDouble ? "false" : "true")}");

            Assert.Equal([samples[i].Cell, null], BigQuerySession.First(body).OrderBy(v => v is null));
        }
    }

    [Fact]
    public async Task Cells_NestedAndRepeated_AreWrappedFieldByField()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Dataset("crm").Table("n", t => t
                .Column("s", BigQueryType.Struct(new SqlField("y", BigQueryType.String), new SqlField("z", BigQueryType.Array(BigQueryType.Int64))))
                .Column("a", BigQueryType.Array(BigQueryType.Struct(new SqlField("t", BigQueryType.Timestamp)))))
            .Insert("""{"y":"q","z":[1,2]}""", """[{"t":"2024-01-01T00:00:00Z"}]""");

        var (_, body) = await session.QueryAsync("SELECT * FROM crm.n");

        Assert.Equal("""[{"f":[{"v":{"f":[{"v":"q"},{"v":[{"v":"1"},{"v":"2"}]}]}},{"v":[{"v":{"f":[{"v":"1704067200000000"}]}}]}]}]""", body.GetProperty("rows").GetRawText());
        var fields = body.GetProperty("schema").GetProperty("fields").EnumerateArray().ToList();
        Assert.Equal(["RECORD NULLABLE", "RECORD REPEATED"], fields.Select(f => $"{f.GetProperty("type")} {f.GetProperty("mode")}"));
        Assert.Equal(JsonValueKind.Array, fields[0].GetProperty("fields").ValueKind);
    }

    [Fact]
    public async Task Results_InfiniteAndNotANumber_AreWords()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Dataset("crm").Table("f", t => t.Column("v", BigQueryType.Float64)).Insert(double.NaN).Insert(double.PositiveInfinity).Insert(double.NegativeInfinity);

        var (_, body) = await session.QueryAsync("SELECT v FROM crm.f");

        Assert.Equal(["-Infinity", "Infinity", "NaN"], BigQuerySession.First(body).Order(StringComparer.Ordinal));
    }
}
