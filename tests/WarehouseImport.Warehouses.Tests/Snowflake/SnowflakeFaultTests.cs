using System.Collections.Concurrent;
using System.Globalization;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Journal;
using WarehouseImport.Emulators.Snowflake;
using WarehouseImport.Warehouses.Tests.Http;

namespace WarehouseImport.Warehouses.Tests.Snowflake;

/// <summary>Faults of warehouse-emulation section 5, resume (R5), cancel, and refusals with the grant that mends them.</summary>
public sealed class SnowflakeFaultTests : IAsyncLifetime
{
    private const int Rows = 38;
    private const int PageRows = 4;
    private const string Window = "WI_KIND";

    private readonly RunningClock _clock = new();
    private readonly Observer _observer = new();
    private SnowflakeSeeder _seeder = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SnowflakeEmulator Emulator => _seeder.Emulator;

    public async ValueTask InitializeAsync()
    {
        _seeder = await SnowflakeSeeder.StartAsync(_clock);
        await _seeder.CreateTableAsync("t", ("id", SeedType.BigInteger), ("changed", SeedType.Timestamp));
        await _seeder.InsertAsync("t", Enumerable.Range(0, Rows).Select(id => new[]
        {
            id.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"2024-01-01T00:00:00.0000000{id:00}"),
        }));
    }

    public ValueTask DisposeAsync() => _seeder.DisposeAsync();

    public static TheoryData<string> Faults =>
    [
        "503", "503 lost", "502 html", "500 empty", "429", "429 told", "401", "reset", "reset lost", "cut", "cut clean", "wrong rows", "wrong total",
    ];

    /// <summary>A fault at each request once: the same rows in the same order, and the statement executed once.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Window_FaultAtEachRequestOnce_GivesTheSameRowsAndRunsTheStatementOnce(string fault)
    {
        var expected = await ReadAsync(Query());
        Assert.Equal(Rows, expected.Count);
        var requests = Emulator.Journal.Entries.Count;
        Assert.True(requests >= 6, $"Only {requests} requests were made.");

        for (var request = 0; request < requests; request++)
        {
            Emulator.Journal.Clear();
            Emulator.Faults.Clear();
            var armed = Emulator.Faults.Arm(new FaultMatch { Skip = request }, Action(fault));

            var rows = await ReadAsync(Query());

            Assert.Equal(expected, rows);
            Assert.True(armed.Hits == 1, $"Request {request} was not made.");
            Assert.Equal(1, Executions());
        }

        Assert.NotEmpty(_observer.Retries);
        Assert.All(_observer.Retries, retry => Assert.Equal(Reason(fault), retry.Reason));
    }

    /// <summary>Section 2: the first attempt carries no retry flag; a lost answer is asked for under the same request id with it (H23, M16).</summary>
    [Fact]
    public async Task Submit_AnswerLost_IsRepeatedUnderTheSameIdWithRetry()
    {
        Emulator.Faults.Arm(new FaultMatch { StatementContains = Window }, new FaultAction.Respond(503) { AfterWork = true });
        var query = Query();

        await ReadAsync(query);

        var posts = Submissions();
        Assert.Equal(2, posts.Count);
        Assert.All(posts, post => Assert.Equal(query.RequestId.ToString(), post.Query["requestId"]));
        Assert.Equal([false, true], posts.Select(post => post.Query.ContainsKey("retry")));
        Assert.Equal(1, Executions());
    }

    [Fact]
    public async Task Submit_RequestThatMayHaveBeenSentByAnEarlierProcess_IsSentWithRetry()
    {
        var query = Query();
        await ReadAsync(query);

        await ReadAsync(query with { IsRepeated = true });

        Assert.Equal([false, true], Submissions().Select(post => post.Query.ContainsKey("retry")));
        Assert.Equal(1, Executions());
    }

    [Fact]
    public async Task Submit_EveryStatement_PinsTheSessionAndNamesSyncAndRun()
    {
        var origin = new QueryOrigin(Guid.NewGuid(), Guid.NewGuid());
        await ReadAsync(Query() with { Origin = origin });

        Assert.All(Emulator.Journal.Entries.Where(entry => entry.Statement is not null), entry =>
        {
            Assert.Contains("\"timezone\":\"UTC\"", entry.Body, StringComparison.Ordinal);
            Assert.Contains($"\"query_tag\":\"warehouse-import:{origin.SyncId}:{origin.RunId}\"", entry.Body, StringComparison.Ordinal);
            Assert.Contains("\"role\":\"WAREHOUSE_IMPORT_ROLE\"", entry.Body, StringComparison.Ordinal);
            Assert.Contains("\"warehouse\":\"WAREHOUSE_IMPORT_WH\"", entry.Body, StringComparison.Ordinal);
        });
    }

    /// <summary>R5: a new process finds the same rows under the same page numbers and fetches only what it needs; later changes of the table are invisible (H20).</summary>
    [Fact]
    public async Task Resume_ByHandleFromEveryPage_ReadsTheRestOfTheSameResult()
    {
        var query = Query();
        var pages = await PagesAsync(query, 0);
        _seeder.Table("t").DeleteAll();
        var resumed = query with { Statement = _observer.Statement };

        for (var first = 0; first <= pages.Count; first++)
        {
            Emulator.Journal.Clear();

            var rest = await PagesAsync(resumed, first);

            Assert.Equal(pages.Skip(first).Select(page => page.Number), rest.Select(page => page.Number));
            Assert.Equal(Ids(pages.Skip(first)), Ids(rest));
            Assert.Equal(0, Executions());
            var needed = first < pages.Count ? PartitionOf(pages, first) : int.MaxValue;
            Assert.DoesNotContain(
                Emulator.Journal.Entries, entry => entry.Query.TryGetValue("partition", out var text) && int.Parse(text, CultureInfo.InvariantCulture) < needed);
        }
    }

    [Fact]
    public async Task Resume_ByHandle_SaysThatItIsTheSameResult()
    {
        var query = Query();
        await using var warehouse = _seeder.Open();
        await using var first = await warehouse.OpenWindowAsync(query, Cancellation);
        await using var second = await warehouse.OpenWindowAsync(query with { Statement = _observer.Statement }, Cancellation);

        Assert.False(first.IsStoredResult);
        Assert.True(second.IsStoredResult);
        Assert.Equal(first.Statistics, second.Statistics);
        Assert.Equal(first.Columns, second.Columns);
        Assert.Equal(PagingLevel.StoredResult, second.Level);
    }

    /// <summary>H22: after 24 hours the same window is asked anew, and it says so.</summary>
    [Fact]
    public async Task Resume_ResultExpired_AsksTheWindowAnew()
    {
        var query = Query();
        await ReadAsync(query);
        var handle = _observer.Statement;
        _clock.Advance(TimeSpan.FromHours(25));

        await using var warehouse = _seeder.Open();
        await using var window = await warehouse.OpenWindowAsync(query with { Statement = handle }, Cancellation);

        Assert.False(window.IsStoredResult);
        Assert.NotEqual(handle, _observer.Statement);
        Assert.Contains(_observer.Retries, retry => retry.Reason == WarehouseRetryReasons.ResultExpired);
        Assert.Equal(2, Executions());
    }

    [Fact]
    public async Task Window_HandleIsTold_BeforeAnythingIsRead()
    {
        Emulator.Switches.RunningPolls = 3;
        string? told = null;
        _observer.Accepted = handle =>
        {
            told = handle;
            Assert.DoesNotContain(Emulator.Journal.Entries, entry => entry.Method == "GET" && entry.Handle == handle);
        };

        await ReadAsync(Query());

        Assert.NotNull(told);
    }

    [Theory]
    [InlineData(true, false, null)]
    [InlineData(false, false, null)]
    [InlineData(false, true, null)]
    [InlineData(false, true, "2")]
    public async Task Window_StillRunning_IsPolledUntilItHasAResult(bool alwaysAsync, bool throttles, string? retryAfter)
    {
        Emulator.Switches.AlwaysAsync = alwaysAsync;
        Emulator.Switches.RunningPolls = 4;
        Emulator.Switches.ThrottlesOnce = throttles;
        Emulator.Switches.RetryAfter = retryAfter;

        Assert.Equal(Rows, (await ReadAsync(Query())).Count);
        Assert.Equal(1, Executions());
        if (retryAfter is not null) Assert.Contains(TimeSpan.FromSeconds(2), _clock.Waits);
    }

    /// <summary>Section 2: on abort the statement is cancelled, else the warehouse goes on billing.</summary>
    [Fact]
    public async Task Window_AbandonedWhileItRuns_IsCancelled()
    {
        Emulator.Switches.NeverFinishes = Window;
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        _observer.Accepted = _ => abandoned.Cancel();
        await using var warehouse = _seeder.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => warehouse.OpenWindowAsync(Query(), abandoned.Token));

        Assert.Contains(Emulator.Journal.Entries, entry => entry.Path.EndsWith($"/{_observer.Statement}/cancel", StringComparison.Ordinal) && entry.Status == 200);
        Assert.Equal(0, await _seeder.CountOpenConnectionsAsync());
    }

    [Fact]
    public async Task Window_RunsLongerThanAllowed_IsCancelledAndTimesOut()
    {
        Emulator.Switches.NeverFinishes = Window;
        await using var warehouse = _seeder.Open(("statement_timeout", "60"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.OpenWindowAsync(Query(), Cancellation));

        Assert.Equal(WarehouseErrors.TimedOut, failure.Code);
        Assert.Contains("statement_timeout", failure.Fix, StringComparison.Ordinal);
        Assert.Contains(Emulator.Journal.Entries, entry => entry.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Window_StatementFailsAtRunTime_SaysCodeAndHandleAndNothingOfTheServersText()
    {
        Emulator.Faults.Arm(new FaultMatch { StatementContains = Window }, new FaultAction.FailStatement("100038", "Numeric value 'canary' is not recognized", "22018"));
        await using var warehouse = _seeder.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.OpenWindowAsync(Query(), Cancellation));

        Assert.Equal(WarehouseErrors.QueryFailed, failure.Code);
        Assert.Contains("100038", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_KeyRevokedInTheMiddle_StopsAfterOneNewToken()
    {
        Emulator.Faults.Arm(new FaultMatch { Partition = 2 }, new FaultAction.Run(Emulator.Authentication.DefaultUser.RevokeAllKeys));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => ReadAsync(Query()));

        Assert.Equal(WarehouseErrors.SignInRefused, failure.Code);
        Assert.Matches("[0-9a-f]{8}-[0-9a-f]{4}-", failure.Message);
        Assert.Contains("SYSTEM$GET_LOGIN_FAILURE_DETAILS('", failure.Fix, StringComparison.Ordinal);
        Assert.InRange(Emulator.Journal.Entries.Count(entry => entry.Query.TryGetValue("partition", out var partition) && partition == "2"), 1, 2);
    }

    [Theory]
    [InlineData("oauth", "oauth_token")]
    [InlineData("programmatic_access_token", "programmatic_access_token")]
    public async Task Window_GivenToken_IsUsedAndWhenExpiredNamed(string auth, string secret)
    {
        Emulator.Authentication.AddOAuthToken("token-1", Emulator.Options.UserName, TimeSpan.FromHours(1));
        Emulator.Authentication.AddAccessToken("token-1", Emulator.Options.UserName, TimeSpan.FromHours(1));
        await using var warehouse = _seeder.Open(("auth", auth), (secret, "token-1"));
        await using (var window = await warehouse.OpenWindowAsync(Query(), Cancellation)) Assert.Equal(Rows, window.Statistics.TotalRows);
        _clock.Advance(TimeSpan.FromHours(2));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.GetCurrentTimeAsync(Cancellation));

        Assert.Equal(WarehouseErrors.SignInRefused, failure.Code);
        Assert.DoesNotContain("token-1", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_TypesInUpperCaseAndNoPartitionInfo_AreUnderstood()
    {
        Emulator.Switches.UpperCaseTypes = true;
        Emulator.Switches.EmptyPartitionInfo = true;
        await using var warehouse = _seeder.Open();

        Assert.Equal([ColumnKind.Integer, ColumnKind.Timestamp], (await warehouse.GetColumnsAsync(_seeder.Name("t"), Cancellation)).Select(column => column.Kind));
        Assert.Equal(Rows, (await ReadAsync(Query())).Count);
    }

    [Fact]
    public async Task Check_WarehouseNotUsable_NamesTheGrant()
    {
        await using var warehouse = _seeder.Open(("warehouse", "elsewhere_wh"));

        var check = await warehouse.CheckAsync(Cancellation);

        var item = Assert.Single(check.Items, item => !item.IsOk);
        Assert.Equal("warehouse", item.Name);
        Assert.Equal("GRANT USAGE ON WAREHOUSE \"ELSEWHERE_WH\" TO ROLE \"WAREHOUSE_IMPORT_ROLE\";", item.Fix);
    }

    [Fact]
    public async Task Check_RoleSeesNothing_SaysSo()
    {
        Emulator.AddRole("BLIND");
        _seeder.Table("t").VisibleTo = new HashSet<string> { Emulator.Options.RoleName };
        await using var warehouse = _seeder.Open(("role", "blind"));

        var check = await warehouse.CheckAsync(Cancellation);
        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.GetColumnsAsync(_seeder.Name("t"), Cancellation));

        Assert.Contains(check.Items, item => item.Name == "list_datasets" && !item.IsOk && item.Fix is not null);
        Assert.Equal(WarehouseErrors.DatasetUnknown, failure.Code);
        Assert.Contains("GRANT SELECT ON TABLE \"SHOP\".\"CRM\".\"t\" TO ROLE \"BLIND\"", failure.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_RoleThatIsNotGranted_FailsAtTheRole()
    {
        await using var warehouse = _seeder.Open(("role", "stranger"));

        var check = await warehouse.CheckAsync(Cancellation);

        var item = Assert.Single(check.Items, item => !item.IsOk);
        Assert.Equal("role", item.Name);
        Assert.Contains("\"STRANGER\"", item.Detail + item.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_NetworkPolicy_IsNamed()
    {
        Emulator.Switches.NetworkPolicyRefuses = true;
        await using var warehouse = _seeder.Open();

        var check = await warehouse.CheckAsync(Cancellation);

        var item = Assert.Single(check.Items, item => !item.IsOk);
        Assert.Equal("sign_in", item.Name);
        Assert.Contains("390422", item.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_RoleThatCouldWrite_IsAdvisedAgainst()
    {
        Emulator.Grants.Add(new SnowflakeGrant(Emulator.Options.RoleName, "INSERT", "TABLE", "SHOP.CRM.t"));
        await using var warehouse = _seeder.Open();

        var check = await warehouse.CheckAsync(Cancellation);

        var item = Assert.Single(check.Items, item => item.Name == "read_only");
        Assert.True(item.IsOk);
        Assert.Contains("INSERT", item.Detail, StringComparison.Ordinal);
        Assert.NotNull(item.Fix);
    }

    [Fact]
    public async Task Check_ClockOfTheServiceFarAway_IsNamed()
    {
        Emulator.Authentication.AddOAuthToken("token-1", Emulator.Options.UserName, TimeSpan.FromDays(1));
        Emulator.Clock.Shift = TimeSpan.FromMinutes(30);
        await using var warehouse = _seeder.Open(("auth", "oauth"), ("oauth_token", "token-1"));

        var check = await warehouse.CheckAsync(Cancellation);

        Assert.Equal("clock", Assert.Single(check.Items, item => !item.IsOk).Name);
    }

    [Fact]
    public async Task Check_HostWithPrivateAddress_IsNamedWithTheOption()
    {
        await using var warehouse = _seeder.Open();
        _seeder.Network.AllowPrivateAddresses = false;

        var check = await warehouse.CheckAsync(Cancellation);

        var item = Assert.Single(check.Items);
        Assert.Equal(("resolve", false), (item.Name, item.IsOk));
        Assert.Empty(Emulator.Journal.Entries);
    }

    private static FaultAction Action(string fault) => fault switch
    {
        "503" => new FaultAction.Respond(503, """{"code":"000603"}"""),
        "503 lost" => new FaultAction.Respond(503) { AfterWork = true },
        "502 html" => new FaultAction.Respond(502, "<html>Bad gateway</html>"),
        "500 empty" => new FaultAction.Respond(500),
        "429" => new FaultAction.Respond(429, """{"code":"390505"}"""),
        "429 told" => new FaultAction.Respond(429, null, "3"),
        "401" => new FaultAction.Respond(401, """{"code":"390144","message":"JWT token is invalid. [5f9b5f43-6f1c-4c52-b3f5-2c2f0f0c1a11]"}"""),
        "reset" => new FaultAction.Reset(),
        "reset lost" => new FaultAction.Reset { AfterWork = true },
        "cut" => new FaultAction.CutBody(),
        "cut clean" => new FaultAction.CutBody(IsClean: true),
        "wrong rows" => new FaultAction.WrongCounts(1),
        _ => new FaultAction.WrongCounts(0, 1),
    };

    private static string Reason(string fault) => fault switch
    {
        "503" or "503 lost" or "502 html" or "500 empty" => WarehouseRetryReasons.Unavailable,
        "429" or "429 told" => WarehouseRetryReasons.Throttled,
        "401" => WarehouseRetryReasons.TokenExpired,
        "reset" or "reset lost" or "cut" => WarehouseRetryReasons.ConnectionBroken,
        _ => WarehouseRetryReasons.AnswerDamaged,
    };

    private WindowQuery Query() => new(Guid.NewGuid(), _seeder.Name("t"), ["id"], new CursorColumn("changed"), null, "2030-01-01T00:00:00", PageRows) { Observer = _observer };

    private async Task<List<string?>> ReadAsync(WindowQuery query) => Ids(await PagesAsync(query, 0));

    private async Task<List<RowPage>> PagesAsync(WindowQuery query, int firstPage)
    {
        await using var warehouse = _seeder.Open();
        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        var pages = new List<RowPage>();
        await foreach (var page in window.ReadPagesAsync(firstPage, Cancellation)) pages.Add(page);
        return pages;
    }

    private static List<string?> Ids(IEnumerable<RowPage> pages) => [.. pages.SelectMany(page => page.Columns[0])];

    // 2 rows beside the statistics in the first partition, then 10 in each: pages of 2, then 4, 4, 2.
    private static int PartitionOf(List<RowPage> pages, int page)
    {
        var before = pages.Take(page).Sum(each => each.RowCount);
        return before < 2 ? 0 : 1 + ((before - 2) / 10);
    }

    private List<JournalEntry> Submissions() =>
        [.. Emulator.Journal.Entries.Where(entry => entry.Method == "POST" && entry.Statement?.Contains(Window, StringComparison.Ordinal) == true)];

    private int Executions() => Emulator.Journal.Entries.Count(entry => entry.Executed && entry.Statement?.Contains(Window, StringComparison.Ordinal) == true);

    private sealed class Observer : IWindowObserver
    {
        public ConcurrentQueue<WarehouseRetry> Retries { get; } = new();

        public string? Statement { get; private set; }

        public Action<string>? Accepted { get; set; }

        public Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken)
        {
            Statement = statement;
            Accepted?.Invoke(statement);
            return Task.CompletedTask;
        }

        public void Retrying(WarehouseRetry retry) => Retries.Enqueue(retry);

        public void Notice(WarehouseNotice notice)
        {
        }
    }
}
