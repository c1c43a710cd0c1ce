using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Warehouses.Tests.Snowflake;

/// <summary>snowflake-sql-api section 4: the recorded encodings and the details that bite.</summary>
public sealed class SnowflakeCellsTests
{
    [Theory]
    [InlineData("fixed", 0, "9223372036854775807", "9223372036854775807")]
    [InlineData("fixed", 5, "10.12345", "10.12345")]
    [InlineData("fixed", 4, "1.5000", "1.5000")]
    [InlineData("fixed", 0, "99999999999999999999999999999999999999", "99999999999999999999999999999999999999")]
    [InlineData("fixed", 37, "-9.9999999999999999999999999999999999999", "-9.9999999999999999999999999999999999999")]
    [InlineData("real", 0, "-9007199254740991", "-9007199254740991")]
    [InlineData("real", 0, "9.9999999999999991e-308", "1e-307")]
    [InlineData("real", 0, "1e+308", "1e+308")]
    [InlineData("real", 0, "0.1", "0.1")]
    [InlineData("real", 0, "0.10000000000000001", "0.1")]
    [InlineData("real", 0, "NaN", "NaN")]
    [InlineData("real", 0, "inf", "Infinity")]
    [InlineData("real", 0, "-inf", "-Infinity")]
    [InlineData("real", 0, "Infinity", "Infinity")]
    [InlineData("real", 0, "-INFINITY", "-Infinity")]
    [InlineData("decfloat", 0, "12345678901234567890123456789012345678", "12345678901234567890123456789012345678")]
    [InlineData("decfloat", 0, "1.5e3", "1500")]
    [InlineData("decfloat", 0, "-1.25E-4", "-0.000125")]
    [InlineData("decfloat", 0, "12.5e+1", "125")]
    [InlineData("decfloat", 0, "1e16000", "1e16000")]
    [InlineData("text", 0, "テスト", "テスト")]
    [InlineData("text", 0, "", "")]
    [InlineData("boolean", 0, "true", "true")]
    [InlineData("boolean", 0, "FALSE", "false")]
    [InlineData("date", 0, "0", "1970-01-01")]
    [InlineData("date", 0, "-353920", "1001-01-01")]
    [InlineData("date", 0, "2932896", "9999-12-31")]
    [InlineData("date", 0, "-719162", "0001-01-01")]
    [InlineData("date", 0, "11016", "2000-02-29")]
    [InlineData("time", 9, "86399.123456000", "23:59:59.123456")]
    [InlineData("time", 0, "0", "00:00:00")]
    [InlineData("timestamp_ntz", 9, "1521720000.123456000", "2018-03-22T12:00:00.123456")]
    [InlineData("timestamp_ntz", 9, "-30578688000.000000000", "1001-01-01T00:00:00")]
    [InlineData("timestamp_ntz", 9, "253402300799.123456000", "9999-12-31T23:59:59.123456")]
    [InlineData("timestamp_ntz", 9, "253402300799.999999999", "9999-12-31T23:59:59.999999999")]
    [InlineData("timestamp_ntz", 9, "-62135596800.000000000", "0001-01-01T00:00:00")]
    [InlineData("timestamp_ntz", 9, "-0.500000000", "1969-12-31T23:59:59.5")]
    [InlineData("timestamp_ntz", 9, "-0.000000001", "1969-12-31T23:59:59.999999999")]
    [InlineData("timestamp_ntz", 9, "-1.000000000", "1969-12-31T23:59:59")]
    [InlineData("timestamp_ntz", 0, "1521720000", "2018-03-22T12:00:00")]
    [InlineData("timestamp_ltz", 9, "1521702000.123456000", "2018-03-22T07:00:00.123456Z")]
    [InlineData("timestamp_ltz", 3, "1717601101.396", "2024-06-05T15:25:01.396Z")]
    [InlineData("timestamp_tz", 9, "1521702000.123000000 1740", "2018-03-22T07:00:00.123Z")]
    [InlineData("timestamp_tz", 9, "1718008965.753000000 1020", "2024-06-10T08:42:45.753Z")]
    [InlineData("timestamp_tz", 9, "1718008965.753000000 2280", "2024-06-10T08:42:45.753Z")]
    [InlineData("array", 0, "[\n  1,\n  2\n]", "[1,2]")]
    [InlineData("array", 0, "[\n  1,\n  undefined\n]", "[1,null]")]
    [InlineData("object", 0, "{\n  \"a b\": \"x \\\" undefined \\\\\",\n  \"n\": 12345678901234567890123.10\n}", "{\"a b\":\"x \\\" undefined \\\\\",\"n\":12345678901234567890123.10}")]
    [InlineData("variant", 0, "null", "null")]
    [InlineData("hologram", 0, "any text", "any text")]
    public void Convert_RecordedCell_IsExact(string type, int scale, string cell, string expected) => Assert.Equal(expected, Convert(type, scale, cell));

    /// <summary>A text of another shape, as an output format would give, is kept for the value parser to name.</summary>
    [Theory]
    [InlineData("date", "2024-01-01")]
    [InlineData("date", "")]
    [InlineData("timestamp_ntz", "2024-01-01 00:00:00.000")]
    [InlineData("timestamp_ntz", "1521720000.1234567890123")]
    [InlineData("timestamp_ntz", "-")]
    [InlineData("timestamp_ntz", "1.5e3")]
    [InlineData("timestamp_tz", "1521702000.123000000 +05:00")]
    [InlineData("time", "-1.0")]
    [InlineData("time", "86400.0")]
    [InlineData("boolean", "maybe")]
    [InlineData("real", "1e999")]
    [InlineData("real", "one")]
    [InlineData("decfloat", "e5")]
    public void Convert_TextOfAnotherShape_IsKept(string type, string cell) => Assert.Equal(cell, Convert(type, 9, cell));

    /// <summary>Every nanosecond of the years 1 to 9999, against the calendar of the framework for the whole seconds.</summary>
    [Fact]
    public void Convert_AnyInstant_AgreesWithTheCalendarAndKeepsNineDigits() =>
        Gen.Select(Gen.Long[-62_135_596_800, 253_402_300_799], Gen.Int[0, 999_999_999]).Sample((seconds, nanos) =>
        {
            var total = ((Int128)seconds * 1_000_000_000) + nanos;
            var magnitude = Int128.Abs(total);
            var cell = string.Create(CultureInfo.InvariantCulture, $"{(total < 0 ? "-" : "")}{magnitude / 1_000_000_000}.{(long)(magnitude % 1_000_000_000):000000000}");

            var expected = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
                + $".{nanos:000000000}".TrimEnd('0').TrimEnd('.') + "Z";
            Assert.Equal(expected, Convert("timestamp_ltz", 9, cell));
        }, iter: 20_000);

    [Fact]
    public void Convert_AnyDay_AgreesWithTheCalendar() =>
        Gen.Int[-719_162, 2_932_896].Sample(
            days => Assert.Equal(new DateOnly(1970, 1, 1).AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Convert("date", 0, $"{days}")), iter: 20_000);

    [Fact]
    public void Convert_AnyDouble_RoundTrips() =>
        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var text = Convert("real", 0, value.ToString("E16", CultureInfo.InvariantCulture));
            Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture));
        });

    [Fact]
    public void Convert_AnyJson_KeepsItsMeaning() =>
        Gen.String.Array[0, 5].Sample(items =>
        {
            var pretty = JsonSerializer.Serialize(items, Indented);

            Assert.Equal(JsonSerializer.Serialize(items), Convert("array", 0, pretty));
        });

    /// <summary>Short repeated texts come back as one string, and never as another's.</summary>
    [Fact]
    public void Convert_AnyTexts_AreThemselvesThoughRemembered()
    {
        var cells = new SnowflakeCells(SnowflakeForm.Plain);
        Gen.String[Gen.Char["abcé表"], 0, 4].Array[1, 200].Sample(
            texts => Assert.All(texts, text => Assert.Equal(text, cells.Convert(Encoding.UTF8.GetBytes(text)))), threads: 1);
        Assert.Same(cells.Convert("active"u8), cells.Convert("active"u8));
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Convert(string type, int scale, string cell) =>
        new SnowflakeCells(new SnowflakeColumn("C", type, 38, scale, 0, true, null, null).Form).Convert(Encoding.UTF8.GetBytes(cell));
}
