using System.Globalization;
using System.Net;
using WarehouseImport.Warehouses.BigQuery;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>Jobs, pages and resumption (R4, R5, H23; bigquery-api section 2) against scripted answers.</summary>
public sealed class BigQueryWindowTests : IDisposable
{
    private const string Location = "europe-west3";
    private const int PageRows = 4;

    private static readonly Guid Request = Guid.Parse("0190f5a0-0000-7000-8000-000000000001");

    private readonly FakeBigQuery _bigQuery = new();
    private readonly RecordingObserver _observer = new();

    public BigQueryWindowTests()
    {
        _bigQuery.On("GET", "/tables/customers", (int _) => FakeAnswer.Ok(
            """
            {"tableReference":{"projectId":"data-project","datasetId":"crm","tableId":"customers"},"type":"TABLE","location":"europe-west3","numRows":"10",
             "schema":{"fields":[{"name":"id","type":"INTEGER","mode":"REQUIRED"},{"name":"changed","type":"TIMESTAMP"}]}}
            """));
        _bigQuery.On("POST", "/jobs", (FakeRequest request) => FakeAnswer.Ok(
            $"{{\"jobReference\":{request.Json.GetProperty("jobReference").GetRawText()},\"status\":{{\"state\":\"PENDING\"}}}}"));
        Results(10);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _bigQuery.Dispose();

    [Fact]
    public async Task OpenWindow_NewRequest_InsertsOneJobUnderItsOwnIdWithLabelsAndLimit()
    {
        var origin = new QueryOrigin(Guid.NewGuid(), Guid.NewGuid());
        await using var warehouse = _bigQuery.Open(new Dictionary<string, string> { ["maximum_bytes_billed"] = "20971520" });

        await using var window = await warehouse.OpenWindowAsync(Query() with { Origin = origin }, Cancellation);

        var insert = Assert.Single(_bigQuery.Requests, request => request.Method == "POST" && request.Path.EndsWith("/jobs", StringComparison.Ordinal));
        var job = insert.Json;
        Assert.Equal("/bigquery/v2/projects/billing-project/jobs", insert.Path);
        Assert.Equal($"warehouse_import_{Request:N}_0", job.GetProperty("jobReference").GetProperty("jobId").GetString());
        Assert.Equal(Location, job.GetProperty("jobReference").GetProperty("location").GetString());
        var configuration = job.GetProperty("configuration");
        Assert.Equal("20971520", configuration.GetProperty("query").GetProperty("maximumBytesBilled").GetString());
        Assert.False(configuration.GetProperty("query").GetProperty("useLegacySql").GetBoolean());
        Assert.Equal("NAMED", configuration.GetProperty("query").GetProperty("parameterMode").GetString());
        Assert.Equal(origin.SyncId.ToString(), configuration.GetProperty("labels").GetProperty("sync").GetString());
        Assert.Equal(origin.RunId.ToString(), configuration.GetProperty("labels").GetProperty("run").GetString());
        Assert.All(
            configuration.GetProperty("labels").EnumerateObject(),
            label => Assert.Matches("^[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}$", $"{label.Name}={label.Value.GetString()}"));
        Assert.Equal([$"billing-project:{Location}.warehouse_import_{Request:N}_0"], _observer.Statements);
        Assert.Equal(PagingLevel.StoredResult, window.Level);
        Assert.False(window.IsStoredResult);
        Assert.Equal(new CursorStatistics(12, 1, 1, "2024-01-01T00:00:09Z"), window.Statistics);
    }

    /// <summary>Section 3: it is per request; forgotten once, a column changes its format in the middle.</summary>
    [Fact]
    public async Task ReadPages_EveryRequestOfResults_AsksForWholeMicrosecondsAndNamesTheLocation()
    {
        await using var warehouse = _bigQuery.Open();

        var pages = await PagesAsync(warehouse, Query());

        Assert.Equal([4, 4, 2], pages.Select(page => page.RowCount));
        Assert.Equal(Enumerable.Range(0, 10).Select(Id), pages.SelectMany(page => page.Columns[0]));
        Assert.Equal(Enumerable.Range(0, 10).Select(Cursor), pages.SelectMany(page => page.Cursor));
        var results = _bigQuery.Requests.Where(request => request.Path.Contains("/queries/", StringComparison.Ordinal)).ToList();
        Assert.True(results.Count > 3);
        Assert.All(results, request => Assert.Equal("true", request.Parameter("formatOptions.useInt64Timestamp")));
        Assert.All(results, request => Assert.Equal(Location, request.Parameter("location")));
        Assert.All(_bigQuery.Calls, request => Assert.Contains("gzip", request.Headers.Split("User-Agent:")[1].Split('\n')[0], StringComparison.Ordinal));
        Assert.All(_bigQuery.Calls, request => Assert.Contains("Bearer token-1", request.Headers, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ReadPages_AnswersShorterThanAsked_AreJoinedToTheSamePages(int answerRows)
    {
        Results(10, answerRows);
        await using var warehouse = _bigQuery.Open();

        var pages = await PagesAsync(warehouse, Query());

        Assert.Equal([4, 4, 2], pages.Select(page => page.RowCount));
        Assert.Equal(Enumerable.Range(0, 10).Select(Id), pages.SelectMany(page => page.Columns[0]));
    }

    [Fact]
    public async Task ReadPages_FromALaterPage_StartsAtItsRow()
    {
        await using var warehouse = _bigQuery.Open();
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(2, Cancellation)) pages.Add(page);

        Assert.Equal(2, Assert.Single(pages).Number);
        Assert.Equal([Id(8), Id(9)], pages[0].Columns[0]);
        Assert.Equal("9", _bigQuery.Requests.Last().Parameter("startIndex"));
    }

    [Fact]
    public async Task OpenWindow_StoredStatement_IsReadAgainWithoutAnotherJob()
    {
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query() with { IsRepeated = true, Statement = $"billing-project:{Location}.warehouse_import_{Request:N}_0" }, Cancellation);

        Assert.True(window.IsStoredResult);
        Assert.DoesNotContain(_bigQuery.Requests, request => request.Path.EndsWith("/jobs", StringComparison.Ordinal));
        Assert.Empty(_observer.Statements);
    }

    /// <summary>FP03: the process died before the name was stored. The same request id leads to the same job.</summary>
    [Fact]
    public async Task OpenWindow_DuplicateJob_IsOursAndStored()
    {
        _bigQuery.On("POST", "/jobs", (int _) => FakeAnswer.Error(HttpStatusCode.Conflict, "duplicate"));
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query() with { IsRepeated = true }, Cancellation);

        Assert.True(window.IsStoredResult);
        Assert.Equal([$"billing-project:{Location}.warehouse_import_{Request:N}_0"], _observer.Statements);
    }

    /// <summary>H23: the answer to the insert was lost, the repetition says duplicate: one job, read as a new one.</summary>
    [Fact]
    public async Task OpenWindow_AnswerToInsertLost_RepeatsTheSameIdAndReadsTheJob()
    {
        _bigQuery.On("POST", "/jobs", (int n) => n == 0 ? FakeAnswer.Error(HttpStatusCode.ServiceUnavailable, "backendError") : FakeAnswer.Error(HttpStatusCode.Conflict, "duplicate"));
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        var ids = _bigQuery.Requests.Where(request => request.Path.EndsWith("/jobs", StringComparison.Ordinal)).Select(request => request.Json.GetProperty("jobReference").GetProperty("jobId").GetString());
        Assert.Equal([$"warehouse_import_{Request:N}_0", $"warehouse_import_{Request:N}_0"], ids);
        Assert.False(window.IsStoredResult);
        Assert.Equal([WarehouseRetryReasons.Unavailable], _observer.Retries.Select(retry => retry.Reason));
    }

    [Theory]
    [InlineData("jobBackendError")]
    [InlineData("jobInternalError")]
    [InlineData("jobRateLimitExceeded")]
    public async Task OpenWindow_JobFailsInsideBigQuery_IsFollowedByTheNextId(string reason)
    {
        _bigQuery.On("GET", "_0", (int _) => FakeAnswer.Error(HttpStatusCode.BadRequest, reason));
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        Assert.Equal([$"billing-project:{Location}.warehouse_import_{Request:N}_0", $"billing-project:{Location}.warehouse_import_{Request:N}_1"], _observer.Statements);
        Assert.Single(_observer.Retries);
    }

    [Fact]
    public async Task OpenWindow_EveryJobFailsInsideBigQuery_GivesUpAfterABoundedNumber()
    {
        _bigQuery.On("GET", "", (FakeRequest request) => request.Path.Contains("/queries/", StringComparison.Ordinal) ? FakeAnswer.Error(HttpStatusCode.BadRequest, "jobBackendError") : null);
        await using var warehouse = _bigQuery.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.OpenWindowAsync(Query(), Cancellation));

        Assert.Equal(WarehouseErrors.Busy, failure.Code);
        Assert.True(failure.IsTransient);
        Assert.Equal(BigQueryJob.MaxJobs, _observer.Statements.Distinct().Count());
    }

    [Fact]
    public async Task OpenWindow_InvalidQuery_IsNotRunAgain()
    {
        _bigQuery.On("GET", "_0", (int _) => FakeAnswer.Error(HttpStatusCode.BadRequest, "invalidQuery", "Syntax error"));
        await using var warehouse = _bigQuery.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.OpenWindowAsync(Query(), Cancellation));

        Assert.Equal(WarehouseErrors.QueryFailed, failure.Code);
        Assert.Single(_observer.Statements);
    }

    /// <summary>H22: the stored result is gone; the same window is asked again as another job, and page numbers are not promised to match.</summary>
    [Theory]
    [InlineData(404, "notFound", "Not found: Job billing-project:europe-west3.x")]
    [InlineData(404, "notFound", "Not found: Table billing-project:_script.anon1")]
    [InlineData(400, "invalid", "m")]
    [InlineData(400, "stopped", "Job execution was cancelled")]
    public async Task OpenWindow_StoredResultGone_RunsTheWindowAgainAsANewResult(int status, string reason, string message)
    {
        _bigQuery.On("GET", "_0", (int _) => FakeAnswer.Error((HttpStatusCode)status, reason, message));
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query() with { IsRepeated = true, Statement = $"billing-project:{Location}.warehouse_import_{Request:N}_0" }, Cancellation);

        Assert.False(window.IsStoredResult);
        Assert.Equal([$"billing-project:{Location}.warehouse_import_{Request:N}_1"], _observer.Statements);
        Assert.Contains(_observer.Retries, retry => retry.Reason == WarehouseRetryReasons.ResultExpired);
    }

    [Theory]
    [InlineData("billing-project:europe-west3.someone_elses_job")]
    [InlineData("other-project:europe-west3.warehouse_import_0190f5a0000070008000000000000001_0")]
    [InlineData("nonsense")]
    public async Task OpenWindow_StatementThatIsNotOurs_IsNotRead(string statement)
    {
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query() with { IsRepeated = true, Statement = statement }, Cancellation);

        Assert.DoesNotContain(_bigQuery.Requests, request => request.Path.Contains("someone", StringComparison.Ordinal) || request.Path.Contains("other-project", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenWindow_StoredResultOfOtherColumns_IsNotUsed()
    {
        _bigQuery.On("GET", "_0", (int _) => FakeAnswer.Ok(
            """{"jobComplete":true,"totalRows":"1","schema":{"fields":[{"name":"wi_statistics","type":"STRING"},{"name":"wi_cursor","type":"TIMESTAMP"},{"name":"c0","type":"STRING"}]},"rows":[{"f":[{"v":"0 0 0"},{"v":null},{"v":null}]}]}"""));
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query() with { IsRepeated = true, Statement = $"billing-project:{Location}.warehouse_import_{Request:N}_0" }, Cancellation);

        Assert.False(window.IsStoredResult);
        Assert.Equal([$"billing-project:{Location}.warehouse_import_{Request:N}_1"], _observer.Statements);
    }

    [Fact]
    public async Task OpenWindow_JobStillRunning_IsAskedUntilItIsComplete()
    {
        _bigQuery.On("GET", "_0", (int n) => n < 3 ? FakeAnswer.Ok("""{"jobComplete":false}""") : null);
        await using var warehouse = _bigQuery.Open();

        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        Assert.Equal(12, window.Statistics.TotalRows);
        Assert.Single(_observer.Statements);
    }

    [Fact]
    public async Task OpenWindow_CancelledWhileTheJobRuns_CancelsTheJob()
    {
        using var cancelling = new CancellationTokenSource();
        _bigQuery.On("GET", "_0", (int _) => FakeAnswer.Ok("""{"jobComplete":false}""") with { Before = _ => cancelling.CancelAsync() });
        _bigQuery.On("POST", "/cancel", (int _) => FakeAnswer.Ok("{}"));
        await using var warehouse = _bigQuery.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => warehouse.OpenWindowAsync(Query(), cancelling.Token));

        var cancel = Assert.Single(_bigQuery.Requests, request => request.Path.EndsWith("/cancel", StringComparison.Ordinal));
        Assert.Equal($"/bigquery/v2/projects/billing-project/jobs/warehouse_import_{Request:N}_0/cancel", cancel.Path);
        Assert.Equal(Location, cancel.Parameter("location"));
    }

    [Fact]
    public async Task ReadPages_TokenRefusedInTheMiddle_IsRefreshedOnceAndOnlyThatRequestRepeated()
    {
        var refused = 0;
        _bigQuery.On("GET", "_0", (FakeRequest request) => request.Parameter("startIndex") != "0" && refused++ == 0 ? FakeAnswer.Error(HttpStatusCode.Unauthorized, "authError") : null);
        await using var warehouse = _bigQuery.Open();

        var pages = await PagesAsync(warehouse, Query());

        Assert.Equal(10, pages.Sum(page => page.RowCount));
        Assert.Equal([WarehouseRetryReasons.TokenExpired], _observer.Retries.Select(retry => retry.Reason));
        Assert.Equal(2, _bigQuery.Requests.Count(request => request.Path == "/token"));
        Assert.Contains("token-2", _bigQuery.Requests.Last().Headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadPages_DamagedAnswer_IsRepeatedAndAddsNoRowTwice()
    {
        _bigQuery.On("GET", "_0", (int n) => n is 1 or 3 ? FakeAnswer.Ok("""{"jobComplete":true,"totalRows":"11","rows":[{"f":[{"v":null},{"v":"1704067200000000"},{"v":"0"}]},{"f":[{"v":nu""") : null);
        await using var warehouse = _bigQuery.Open();

        var pages = await PagesAsync(warehouse, Query());

        Assert.Equal(Enumerable.Range(0, 10).Select(Id), pages.SelectMany(page => page.Columns[0]));
        Assert.All(_observer.Retries, retry => Assert.Equal(WarehouseRetryReasons.AnswerDamaged, retry.Reason));
    }

    /// <summary>Section 5 of the emulation: wrong totals are noticed.</summary>
    [Theory]
    [InlineData("12")]
    [InlineData("10")]
    public async Task ReadPages_TotalThatChanges_IsAnError(string total)
    {
        _bigQuery.On("GET", "_0", (FakeRequest request) => request.Parameter("startIndex") == "0" ? null : FakeAnswer.Ok($$"""{"jobComplete":true,"totalRows":"{{total}}","rows":[{"f":[{"v":null},{"v":"1704067200000000"},{"v":"0"}]}]}"""));
        await using var warehouse = _bigQuery.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => PagesAsync(warehouse, Query()));

        Assert.Equal(WarehouseErrors.AnswerDamaged, failure.Code);
    }

    [Fact]
    public async Task ReadPages_AnswerWithoutRows_IsAnErrorAndNoEndlessLoop()
    {
        _bigQuery.On("GET", "_0", (FakeRequest request) => request.Parameter("startIndex") == "0" ? null : FakeAnswer.Ok("""{"jobComplete":true,"totalRows":"11"}"""));
        await using var warehouse = _bigQuery.Open();

        await Assert.ThrowsAsync<WarehouseException>(() => PagesAsync(warehouse, Query()));
    }

    [Fact]
    public async Task ReadPages_EmptyWindow_GivesNoPage()
    {
        Results(0);
        await using var warehouse = _bigQuery.Open();

        Assert.Empty(await PagesAsync(warehouse, Query()));
    }

    [Fact]
    public async Task ReadPages_LeftInTheMiddle_StopsAskingAhead()
    {
        await using var warehouse = _bigQuery.Open();
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);

        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) break;

        Assert.True(_bigQuery.Requests.Count(request => request.Path.Contains("/queries/", StringComparison.Ordinal)) <= 3);
    }

    [Fact]
    public async Task Estimate_DryRun_TellsBytesAndRunsNothing()
    {
        _bigQuery.On("POST", "/jobs", (FakeRequest request) => request.Json.GetProperty("configuration").GetProperty("dryRun").GetBoolean()
            ? FakeAnswer.Ok("""{"status":{"state":"DONE"},"statistics":{"totalBytesProcessed":"123456789","query":{"totalBytesProcessed":"123456789"}}}""")
            : null);
        await using var warehouse = _bigQuery.Open(new Dictionary<string, string> { ["maximum_bytes_billed"] = "20971520" });

        var estimate = await warehouse.EstimateAsync(Query(), Cancellation);

        Assert.Equal(new ReadEstimate(123456789, 20971520), estimate);
        Assert.DoesNotContain("jobId", _bigQuery.Requests.Last().Body, StringComparison.Ordinal);
        Assert.DoesNotContain("maximumBytesBilled", _bigQuery.Requests.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public void IdOf_RequestId_IsALegalJobIdAndTheSameInEveryProcess()
    {
        Assert.Equal("warehouse_import_0190f5a0000070008000000000000001_3", BigQueryJob.IdOf(Request, 3));
        Assert.Matches("^[A-Za-z0-9_-]{1,1024}$", BigQueryJob.IdOf(Request, 3));
    }

    [Theory]
    [InlineData("p:EU.j", "p", "EU", "j")]
    [InlineData("domain.com:p-1:us-central1.j_1", "domain.com:p-1", "us-central1", "j_1")]
    public void JobReference_Text_IsReadBack(string text, string project, string location, string job)
    {
        Assert.True(JobReference.TryParse(text, out var reference));

        Assert.Equal(new JobReference(project, job, location), reference);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("p")]
    [InlineData("p.j")]
    [InlineData("p:EU.")]
    public void JobReference_OtherText_IsNone(string? text) => Assert.False(JobReference.TryParse(text, out _));

    private static string Id(int row) => row.ToString(CultureInfo.InvariantCulture);

    private static string Cursor(int row) => $"2024-01-01T00:00:0{row}Z";

    private static async Task<List<RowPage>> PagesAsync(IWarehouse warehouse, WindowQuery query)
    {
        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) pages.Add(page);
        return pages;
    }

    private WindowQuery Query() => new(Request, new DatasetName("crm", "customers"), ["id"], new CursorColumn("changed"), null, "2024-01-01T00:00:09Z", PageRows) { Observer = _observer };

    /// <summary>A stored result: the counts, then rows; page tokens are opaque.</summary>
    private void Results(int rows, int answerRows = int.MaxValue) => _bigQuery.On("GET", "", (FakeRequest request) =>
    {
        if (!request.Path.Contains("/queries/", StringComparison.Ordinal)) return null;
        var start = request.Parameter("pageToken") is { } token ? int.Parse(token[1..], CultureInfo.InvariantCulture) : int.Parse(request.Parameter("startIndex")!, CultureInfo.InvariantCulture);
        var count = Math.Min(Math.Min(int.Parse(request.Parameter("maxResults")!, CultureInfo.InvariantCulture), answerRows), rows + 1 - start);
        var cells = Enumerable.Range(start, count).Select(row => row == 0
            ? """{"f":[{"v":"12 1 1"},{"v":"1704067209000000"},{"v":null}]}"""
            : $$"""{"f":[{"v":null},{"v":"{{1704067200000000 + ((row - 1) * 1000000)}}"},{"v":"{{row - 1}}"}]}""");
        return FakeAnswer.Ok(
            $$"""
            {"jobComplete":true,"totalRows":"{{rows + 1}}"{{(start + count <= rows ? $",\"pageToken\":\"t{start + count}\"" : "")}},
             "schema":{"fields":[{"name":"wi_statistics","type":"STRING"},{"name":"wi_cursor","type":"TIMESTAMP"},{"name":"c0","type":"INTEGER"}]},"rows":[{{string.Join(',', cells)}}]}
            """);
    });
}

internal sealed class RecordingObserver : IWindowObserver
{
    public List<string> Statements { get; } = [];

    public List<WarehouseRetry> Retries { get; } = [];

    public List<WarehouseNotice> Notices { get; } = [];

    public Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken)
    {
        Statements.Add(statement);
        return Task.CompletedTask;
    }

    public void Retrying(WarehouseRetry retry)
    {
        lock (Retries) Retries.Add(retry);
    }

    public void Notice(WarehouseNotice notice)
    {
        lock (Notices) Notices.Add(notice);
    }
}
