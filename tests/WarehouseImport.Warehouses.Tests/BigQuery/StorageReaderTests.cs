using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grpc.Core;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.BigQuery.Storage;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>The Storage Read API as the fast way (bigquery-api section 7): order, completeness, resumption and the way out.</summary>
public sealed class StorageReaderTests : IDisposable
{
    private const int PageRows = 3000;
    private const int Rows = 31_000;

    private readonly FakeBigQuery _bigQuery = new();
    private readonly RecordingObserver _observer = new();

    public StorageReaderTests()
    {
        _bigQuery.On("GET", "/tables/customers", (int _) => FakeAnswer.Ok(
            """
            {"tableReference":{"projectId":"data-project","datasetId":"crm","tableId":"customers"},"type":"TABLE","location":"EU",
             "schema":{"fields":[{"name":"id","type":"INTEGER"},{"name":"changed","type":"TIMESTAMP"}]}}
            """));
        _bigQuery.On("POST", "/jobs", (FakeRequest request) => FakeAnswer.Ok($"{{\"jobReference\":{request.Json.GetProperty("jobReference").GetRawText()}}}"));
        _bigQuery.On("GET", "_0", (FakeRequest request) => request.Path.Contains("/jobs/", StringComparison.Ordinal)
            ? FakeAnswer.Ok("""{"status":{"state":"DONE"},"configuration":{"query":{"destinationTable":{"projectId":"billing-project","datasetId":"_anon","tableId":"anon 1"}}}}""")
            : Results(request));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _bigQuery.Dispose();

    /// <summary>The proof of the order: rows are shuffled over four streams, and pages are those of REST.</summary>
    [Fact]
    public async Task ReadPages_ShuffledOverSeveralStreams_AreThePagesOfRest()
    {
        using var storage = new FakeStorage(_bigQuery, Table());

        var pages = await PagesAsync(storage);

        AssertWhole(pages, 0);
        Assert.Equal(2, storage.Sessions.Count);
        Assert.Equal(8, storage.Reads.Count);
        Assert.Empty(_observer.Notices);
        Assert.DoesNotContain(_bigQuery.Requests, request => request.Path.Contains("/queries/", StringComparison.Ordinal) && request.Parameter("startIndex") != "0");
    }

    [Fact]
    public async Task ReadPages_Session_NamesTableColumnsRowsAndRouting()
    {
        using var storage = new FakeStorage(_bigQuery, Table());

        await PagesAsync(storage, firstPage: 2);

        var (request, routing, authorization) = storage.Sessions.First();
        Assert.Equal("projects/billing-project", request.Parent);
        Assert.Equal("projects/billing-project/datasets/_anon/tables/anon 1", request.ReadSession.Table);
        Assert.Equal(DataFormat.Arrow, request.ReadSession.DataFormat);
        Assert.Equal(["wi_cursor", "c0", "wi_row"], request.ReadSession.ReadOptions.SelectedFields);
        Assert.Equal("wi_row > 6000 AND wi_row <= 24000", request.ReadSession.ReadOptions.RowRestriction);
        Assert.Equal("read_session.table=projects%2Fbilling-project%2Fdatasets%2F_anon%2Ftables%2Fanon%201", routing);
        Assert.Equal("Bearer token-1", authorization);
        Assert.All(storage.Reads, read => Assert.Equal($"read_stream={Uri.EscapeDataString(read.Request.ReadStream)}", read.Routing));
    }

    [Fact]
    public async Task ReadPages_FromALaterPage_AreTheSamePages()
    {
        using var storage = new FakeStorage(_bigQuery, Table());

        AssertWhole(await PagesAsync(storage, firstPage: 4), 4);
    }

    /// <summary>Section 7: a broken stream goes on behind the rows that were consumed, counted from the batches (here the service's own count is 0).</summary>
    [Theory]
    [InlineData(StatusCode.Unavailable, WarehouseRetryReasons.Unavailable)]
    [InlineData(StatusCode.Internal, WarehouseRetryReasons.ConnectionBroken)]
    [InlineData(StatusCode.ResourceExhausted, WarehouseRetryReasons.Throttled)]
    public async Task ReadPages_StreamBreaksInTheMiddle_GoesOnAtItsOffset(StatusCode status, string reason)
    {
        var broken = 0;
        using var storage = new FakeStorage(_bigQuery, Table()) { OnRead = read => read.ReadStream.EndsWith("/2", StringComparison.Ordinal) && broken++ == 0 ? (2, status) : null };

        var pages = await PagesAsync(storage);

        AssertWhole(pages, 0);
        Assert.Contains(storage.Reads, read => read.Request.Offset == 2000);
        Assert.Equal(reason, Assert.Single(_observer.Retries).Reason);
        Assert.Empty(_observer.Notices);
    }

    [Fact]
    public async Task ReadPages_TokenRefused_IsRefreshedOnce()
    {
        using var storage = new FakeStorage(_bigQuery, Table()) { OnSession = session => session == 0 ? StatusCode.Unauthenticated : StatusCode.OK };

        AssertWhole(await PagesAsync(storage), 0);

        Assert.Equal(WarehouseRetryReasons.TokenExpired, Assert.Single(_observer.Retries).Reason);
        Assert.Equal("Bearer token-2", storage.Sessions.Last().Authorization);
    }

    [Fact]
    public async Task ReadPages_RoleMissing_GoesOverRestWithTheGrantAsNotice()
    {
        using var storage = new FakeStorage(_bigQuery, Table()) { OnSession = _ => StatusCode.PermissionDenied };

        AssertWhole(await PagesAsync(storage), 0);

        var notice = Assert.Single(_observer.Notices);
        Assert.Equal("bigquery_storage_unavailable", notice.Code);
        Assert.Contains("roles/bigquery.readSessionUser", notice.Fix, StringComparison.Ordinal);
        Assert.Empty(_observer.Retries);
    }

    [Fact]
    public async Task ReadPages_FailsInALaterStretch_RestTakesOverAtThatPage()
    {
        using var storage = new FakeStorage(_bigQuery, Table()) { OnSession = session => session == 0 ? StatusCode.OK : StatusCode.Unavailable };

        AssertWhole(await PagesAsync(storage), 0);

        Assert.Single(_observer.Notices);
        Assert.Equal("18001", _bigQuery.Requests.First(request => request.Path.Contains("/queries/", StringComparison.Ordinal) && request.Parameter("startIndex") is not ("0" or null)).Parameter("startIndex"));
    }

    public static TheoryData<string> WrongRows => ["twice", "lost"];

    [Theory]
    [MemberData(nameof(WrongRows))]
    public async Task ReadPages_RowTwiceOrLost_IsNoticedAndReadOverRest(string wrong)
    {
        using var storage = new FakeStorage(_bigQuery, Table()) { Rows = rows => wrong == "twice" ? [.. rows, rows[0]] : rows[1..] };

        AssertWhole(await PagesAsync(storage), 0);

        Assert.Single(_observer.Notices);
    }

    [Fact]
    public async Task ReadPages_FewRows_AreNotWorthASession()
    {
        using var storage = new FakeStorage(_bigQuery, Table());

        AssertWhole(await PagesAsync(storage, options: new BigQueryOptions { StorageMinimumRows = Rows + 1 }), 0);

        Assert.Empty(storage.Sessions);
        Assert.Empty(_observer.Notices);
    }

    [Fact]
    public async Task ReadPages_LeftInTheMiddle_Stops()
    {
        using var storage = new FakeStorage(_bigQuery, Table());
        await using var warehouse = Open(storage, null);
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) break;

        Assert.InRange(storage.Sessions.Count, 1, 2);
    }

    /// <summary>Every type comes out of Arrow as it comes out of REST, so that a row's digest does not depend on the way it took.</summary>
    [Fact]
    public async Task Cells_OfEveryType_AreTheSameAsOverRest()
    {
        var struct1 = new StructType([new Field("city", StringType.Default, true), new Field("n", Int64Type.Default, true)]);
        (BigQueryField Field, IArrowArray Arrow, string Json)[] cases =
        [
            (new("c", "INTEGER"), new Int64Array.Builder().Append(long.MinValue).Build(), "\"-9223372036854775808\""),
            (new("c", "FLOAT"), new DoubleArray.Builder().Append(4).Build(), "\"4.0\""),
            (new("c", "FLOAT"), new DoubleArray.Builder().Append(1e22).Build(), "\"1.0E22\""),
            (new("c", "FLOAT"), new DoubleArray.Builder().Append(double.NegativeInfinity).Build(), "\"-Infinity\""),
            (new("c", "BOOLEAN"), new BooleanArray.Builder().Append(true).Build(), "\"true\""),
            (new("c", "STRING"), new StringArray.Builder().Append("\u00e4\ud83e\udd86\"").Build(), "\"\u00e4\ud83e\udd86\\\"\""),
            (new("c", "DATE"), new Date32Array.Builder().Append(new DateOnly(2024, 2, 29)).Build(), "\"2024-02-29\""),
            (new("c", "TIME"), new Time64Array.Builder(new Time64Type(TimeUnit.Microsecond)).Append(45_296_120_000).Build(), "\"12:34:56.120000\""),
            (new("c", "TIMESTAMP"), Instant(1_748_781_296_123_450, "UTC"), "\"1748781296123450\""),
            (new("c", "TIMESTAMP"), Instant(-62_135_596_800_000_000, "UTC"), "\"-62135596800000000\""),
            (new("c", "DATETIME"), Instant(1_748_781_296_500_000, null), "\"2025-06-01T12:34:56.500000\""),
            (new("c", "NUMERIC"), new Decimal128Array.Builder(new Decimal128Type(38, 9)).Append(-42.5m).Build(), "\"-42.5\""),
            (new("c", "NUMERIC"), new Decimal128Array.Builder(new Decimal128Type(38, 9)).Append("99999999999999999999999999999.999999999").Build(), "\"99999999999999999999999999999.999999999\""),
            (new("c", "NUMERIC"), new Decimal128Array.Builder(new Decimal128Type(38, 9)).Append(100m).Build(), "\"100\""),
            (new("c", "BIGNUMERIC"), new Decimal256Array.Builder(new Decimal256Type(76, 38)).Append("0.00000000000000000000000000000000000001").Build(), "\"0.00000000000000000000000000000000000001\""),
            (new("c", "JSON"), new StringArray.Builder().Append("{\"a\":1.50}").Build(), "\"{\\\"a\\\":1.50}\""),
            (new("c", "INTEGER", "REPEATED"), List(Int64Type.Default, builder => ((Int64Array.Builder)builder).Append(7).Append(8)), """[{"v":"7"},{"v":"8"}]"""),
            (new("c", "STRING", "REPEATED"), List(StringType.Default, _ => { }), "[]"),
            (
                new("c", "RECORD", null, [new("city", "STRING"), new("n", "INTEGER")]),
                new StructArray(struct1, 1, [new StringArray.Builder().Append("Oslo").Build(), new Int64Array.Builder().AppendNull().Build()], ArrowBuffer.Empty, 0),
                """{"f":[{"v":"Oslo"},{"v":null}]}"""),
            (new("c", "INTEGER"), new Int64Array.Builder().AppendNull().Build(), "null"),
        ];

        foreach (var (field, arrow, rest) in cases)
        {
            var rows = new BigQueryRows(1, 1);
            await new BigQueryAnswerReader([field], rows).ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"rows":[{"f":[{"v":{{rest}}}]}]}""")), Cancellation);

            Assert.Equal(rows.Take(0, 1)[0][0], ArrowCells.For(field)(arrow, 0));
        }
    }

    [Fact]
    public void Cells_OfAnotherTypeThanTheSchemaSays_AreRefused() =>
        Assert.Throws<InvalidDataException>(() => ArrowCells.For(new BigQueryField("c", "INTEGER"))(new DoubleArray.Builder().Append(1).Build(), 0));

    private static TimestampArray Instant(long microseconds, string? zone) => new(
        new TimestampType(TimeUnit.Microsecond, zone), new ArrowBuffer.Builder<long>().Append(microseconds).Build(), ArrowBuffer.Empty, 1, 0, 0);

    private static ListArray List(IArrowType element, Action<IArrowArrayBuilder> append)
    {
        var builder = new ListArray.Builder(element);
        builder.Append();
        append(builder.ValueBuilder);
        return builder.Build();
    }

    private static string Cursor(int row) => BigQueryText.TryTimestamp(1_704_067_200_000_000 + (row / 3), out var exact) ? exact : throw new InvalidOperationException();

    private static string Id(int row) => row.ToString(CultureInfo.InvariantCulture);

    private static RecordBatch Table() => new RecordBatch.Builder()
        .Append("wi_cursor", false, new TimestampArray(
            new TimestampType(TimeUnit.Microsecond, "UTC"),
            new ArrowBuffer.Builder<long>().AppendRange(Enumerable.Range(0, Rows).Select(row => 1_704_067_200_000_000L + (row / 3))).Build(),
            ArrowBuffer.Empty,
            Rows,
            0,
            0))
        .Append("c0", true, new Int64Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(row => (long)row)).Build())
        .Append("wi_row", false, new Int64Array.Builder().AppendRange(Enumerable.Range(1, Rows).Select(row => (long)row)).Build())
        .Build();

    private static FakeAnswer Results(FakeRequest request)
    {
        var start = request.Parameter("pageToken") is { } token ? int.Parse(token[1..], CultureInfo.InvariantCulture) : int.Parse(request.Parameter("startIndex")!, CultureInfo.InvariantCulture);
        var count = Math.Min(int.Parse(request.Parameter("maxResults")!, CultureInfo.InvariantCulture), Rows + 1 - start);
        var rows = Enumerable.Range(start, count).Select(row => row == 0
            ? """{"f":[{"v":"31000 0 0"},{"v":"1704067200000000"},{"v":null},{"v":"0"}]}"""
            : $$"""{"f":[{"v":null},{"v":"{{1_704_067_200_000_000 + ((row - 1) / 3)}}"},{"v":"{{row - 1}}"},{"v":"{{row}}"}]}""");
        return FakeAnswer.Ok($$"""{"jobComplete":true,"totalRows":"{{Rows + 1}}","pageToken":"t{{start + count}}","rows":[{{string.Join(',', rows)}}]}""");
    }

    private static void AssertWhole(List<RowPage> pages, int firstPage)
    {
        Assert.Equal(Enumerable.Range(firstPage, pages.Count), pages.Select(page => page.Number));
        Assert.All(pages.SkipLast(1), page => Assert.Equal(PageRows, page.RowCount));
        Assert.Equal(Enumerable.Range(firstPage * PageRows, Rows - (firstPage * PageRows)).Select(Id), pages.SelectMany(page => page.Columns[0]));
        Assert.Equal(Enumerable.Range(firstPage * PageRows, Rows - (firstPage * PageRows)).Select(Cursor), pages.SelectMany(page => page.Cursor));
    }

    private IWarehouse Open(FakeStorage storage, BigQueryOptions? options) =>
        _bigQuery.Type(options ?? new BigQueryOptions { StorageMinimumRows = 1 }, handler: storage).Open(new WarehouseSettings(
            new Dictionary<string, string> { ["project"] = "billing-project", ["data_project"] = "data-project" },
            new Dictionary<string, string> { ["service_account_key"] = FakeBigQuery.KeyFile() }));

    private async Task<List<RowPage>> PagesAsync(FakeStorage storage, int firstPage = 0, BigQueryOptions? options = null)
    {
        await using var warehouse = Open(storage, options);
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(firstPage, Cancellation)) pages.Add(page);
        return pages;
    }

    private WindowQuery Query() =>
        new(Guid.Parse("0190f5a0-0000-7000-8000-000000000001"), new DatasetName("crm", "customers"), ["id"], new CursorColumn("changed"), null, "2030-01-01T00:00:00Z", PageRows) { Observer = _observer };
}
