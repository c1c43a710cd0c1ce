using System.Net;
using System.Text.Json;
using WarehouseImport.Emulators.Faults;

namespace WarehouseImport.Emulators.Tests.Snowflake;

public sealed class StatementTests
{
    [Fact]
    public async Task Partitions_Fetched_CoverTheFrozenResultInOrder()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Switches.PartitionRows = 200;
        var (_, body) = await session.RunAsync("SELECT N FROM NUMBERS ORDER BY N");
        var handle = body.GetProperty("statementHandle").GetString();
        session.Server.Database("DEMO").Schema("S").Table("NUMBERS").Insert(-1, 0);
        var read = body.GetProperty("data").EnumerateArray().Select(r => r[0].GetString()).ToList();

        foreach (var partition in (int[])[1, 2])
        {
            using var response = await session.RawAsync(session.Request(HttpMethod.Get, $"/api/v2/statements/{handle}?partition={partition}"));
            Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
            await using var gzip = new System.IO.Compression.GZipStream(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), System.IO.Compression.CompressionMode.Decompress);
            using var rows = await JsonDocument.ParseAsync(gzip, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(["data"], rows.RootElement.EnumerateObject().Select(p => p.Name));
            read.AddRange(rows.RootElement.GetProperty("data").EnumerateArray().Select(r => r[0].GetString()));
        }

        var info = body.GetProperty("resultSetMetaData").GetProperty("partitionInfo").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 450).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)), read);
        Assert.Equal([200, 200, 50], info.Select(p => p.GetProperty("rowCount").GetInt32()));
        Assert.Equal([false, true, true], info.Select(p => p.TryGetProperty("compressedSize", out _)));
        Assert.Equal(422, (await session.SendAsync(session.Request(HttpMethod.Get, $"/api/v2/statements/{handle}?partition=3"))).Status);
    }

    [Fact]
    public async Task Submit_SameRequestIdWithRetry_RunsOnce()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var id = Guid.NewGuid();
        HttpRequestMessage Request(string query, string sql) => session.Request(HttpMethod.Post, $"/api/v2/statements?requestId={id}{query}", new { statement = sql });

        var first = await session.SendAsync(Request("", "SELECT 1"));
        var again = await session.SendAsync(Request("&retry=true", "SELECT 1"));
        var other = await session.SendAsync(Request("&retry=true", "SELECT 2"));
        await session.SendAsync(Request("", "SELECT 1"));

        Assert.Equal(first.Body.GetProperty("statementHandle").GetString(), again.Body.GetProperty("statementHandle").GetString());
        Assert.Equal("2", other.Body.GetProperty("data")[0][0].GetString());
        Assert.Equal([true, false, true, true], session.Server.Journal.Entries.Select(e => e.Executed));
    }

    [Fact]
    public async Task Submit_RunningForPolls_Answers202ThrottlesOnceThenTheResult()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Switches.RunningPolls = 2;
        session.Server.Switches.ThrottlesOnce = true;

        var (status, body) = await session.RunAsync("SELECT 1");
        var handle = body.GetProperty("statementHandle").GetString();
        var polls = new List<int>();
        for (var i = 0; i < 3; i++) polls.Add((await session.SendAsync(session.Request(HttpMethod.Get, $"/api/v2/statements/{handle}"))).Status);

        Assert.Equal(202, status);
        Assert.Equal([202, 429, 200], polls);
    }

    [Fact]
    public async Task Submit_LongerThanTheSyncLimit_Is202UntilItsTimeHasPassed()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Switches.StatementDuration = TimeSpan.FromSeconds(46);

        var (status, body) = await session.RunAsync("SELECT 1");
        var path = $"/api/v2/statements/{body.GetProperty("statementHandle").GetString()}";
        var early = await session.SendAsync(session.Request(HttpMethod.Get, path));
        session.Server.Clock.Advance(TimeSpan.FromSeconds(46));
        var late = await session.SendAsync(session.Request(HttpMethod.Get, path));

        Assert.Equal((202, 202, 200), (status, early.Status, late.Status));
    }

    [Fact]
    public async Task Cancel_RunningFinishedAndUnknown_AnswersEachAsTheServiceDoes()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Switches.NeverFinishes = "NUMBERS";
        var running = (await session.RunAsync("SELECT N FROM NUMBERS")).Body.GetProperty("statementHandle").GetString();
        var finished = (await session.RunAsync("SELECT 1")).Body.GetProperty("statementHandle").GetString();
        async Task<(int, string?)> CancelAsync(string? handle)
        {
            var (status, body) = await session.SendAsync(session.Request(HttpMethod.Post, $"/api/v2/statements/{handle}/cancel"));
            return (status, body.GetProperty("sqlState").GetString());
        }

        Assert.Equal((200, "57014"), await CancelAsync(running));
        Assert.Equal((200, "00000"), await CancelAsync(finished));
        Assert.Equal((422, "02000"), await CancelAsync("nothing"));
        Assert.Equal("000604", (await session.SendAsync(session.Request(HttpMethod.Get, $"/api/v2/statements/{running}"))).Body.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Get_AfterADay_KnowsTheHandleNoMore()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var (_, body) = await session.RunAsync("SELECT 1");

        session.Time.Advance(TimeSpan.FromHours(25));
        var (status, gone) = await session.SendAsync(session.Request(HttpMethod.Get, $"/api/v2/statements/{body.GetProperty("statementHandle").GetString()}"));

        Assert.Equal((422, "000709"), (status, gone.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Submit_PastItsTimeout_Is408()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Switches.StatementDuration = TimeSpan.FromSeconds(30);

        var (status, _) = await session.SendAsync(session.Request(HttpMethod.Post, "/api/v2/statements", new { statement = "SELECT 1", timeout = 10 }));

        Assert.Equal(408, status);
    }

    [Fact]
    public async Task Fault_AfterWork_LosesTheAnswerOfAStatementThatRan()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Faults.Arm(new FaultMatch { Method = "POST" }, new FaultAction.Respond(503, "<html>") { AfterWork = true });

        var (first, second) = (await session.RawAsync(session.Submit("SELECT 1")), await session.RunAsync("SELECT 1"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
        Assert.Equal(200, second.Status);
        Assert.True(session.Server.Journal.Entries[0].Executed);
    }

    [Fact]
    public async Task Fault_BodyCut_EndsInAnErrorOnceOnly()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Faults.Arm(FaultMatch.Any, new FaultAction.CutBody());
        session.Server.Faults.Arm(new FaultMatch { Skip = 1 }, new FaultAction.Reset());

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => session.RunAsync("SELECT 1"));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => session.RunAsync("SELECT 1"));
        Assert.Equal(200, (await session.RunAsync("SELECT 1")).Status);
    }

    [Fact]
    public async Task Rows_LateCommitAndTimeTravel_FollowCommitTime()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var table = session.Server.Database("DEMO").Schema("S").Table("NUMBERS");
        var late = table.Stage([1000, 0]);
        session.Time.Advance(TimeSpan.FromMinutes(1));
        var before = await session.RowsAsync("SELECT MAX(N) FROM NUMBERS");

        late.Commit();
        var after = await session.RowsAsync("SELECT MAX(N) FROM NUMBERS");
        var past = await session.RowsAsync("SELECT MAX(N) FROM NUMBERS AT(TIMESTAMP => ?::TIMESTAMP_LTZ(9))", new Dictionary<string, object> { ["1"] = new { type = "TEXT", value = "2025-03-01 12:00:30 +00:00" } });

        Assert.Equal(("449", "1000", "449"), (before[0][0], after[0][0], past[0][0]));
    }

    [Fact]
    public async Task OrderBy_Ties_ComeInAnotherOrderEachTime()
    {
        await using var session = await SnowflakeSession.StartAsync();

        var first = await session.RowsAsync("SELECT N FROM NUMBERS ORDER BY G");
        var second = await session.RowsAsync("SELECT N FROM NUMBERS ORDER BY G");

        Assert.NotEqual(first.Select(r => r[0]), second.Select(r => r[0]));
    }

    [Theory]
    [InlineData("G", "0")]
    [InlineData("G DESC", null)]
    [InlineData("G ASC NULLS FIRST", null)]
    [InlineData("G DESC NULLS LAST", "1")]
    public async Task OrderBy_Nulls_AreLastAscending(string order, string? first)
    {
        await using var session = await SnowflakeSession.StartAsync();

        Assert.Equal(first, (await session.RowsAsync($"SELECT G FROM NUMBERS ORDER BY {order} LIMIT 1"))[0][0]);
    }

    [Theory]
    [InlineData("SELECT GREATEST(1, NULL)", null)]
    [InlineData("SELECT COALESCE(NULL, 2)", "2")]
    [InlineData("SELECT COUNT_IF(G IS NULL) FROM NUMBERS", "150")]
    [InlineData("SELECT COUNT(*) OVER () FROM NUMBERS LIMIT 1", "450")]
    [InlineData("SELECT REGEXP_LIKE('abc', 'b')", "false")]
    [InlineData("SELECT REGEXP_LIKE('abc', '.*b.*')", "true")]
    [InlineData("SELECT TO_VARCHAR('2024-01-02 03:04:05.123456789 +02:00'::TIMESTAMP_TZ, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')", "2024-01-02T03:04:05.123456789+02:00")]
    [InlineData("SELECT TRY_CAST('x' AS NUMBER(10,2))", null)]
    [InlineData("SELECT '2024-01-01 00:00:00 +02:00'::TIMESTAMP_TZ(9) = '2023-12-31 22:00:00Z'::TIMESTAMP_LTZ(9)", "true")]
    [InlineData("WITH w AS (SELECT MAX(N) AS m FROM NUMBERS) SELECT w.m - a.N FROM NUMBERS a CROSS JOIN w WHERE a.N = 400", "49")]
    public async Task Select_Functions_AnswerAsTheServiceDoes(string statement, string? expected)
    {
        await using var session = await SnowflakeSession.StartAsync();

        Assert.Equal(expected, (await session.RowsAsync(statement))[0][0]);
        Assert.Empty(session.Server.Journal.UnknownStatements);
    }
}
