using System.Text.Json;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Tests.Snowflake;

public sealed class CellTests
{
    [Fact]
    public async Task Cells_RecordedSamples_AreReproduced()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var samples = Sample.Read("Snowflake");

        for (var i = 0; i < samples.Count; i++)
        {
            session.Server.Database("DEMO").Schema("S").Table($"T{i}", t => t.Column("V", SnowflakeTypeOf(samples[i].Type))).Insert(samples[i].Value).Insert([null]);
            var rows = await session.RowsAsync($"SELECT V FROM T{i} ORDER BY V IS NULL, 1");

            Assert.Equal([samples[i].Cell, null], rows.Select(r => r[0]));
        }
    }

    [Fact]
    public async Task Result_EveryKind_DescribesDeclaredTypes()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Database("DEMO").Schema("S").Table("W", t => t
            .Column("n", SnowflakeType.Number(10, 2)).Column("T", SnowflakeType.Varchar(20)).Column("G", SnowflakeType.Geography).Column("TZ", SnowflakeType.TimestampTz()).Column("U", SnowflakeType.Unknown("map2")));

        var (_, body) = await session.RunAsync("SELECT * FROM W");

        var types = body.GetProperty("resultSetMetaData").GetProperty("rowType").EnumerateArray().ToList();
        Assert.Equal(["n fixed 10 2", "T text null null", "G object null null", "TZ timestamp_tz 0 9", "U map2 null null"], types.Select(t => $"{t.GetProperty("name")} {t.GetProperty("type")} {t.GetProperty("precision").GetRawText()} {t.GetProperty("scale").GetRawText()}"));
        Assert.Equal("GEOGRAPHY", types[2].GetProperty("extTypeName").GetString());
        Assert.Equal(JsonValueKind.Null, types[0].GetProperty("length").ValueKind);
        Assert.Equal(20, types[1].GetProperty("length").GetInt32());
    }

    [Fact]
    public async Task Result_OutputFormatSet_IsTextInsteadOfSeconds()
    {
        await using var session = await SnowflakeSession.StartAsync();

        var (_, body) = await session.SendAsync(session.Submit("SELECT '2024-01-02 03:04:05'::TIMESTAMP_NTZ", parameters: new { timezone = "UTC", timestamp_ntz_output_format = "YYYY-MM-DD\"T\"HH24:MI:SS" }));

        Assert.Equal("2024-01-02T03:04:05", body.GetProperty("data")[0][0].GetString());
    }

    private static Engine.SqlType SnowflakeTypeOf(string text) => SnowflakeTypeText.Parse(text);
}
