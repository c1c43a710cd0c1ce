using System.Globalization;
using WarehouseImport.Emulators.Faults;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>Resumption and faults against the emulator over real sockets (R5, H22, H23; warehouse-emulation section 5).</summary>
public sealed class BigQueryFaultTests : IAsyncLifetime
{
    private const int Rows = 17;
    private const int PageRows = 5;

    private readonly RecordingObserver _observer = new();
    private BigQuerySeeder _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await BigQuerySeeder.StartAsync();
        await _server.CreateTableAsync("t", ("id", SeedType.BigInteger), ("changed", SeedType.TimestampWithZone));
        await _server.InsertAsync("t", Enumerable.Range(0, Rows).Select(row => new[] { Id(row), Cursor(row) }));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string> Faults => ["429", "429 without Retry-After", "503", "500 html", "503 after work", "reset", "reset after work", "cut", "cut gzip", "401"];

    /// <summary>Every request of a run meets the fault once; the rows are the same, each once, from one job.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Run_FaultAtEveryRequest_GivesTheSameRowsFromOneJob(string fault)
    {
        await ReadAsync(Query());
        var requests = _server.Emulator.Journal.Entries.Count;

        for (var request = 0; request < requests; request++)
        {
            _server.Emulator.Journal.Clear();
            var skip = request;
            // A refused token is an answer of the API; the token endpoint has its own ways.
            var match = fault == "401" ? new FaultMatch { Skip = Math.Max(skip - 1, 0), PathContains = "/bigquery/" } : new FaultMatch { Skip = skip };
            var armed = _server.Emulator.Faults.Arm(match, ActionOf(fault));

            var pages = await ReadAsync(Query());

            Assert.Equal(Enumerable.Range(0, Rows).Select(Id), pages.SelectMany(page => page.Columns[0]));
            Assert.Equal([5, 5, 5, 2], pages.Select(page => page.RowCount));
            Assert.Equal(1, armed.Hits);
            Assert.Single(_server.Emulator.Journal.Entries, entry => entry.Executed && entry.Path.EndsWith("/jobs", StringComparison.Ordinal));
            _server.Emulator.Faults.Clear();
        }
    }

    [Fact]
    public async Task Resume_InANewProcess_ReadsTheSameFrozenPages()
    {
        var query = Query();
        var before = await ReadAsync(query);
        await _server.InsertAsync("t", [["100", "2023-01-01T00:00:00Z"]]);
        await using var warehouse = _server.Open();

        await using var window = await warehouse.OpenWindowAsync(query with { IsRepeated = true, Statement = _observer.Statements.Single() }, Cancellation);
        var after = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(2, Cancellation)) after.Add(page);

        Assert.True(window.IsStoredResult);
        Assert.Equal(new CursorStatistics(Rows, 0, 0, Cursor(Rows - 1)), window.Statistics);
        Assert.Equal(before.Skip(2).SelectMany(page => page.Columns[0]), after.SelectMany(page => page.Columns[0]));
        Assert.Equal([2, 3], after.Select(page => page.Number));
        Assert.Single(_server.Emulator.Journal.Entries, entry => entry.Executed && entry.Path.EndsWith("/jobs", StringComparison.Ordinal));
    }

    /// <summary>FP03: the process ended before anybody stored the name of the job.</summary>
    [Fact]
    public async Task Resume_NameNeverStored_FindsTheJobByTheRequestId()
    {
        var query = Query();
        await ReadAsync(query);
        await using var warehouse = _server.Open();

        await using var window = await warehouse.OpenWindowAsync(query with { IsRepeated = true }, Cancellation);

        Assert.True(window.IsStoredResult);
        Assert.Single(_server.Emulator.Journal.Entries, entry => entry.Executed && entry.Path.EndsWith("/jobs", StringComparison.Ordinal));
    }

    /// <summary>H22.</summary>
    [Fact]
    public async Task Resume_AfterADay_AsksTheWindowAgainAsANewResult()
    {
        var query = Query();
        await ReadAsync(query);
        _server.Emulator.Clock.Advance(TimeSpan.FromHours(25));
        await using var warehouse = _server.Open();

        await using var window = await warehouse.OpenWindowAsync(query with { IsRepeated = true, Statement = _observer.Statements.Single() }, Cancellation);
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) pages.Add(page);

        Assert.False(window.IsStoredResult);
        Assert.Equal(Rows, pages.Sum(page => page.RowCount));
        Assert.Contains(_observer.Retries, retry => retry.Reason == WarehouseRetryReasons.ResultExpired);
    }

    [Fact]
    public async Task ReadPages_TokenExpiresBetweenPages_IsRenewedAndTheRunGoesOn()
    {
        await using var warehouse = _server.Open();
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);
        _server.Emulator.Clock.Advance(TimeSpan.FromHours(2));

        var rows = 0;
        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) rows += page.RowCount;

        Assert.Equal(Rows, rows);
        Assert.Equal(2, _server.Emulator.Authentication.TokensIssued);
        Assert.Empty(_observer.Retries);
    }

    [Fact]
    public async Task ReadPages_KeyRevokedInTheMiddle_StopsWithTheSignIn()
    {
        await using var warehouse = _server.Open();
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);
        _server.Emulator.Authentication.RevokeKey(_server.Emulator.Options.ServiceAccount);
        _server.Emulator.Clock.Advance(TimeSpan.FromHours(2));

        var failure = await Assert.ThrowsAsync<WarehouseException>(async () =>
        {
            await foreach (var page in window.ReadPagesAsync(0, Cancellation)) Assert.InRange(page.RowCount, 1, PageRows);
        });

        Assert.Equal(WarehouseErrors.SignInRefused, failure.Code);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task OpenWindow_SlowJob_IsWaitedFor()
    {
        _server.Emulator.Switches.RunningPolls = 3;

        Assert.Equal(Rows, (await ReadAsync(Query())).Sum(page => page.RowCount));
    }

    [Fact]
    public async Task OpenWindow_CancelledWhileTheJobRuns_StopsTheJob()
    {
        _server.Emulator.Switches.NeverFinishes = "wi_statistics";
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var warehouse = _server.Open();
        var opening = warehouse.OpenWindowAsync(Query(), cancelling.Token);
        await _server.Emulator.Journal.WaitForAsync(entry => entry.Path.Contains("/queries/", StringComparison.Ordinal), Cancellation);

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.Contains(_server.Emulator.Journal.Entries, entry => entry.Path.EndsWith("/cancel", StringComparison.Ordinal) && entry.Status == 200);
        _server.Emulator.Switches.NeverFinishes = null;
    }

    /// <summary>Section 4: an error of BigQuery's own ends the job, and the statement runs again under the next id.</summary>
    [Fact]
    public async Task OpenWindow_JobFailsInsideBigQuery_RunsAgainUnderTheNextId()
    {
        _server.Emulator.Faults.Arm(new FaultMatch { Method = "POST", PathContains = "/jobs" }, new FaultAction.FailStatement("jobBackendError", "Error in the backend."));

        var pages = await ReadAsync(Query());

        Assert.Equal(Rows, pages.Sum(page => page.RowCount));
        Assert.Equal(2, _observer.Statements.Count);
    }

    [Fact]
    public async Task ReadPages_WrongCounts_AreNoticed()
    {
        await using var warehouse = _server.Open();
        await using var window = await warehouse.OpenWindowAsync(Query(), Cancellation);
        _server.Emulator.Faults.Arm(new FaultMatch { PathContains = "/queries/" }, new FaultAction.WrongCounts(Total: 1));

        var failure = await Assert.ThrowsAsync<WarehouseException>(async () =>
        {
            await foreach (var page in window.ReadPagesAsync(0, Cancellation)) Assert.InRange(page.RowCount, 1, PageRows);
        });

        Assert.Equal(WarehouseErrors.AnswerDamaged, failure.Code);
    }

    private static FaultAction ActionOf(string fault) => fault switch
    {
        "429" => new FaultAction.Respond(429, null, "0"),
        "429 without Retry-After" => new FaultAction.Respond(429),
        "503" => new FaultAction.Respond(503),
        "500 html" => new FaultAction.Respond(500, "<html><body>Error</body></html>"),
        "503 after work" => new FaultAction.Respond(503) { AfterWork = true },
        "reset" => new FaultAction.Reset(),
        "reset after work" => new FaultAction.Reset { AfterWork = true },
        "cut" => new FaultAction.CutBody(),
        "cut gzip" => new FaultAction.CutBody(IsClean: true),
        "401" => new FaultAction.Respond(401, """{"error":{"code":401,"errors":[{"reason":"authError"}],"status":"UNAUTHENTICATED"}}"""),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    private static string Id(int row) => row.ToString(CultureInfo.InvariantCulture);

    private static string Cursor(int row) => $"2024-01-01T00:00:{row:00}Z";

    private async Task<List<RowPage>> ReadAsync(WindowQuery query)
    {
        await using var warehouse = _server.Open();
        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(0, Cancellation)) pages.Add(page);
        return pages;
    }

    private WindowQuery Query() =>
        new(Guid.NewGuid(), _server.Name("t"), ["id"], new CursorColumn("changed"), null, "2024-06-01T00:00:00Z", PageRows) { Observer = _observer };
}
