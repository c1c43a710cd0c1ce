using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using WarehouseImport.Warehouses.BigQuery;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>bigquery-api section 3.</summary>
public sealed class BigQueryAnswerReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The samples of the table in section 3, recorded from the service where it says live.</summary>
    [Theory]
    [InlineData("INTEGER", "9223110580161593071", "9223110580161593071")]
    [InlineData("INT64", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("FLOAT", "4.0", "4")]
    [InlineData("FLOAT", "-0.0", "-0")]
    [InlineData("FLOAT", "1.5E-7", "1.5E-7")]
    [InlineData("FLOAT", "1.7976931348623157E308", "1.7976931348623157E308")]
    [InlineData("FLOAT", "37.800000000000004", "37.800000000000004")]
    [InlineData("FLOAT64", "1.0E10", "10000000000")]
    [InlineData("FLOAT", "NaN", "NaN")]
    [InlineData("FLOAT", "Infinity", "Infinity")]
    [InlineData("FLOAT", "-Infinity", "-Infinity")]
    [InlineData("FLOAT", "inf", "Infinity")]
    [InlineData("FLOAT", "-inf", "-Infinity")]
    [InlineData("BOOLEAN", "true", "true")]
    [InlineData("BOOL", "false", "false")]
    [InlineData("STRING", "as is \u00e4\ud83e\udd86 \"quoted\"\\n", "as is \u00e4\ud83e\udd86 \"quoted\"\\n")]
    [InlineData("STRING", "", "")]
    [InlineData("DATE", "2024-02-29", "2024-02-29")]
    [InlineData("TIME", "12:34:56", "12:34:56")]
    [InlineData("TIME", "12:34:56.120000", "12:34:56.12")]
    [InlineData("DATETIME", "2025-06-01T12:34:56", "2025-06-01T12:34:56")]
    [InlineData("DATETIME", "2025-06-01T12:34:56.100000", "2025-06-01T12:34:56.1")]
    [InlineData("DATETIME", "0001-01-01T00:00:00", "0001-01-01T00:00:00")]
    [InlineData("TIMESTAMP", "1748781296000000", "2025-06-01T12:34:56Z")]
    [InlineData("TIMESTAMP", "1748781296123450", "2025-06-01T12:34:56.12345Z")]
    [InlineData("TIMESTAMP", "-1", "1969-12-31T23:59:59.999999Z")]
    [InlineData("TIMESTAMP", "0", "1970-01-01T00:00:00Z")]
    [InlineData("TIMESTAMP", "-62135596800000000", "0001-01-01T00:00:00Z")]
    [InlineData("TIMESTAMP", "253402300799999999", "9999-12-31T23:59:59.999999Z")]
    [InlineData("TIMESTAMP", "2023-01-01T12:00:00.123456789123Z", "2023-01-01T12:00:00.123456789123Z")]
    [InlineData("TIMESTAMP", "2023-01-01T12:00:00.123456789000Z", "2023-01-01T12:00:00.123456789Z")]
    [InlineData("NUMERIC", "123.456", "123.456")]
    [InlineData("NUMERIC", "-42.5", "-42.5")]
    [InlineData("NUMERIC", "99999999999999999999999999999.999999999", "99999999999999999999999999999.999999999")]
    [InlineData("BIGNUMERIC", "0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001")]
    [InlineData("JSON", "{\"a\":[1,2.50]}", "{\"a\":[1,2.50]}")]
    public async Task Read_ScalarAsTheServiceWritesIt_HasTheExactForm(string type, string sent, string expected) =>
        Assert.Equal(expected, await CellAsync(new BigQueryField("c", type), JsonSerializer.Serialize(sent)));

    /// <summary>Without useInt64Timestamp a TIMESTAMP comes as a float that lost microseconds; such text is never taken for an instant (H7).</summary>
    [Theory]
    [InlineData("1.758051366853934E9")]
    [InlineData("-1.9954383398377106E10")]
    [InlineData("253402300800000000")]
    [InlineData("2023-01-01T12:00:00+01:00")]
    [InlineData("")]
    public async Task Read_TimestampInALossyForm_IsRefused(string sent) =>
        await Assert.ThrowsAsync<JsonException>(() => CellAsync(new BigQueryField("c", "TIMESTAMP"), JsonSerializer.Serialize(sent)));

    [Theory]
    [InlineData("STRING", """[{"v":"a"},{"v":"b \"c\""}]""", """["a","b \"c\""]""")]
    [InlineData("STRING", "[]", "[]")]
    [InlineData("INTEGER", """[{"v":"9223110580161593071"},{"v":"-1"}]""", "[9223110580161593071,-1]")]
    [InlineData("NUMERIC", """[{"v":"123456789012345678901234567890.123456789"}]""", "[123456789012345678901234567890.123456789]")]
    [InlineData("FLOAT", """[{"v":"4.0"},{"v":"1.0E10"},{"v":"NaN"}]""", """[4,10000000000,"NaN"]""")]
    [InlineData("BOOLEAN", """[{"v":"true"},{"v":"false"}]""", "[true,false]")]
    [InlineData("TIMESTAMP", """[{"v":"1748781296000000"}]""", """["2025-06-01T12:34:56Z"]""")]
    [InlineData("DATETIME", """[{"v":"2025-06-01T12:34:56.500000"}]""", """["2025-06-01T12:34:56.5"]""")]
    [InlineData("DATE", """[{"v":"2025-06-01"}]""", """["2025-06-01"]""")]
    [InlineData("JSON", """[{"v":"{\"a\":1.50}"},{"v":"null"}]""", """[{"a":1.50},null]""")]
    public async Task Read_RepeatedScalar_IsAJsonArrayWithExactNumbers(string type, string sent, string expected) =>
        Assert.Equal(expected, await CellAsync(new BigQueryField("c", type, "REPEATED"), sent));

    [Fact]
    public async Task Read_NestedAndRepeatedRecords_AreJsonObjects()
    {
        var address = new BigQueryField("address", "RECORD", "REPEATED", [new("city", "STRING"), new("since", "TIMESTAMP"), new("tags", "STRING", "REPEATED"), new("raw", "BYTES")]);
        var field = new BigQueryField("person", "RECORD", "NULLABLE", [new("name", "STRING"), new("age", "INTEGER"), address]);

        var cell = await CellAsync(
            field,
            """{"f":[{"v":"Ada"},{"v":null},{"v":[{"v":{"f":[{"v":"London"},{"v":"0"},{"v":[{"v":"x"}]},{"v":"aGVsbG8="}]}},{"v":{"f":[{"v":null},{"v":null},{"v":[]},{"v":null}]}}]}]}""");

        Assert.Equal(
            """{"name":"Ada","age":null,"address":[{"city":"London","since":"1970-01-01T00:00:00Z","tags":["x"],"raw":"aGVsbG8="},{"city":null,"since":null,"tags":[],"raw":null}]}""",
            cell);
    }

    [Fact]
    public async Task Read_Null_IsNullForEveryType()
    {
        foreach (var type in (string[])["INTEGER", "STRING", "TIMESTAMP", "RECORD"]) Assert.Null(await CellAsync(new BigQueryField("c", type, null, []), "null"));
    }

    [Fact]
    public async Task Read_MembersInAnyOrderWithUnknownOnes_AreUnderstood()
    {
        const string Answer = """
            {"rows":[{"f":[{"v":"1","x":{"y":[1]}}],"z":null}],"etag":"e","future":{"a":[{"b":1}]},"pageToken":"next","totalRows":"7","schema":{"fields":[{"name":"c","type":"INTEGER"}]},
             "jobReference":{"projectId":"p","jobId":"j","location":"EU"},"jobComplete":true,"errors":[]}
            """;
        var rows = new BigQueryRows(1, 10);

        var answer = await new BigQueryAnswerReader([new("c", "INTEGER")], rows).ReadAsync(Stream(Answer), Cancellation);

        Assert.Equal(["1"], rows.Take(0, 1)[0]);
        Assert.True(answer.IsComplete);
        Assert.Equal(7, answer.TotalRows);
        Assert.Equal("next", answer.PageToken);
        Assert.Equal("p:EU.j", answer.Job!.ToString());
        Assert.Equal("INTEGER", Assert.Single(answer.Schema!.Fields!).Type);
    }

    [Fact]
    public async Task Read_JobStillRunning_HasNoRowsAndIsNotComplete()
    {
        var rows = new BigQueryRows(1, 1);

        var answer = await new BigQueryAnswerReader([new("c", "INTEGER")], rows).ReadAsync(Stream("""{"kind":"bigquery#getQueryResultsResponse","jobComplete":false}"""), Cancellation);

        Assert.False(answer.IsComplete);
        Assert.Equal(0, rows.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html></html>")]
    [InlineData("""{"rows":[{"f":[]}]}""")]
    [InlineData("""{"rows":[{"f":[{"v":"1"},{"v":"2"}]}]}""")]
    [InlineData("""{"rows":[{"f":[{"v":{"f":[]}}]}]}""")]
    [InlineData("""{"rows":[[1]]}""")]
    [InlineData("""{"rows":[]} more""")]
    public async Task Read_AnswerThatIsNotAsDocumented_IsDamaged(string answer) =>
        await Assert.ThrowsAnyAsync<JsonException>(() => new BigQueryAnswerReader([new("c", "INTEGER")], new BigQueryRows(1, 10)).ReadAsync(Stream(answer), Cancellation));

    [Fact]
    public async Task Read_MoreRowsThanAskedFor_IsDamaged() =>
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            new BigQueryAnswerReader([new("c", "INTEGER")], new BigQueryRows(1, 1)).ReadAsync(Stream("""{"rows":[{"f":[{"v":"1"}]},{"f":[{"v":"2"}]}]}"""), Cancellation));

    /// <summary>Whatever the rows hold and however the bytes arrive, the cells are those a whole document would give.</summary>
    [Fact]
    public async Task Read_AnyRowsInAnyPieces_EqualsTheWholeDocument()
    {
        var text = Gen.String[Gen.Char["ab\"\\\n \u00e4\u8868"], 0, 12];
        var cell = Gen.OneOf(text, Gen.Const("same"), Gen.Const((string)null!));
        var row = Gen.Select(cell, Gen.Long.Select(value => value.ToString(CultureInfo.InvariantCulture)), text.Array[0, 3]);
        await Gen.Select(row.Array[0, 12], Gen.Int[1, 40]).SampleAsync(
            async sample =>
            {
                var (rows, piece) = sample;
                var answer = JsonSerializer.SerializeToUtf8Bytes(new
                {
                    jobComplete = true,
                    rows = rows.Select(one => new { f = new object[] { new { v = one.Item1 }, new { v = one.Item2 }, new { v = one.Item3.Select(element => new { v = element }) } } }),
                    totalRows = rows.Length.ToString(CultureInfo.InvariantCulture),
                });
                var read = new BigQueryRows(3, 100);

                var said = await new BigQueryAnswerReader([new("a", "STRING"), new("b", "INTEGER"), new("c", "STRING", "REPEATED")], read).ReadAsync(new PiecewiseStream(answer, piece), Cancellation);

                Assert.Equal(rows.Length, said.TotalRows);
                Assert.Equal(rows.Select(one => one.Item1), read.Take(0, 1)[0]);
                Assert.Equal(rows.Select(one => one.Item2), read.Take(1, 1)[0]);
                Assert.Equal(rows.Select(one => one.Item3), read.Take(2, 1)[0].Select(list => JsonSerializer.Deserialize<string[]>(list!)!));
            },
            iter: 500,
            threads: 1);
    }

    /// <summary>Section 5 of the emulation: an answer cut anywhere is noticed, and its rows can be taken back.</summary>
    [Fact]
    public async Task Read_AnswerCutAnywhere_ThrowsAndRowsCanBeTakenBack()
    {
        var whole = Encoding.UTF8.GetBytes("""{"jobComplete":true,"rows":[{"f":[{"v":"one"},{"v":[{"v":"x"}]}]},{"f":[{"v":null},{"v":[]}]}],"totalRows":"2"}""");
        for (var length = 0; length < whole.Length; length++)
        {
            var rows = new BigQueryRows(2, 10);
            rows.Set(0, "kept");
            rows.Set(1, "[]");
            rows.EndRow();
            var reader = new BigQueryAnswerReader([new("a", "STRING"), new("b", "STRING", "REPEATED")], rows);

            await Assert.ThrowsAnyAsync<JsonException>(() => reader.ReadAsync(new PiecewiseStream(whole[..length], 7), Cancellation));
            rows.Truncate(1);
            await reader.ReadAsync(new PiecewiseStream(whole, 5), Cancellation);

            Assert.Equal(["kept", "one", null], rows.Take(0, 1)[0]);
            Assert.Equal(["[]", """["x"]""", "[]"], rows.Take(1, 1)[0]);
        }
    }

    [Fact]
    public async Task Read_RepeatingCells_AreOneStringAndOthersAreNotMixedUp()
    {
        var values = Enumerable.Range(0, 6000).Select(index => index % 3 == 0 ? "DE" : index % 3 == 1 ? "FR" : $"u{index}").ToArray();
        var rows = new BigQueryRows(1, values.Length);

        await new BigQueryAnswerReader([new("c", "STRING")], rows).ReadAsync(Stream(JsonSerializer.Serialize(new { rows = values.Select(value => new { f = new[] { new { v = value } } }) })), Cancellation);

        var cells = rows.Take(0, 1)[0];
        Assert.Equal(values, cells);
        Assert.Same(cells[3], cells[6]);
    }

    [Fact]
    public async Task Read_PageLargerThanItsLimit_IsRefused()
    {
        var rows = new BigQueryRows(1, 1000);
        var cell = new string('x', 10_000_000);

        var failure = await Assert.ThrowsAsync<WarehouseException>(async () =>
        {
            for (var row = 0; row < 20; row++) await new BigQueryAnswerReader([new("c", "STRING")], rows).ReadAsync(Stream($$"""{"rows":[{"f":[{"v":"{{cell}}"}]}]}"""), Cancellation);
        });

        Assert.Equal(WarehouseErrors.QueryFailed, failure.Code);
        Assert.True(rows.Count < 11);
    }

    /// <summary>The text of an instant, against the clock type of the platform, which holds whole microseconds too.</summary>
    [Fact]
    public void Timestamp_AnyMicrosecond_IsTheSameInstant() =>
        Gen.Long[-62_135_596_800_000_000, 253_402_300_799_999_999].Sample(
            microseconds =>
            {
                var expected = new DateTime(DateTime.UnixEpoch.Ticks + (microseconds * 10), DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "Z";
                return BigQueryText.TryTimestamp(microseconds, out var exact) && exact == expected;
            },
            iter: 100_000);

    /// <summary>However a double is printed, one spelling comes out, and it is the same number.</summary>
    [Fact]
    public void Float_AnyDoubleInAnySpelling_IsOneSpellingOfTheSameNumber() =>
        Gen.OneOf(Gen.Double, Gen.Double[-1e6, 1e6], Gen.Int.Select(value => (double)value)).Where(double.IsFinite).Sample(
            value =>
            {
                var exact = BigQueryText.Float(value.ToString("R", CultureInfo.InvariantCulture));
                var scientific = BigQueryText.Float(value.ToString("E16", CultureInfo.InvariantCulture));
                return BitConverter.DoubleToInt64Bits(double.Parse(exact, CultureInfo.InvariantCulture)) == BitConverter.DoubleToInt64Bits(value)
                    && double.Parse(scientific, CultureInfo.InvariantCulture) == value
                    && BigQueryText.Float(exact) == exact;
            },
            iter: 100_000);

    private static async Task<string?> CellAsync(BigQueryField field, string json)
    {
        var rows = new BigQueryRows(1, 1);
        await new BigQueryAnswerReader([field], rows).ReadAsync(Stream($$"""{"rows":[{"f":[{"v":{{json}}}]}]}"""), Cancellation);
        return rows.Take(0, 1)[0][0];
    }

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
    }
}
