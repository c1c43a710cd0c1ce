using System.Text.Json;
using WarehouseImport.Emulators.BigQuery;

namespace WarehouseImport.Emulators.Tests.BigQuery;

public sealed class JobTests
{
    private static object Job(string query, string? jobId = null, string? location = null, bool dryRun = false, string? maximumBytesBilled = null) => new
    {
        jobReference = new { projectId = "demo-project", jobId = jobId ?? $"j_{Guid.NewGuid():N}", location = location ?? "US" },
        configuration = new { dryRun, query = new { query, useLegacySql = false, maximumBytesBilled = maximumBytesBilled ?? "1000000000" } },
    };

    [Fact]
    public async Task Results_PagedByRowsAndBytes_CoverTheFrozenResult()
    {
        await using var session = await BigQuerySession.StartAsync();
        var numbers = session.Server.Dataset("crm").Table("numbers", t => t.Column("n", BigQueryType.Int64)).InsertMany(Enumerable.Range(0, 100).Select(n => (object?[])[n]));
        session.Server.Switches.PageBytes = 300;
        await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT n FROM crm.numbers ORDER BY n", "paged"));
        numbers.Insert(-1);
        var read = new List<string?>();
        string? token = null;
        var pages = 0;

        do
        {
            var (_, body) = await session.CallAsync(HttpMethod.Get, $"queries/paged?maxResults=40{(token is null ? "" : $"&pageToken={token}")}");
            Assert.Equal("100", body.GetProperty("totalRows").GetString());
            read.AddRange(BigQuerySession.First(body));
            token = body.TryGetProperty("pageToken", out var next) ? next.GetString() : null;
            pages++;
        }
        while (token is not null);

        Assert.Equal(Enumerable.Range(0, 100).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)), read);
        Assert.True(pages > 3);
        Assert.Equal((400, "invalid"), Refusal(await session.CallAsync(HttpMethod.Get, "queries/paged?pageToken=7")));
    }

    [Fact]
    public async Task Insert_SameJobIdAgain_IsDuplicate()
    {
        await using var session = await BigQuerySession.StartAsync();

        var first = await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT 1", "mine"));
        var second = await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT 1", "mine"));

        Assert.Equal(200, first.Status);
        Assert.Equal((409, "duplicate"), Refusal(second));
        Assert.Equal((400, "invalid"), Refusal(await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT 1", "not good"))));
    }

    [Fact]
    public async Task Get_OtherLocationOrNone_IsNotFound()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Dataset("far").Location = "europe-west3";
        session.Server.Dataset("far").Table("t", t => t.Column("x", BigQueryType.Int64));
        await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT x FROM far.t", "far1", "europe-west3"));

        Assert.Equal(404, (await session.CallAsync(HttpMethod.Get, "queries/far1")).Status);
        Assert.Equal(404, (await session.CallAsync(HttpMethod.Get, "queries/far1?location=US")).Status);
        var (status, body) = await session.CallAsync(HttpMethod.Get, "queries/far1?location=europe-west3");
        Assert.Equal(200, status);
        Assert.Equal("0", body.GetProperty("totalRows").GetString());
        Assert.False(body.TryGetProperty("rows", out _));
    }

    [Fact]
    public async Task Results_WhileRunning_HaveNoSchema()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Switches.JobDuration = TimeSpan.FromSeconds(5);
        await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT 1", "slow"));

        var (_, early) = await session.CallAsync(HttpMethod.Get, "queries/slow");
        session.Server.Clock.Advance(TimeSpan.FromSeconds(5));
        var (_, late) = await session.CallAsync(HttpMethod.Get, "queries/slow");

        Assert.False(early.GetProperty("jobComplete").GetBoolean());
        Assert.False(early.TryGetProperty("schema", out _) || early.TryGetProperty("totalRows", out _));
        Assert.True(late.GetProperty("jobComplete").GetBoolean());
    }

    [Fact]
    public async Task Insert_FailingQuery_IsDoneWithAnErrorResult()
    {
        await using var session = await BigQuerySession.StartAsync();

        var (status, job) = await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT nope FROM crm.customers", "bad"));
        var results = await session.CallAsync(HttpMethod.Get, "queries/bad");

        Assert.Equal(200, status);
        Assert.Equal("invalidQuery", job.GetProperty("status").GetProperty("errorResult").GetProperty("reason").GetString());
        Assert.Equal((400, "invalidQuery"), Refusal(results));
    }

    [Fact]
    public async Task Cancel_Running_EndsAsStopped()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Switches.NeverFinishes = "crm";
        await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT id FROM crm.customers", "long"));

        await session.CallAsync(HttpMethod.Post, "jobs/long/cancel?location=US");
        var (_, job) = await session.CallAsync(HttpMethod.Get, "jobs/long?location=US");

        Assert.Equal("stopped", job.GetProperty("status").GetProperty("errorResult").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task DryRun_PartitionFilter_CountsOnlyItsDays()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Dataset("crm").Table("events", t => t.Column("at", BigQueryType.Timestamp).Column("n", BigQueryType.Int64).PartitionBy("at", requireFilter: true))
            .Insert("2024-01-01 10:00:00Z", 1).Insert("2024-01-02 10:00:00Z", 2).Insert("2024-01-03 10:00:00Z", 3);
        async Task<string?> BytesAsync(string where) => (await session.CallAsync(HttpMethod.Post, "jobs", Job($"SELECT n FROM crm.events WHERE {where}", dryRun: true))).Body.GetProperty("statistics").GetProperty("totalBytesProcessed").GetString();

        var all = await BytesAsync("at > TIMESTAMP '2000-01-01'");
        var some = await BytesAsync("at >= TIMESTAMP '2024-01-02 23:00:00+00'");
        var refused = await session.QueryAsync("SELECT n FROM crm.events WHERE n > 1");
        var capped = await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT n FROM crm.events WHERE at > TIMESTAMP '2000-01-01'", "capped", maximumBytesBilled: "10"));

        Assert.Equal(("48", "32"), (all, some));
        Assert.Equal((400, "invalidQuery"), Refusal(refused));
        Assert.Equal("bytesBilledLimitExceeded", capped.Body.GetProperty("status").GetProperty("errorResult").GetProperty("reason").GetString());
        Assert.Equal(404, (await session.CallAsync(HttpMethod.Get, "queries/none")).Status);
    }

    [Fact]
    public async Task Results_AfterADay_AreGone()
    {
        await using var session = await BigQuerySession.StartAsync();
        await session.CallAsync(HttpMethod.Post, "jobs", Job("SELECT 1", "old"));

        session.Time.Advance(TimeSpan.FromHours(25));
        session.Token = (await session.SignInAsync()).Body.GetProperty("access_token").GetString()!;

        Assert.Equal((404, "notFound"), Refusal(await session.CallAsync(HttpMethod.Get, "queries/old")));
    }

    [Theory]
    [InlineData("SELECT id FROM \"crm.customers\"", 400, "invalidQuery")]
    [InlineData("SELECT id::STRING FROM crm.customers", 400, "invalidQuery")]
    [InlineData("SELECT COUNT_IF(id > 1) FROM crm.customers", 400, "invalidQuery")]
    [InlineData("SELECT id FROM crm.Customers", 404, "notFound")]
    [InlineData("SELECT id FROM customers", 400, "invalidQuery")]
    [InlineData("SELECT id FROM crm.customers WHERE updated_at > DATETIME '2024-01-01 00:00:00'", 400, "invalidQuery")]
    [InlineData("SELECT id FROM crm.customers WHERE email > 1", 400, "invalidQuery")]
    [InlineData("SELECT id FROM crm.customers WHERE updated_at > @missing", 400, "invalidQuery")]
    public async Task Query_WhatTheServiceRefuses_IsRefused(string query, int status, string reason)
    {
        await using var session = await BigQuerySession.StartAsync();

        Assert.Equal((status, reason), Refusal(await session.QueryAsync(query)));
    }

    [Theory]
    [InlineData("SELECT id, FROM crm.customers ORDER BY ID LIMIT 1", "1")]
    [InlineData("SELECT updated_at FROM `demo-project.crm`.customers ORDER BY updated_at LIMIT 1", null)]
    [InlineData("SELECT updated_at FROM demo-project.crm.customers ORDER BY updated_at DESC LIMIT 1", "1704326400000000")]
    [InlineData("SELECT COUNTIF(updated_at IS NULL) FROM crm.customers", "1")]
    [InlineData("SELECT GREATEST(TIMESTAMP '2024-01-01', NULL)", null)]
    [InlineData("SELECT REGEXP_CONTAINS('abc', r'b')", "true")]
    [InlineData("SELECT 1 / 2", "0.5")]
    [InlineData("SELECT SAFE_CAST('x' AS INT64)", null)]
    [InlineData("SELECT CAST(TIMESTAMP '2024-01-02 03:04:05.5+02:00' AS STRING)", "2024-01-02 01:04:05.500+00")]
    [InlineData("WITH w AS (SELECT MAX(id) AS m FROM crm.customers) SELECT m - id FROM crm.customers AS c CROSS JOIN w WHERE c.id = 3", "1")]
    public async Task Query_Dialect_AnswersAsTheServiceDoes(string query, string? expected)
    {
        await using var session = await BigQuerySession.StartAsync();

        var (status, body) = await session.QueryAsync(query);

        Assert.True(status == 200, body.ToString());
        Assert.Equal(expected, BigQuerySession.First(body).First());
    }

    [Fact]
    public async Task Query_Parameters_AreTypedAndNeverNull()
    {
        await using var session = await BigQuerySession.StartAsync();
        const string Query = "SELECT id FROM crm.customers WHERE updated_at > @from ORDER BY id";

        foreach (var text in (string[])["2024-01-02 03:04:05.123456+00:00", "2024-01-02T03:04:05.123456Z", "2024-01-02 03:04:05.123456 UTC", "2024-01-02 03:04:05.123456"])
        {
            var (_, body) = await session.QueryAsync(Query, BigQuerySession.Parameter("from", "TIMESTAMP", text));
            Assert.Equal(["2", "3"], BigQuerySession.First(body));
        }

        Assert.Equal(400, (await session.QueryAsync(Query, BigQuerySession.Parameter("from", "TIMESTAMP", null))).Status);
        Assert.Equal(400, (await session.QueryAsync(Query, BigQuerySession.Parameter("from", "DATETIME", "2024-01-01 00:00:00"))).Status);
    }

    [Fact]
    public async Task Query_WithoutUseLegacySqlFalse_IsLegacy()
    {
        await using var session = await BigQuerySession.StartAsync();

        var (status, body) = await session.CallAsync(HttpMethod.Post, "queries", new { query = "SELECT 1" });

        Assert.Equal((400, "invalidQuery"), (status, BigQuerySession.Reason(body)));
    }

    [Fact]
    public async Task Token_WrongClaimsOrRevokedKey_IsInvalidGrant()
    {
        await using var session = await BigQuerySession.StartAsync();

        var audience = await session.SignInAsync(c => c["aud"] = session.Server.TokenUri.ToString());
        var life = await session.SignInAsync(c => c["exp"] = c["iat"]!.GetValue<long>() + 3700);
        var scope = await session.SignInAsync(c => c["scope"] = "https://www.googleapis.com/auth/drive");
        session.Server.Authentication.RevokeKey(session.Server.Options.ServiceAccount);
        var revoked = await session.SignInAsync();

        foreach (var (status, body) in ((int, JsonElement)[])[audience, life, scope, revoked])
        {
            Assert.Equal((400, "invalid_grant"), (status, body.GetProperty("error").GetString()));
        }
    }

    [Fact]
    public async Task Call_ExpiredToken_Is401()
    {
        await using var session = await BigQuerySession.StartAsync();

        session.Server.Clock.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal((401, "authError"), Refusal(await session.QueryAsync("SELECT 1")));
    }

    [Fact]
    public async Task Lists_DatasetsAndTables_PageWithNextPageToken()
    {
        await using var session = await BigQuerySession.StartAsync();
        session.Server.Dataset("_hidden");
        session.Server.Dataset("loyalty");
        session.Server.Dataset("crm").View("v", "SELECT id FROM `demo-project.crm.customers`");

        var (_, first) = await session.CallAsync(HttpMethod.Get, "datasets?maxResults=1");
        var (_, second) = await session.CallAsync(HttpMethod.Get, $"datasets?maxResults=1&pageToken={first.GetProperty("nextPageToken")}");
        var (_, tables) = await session.CallAsync(HttpMethod.Get, "datasets/crm/tables");
        var (_, none) = await session.CallAsync(HttpMethod.Get, "datasets/loyalty/tables");
        var (_, view) = await session.CallAsync(HttpMethod.Get, "datasets/crm/tables/v");

        Assert.Equal("loyalty", second.GetProperty("datasets")[0].GetProperty("datasetReference").GetProperty("datasetId").GetString());
        Assert.False(second.TryGetProperty("nextPageToken", out _));
        Assert.Equal(["TABLE", "VIEW"], tables.GetProperty("tables").EnumerateArray().Select(t => t.GetProperty("type").GetString()));
        Assert.False(tables.GetProperty("tables")[0].TryGetProperty("schema", out _));
        Assert.False(none.TryGetProperty("tables", out _));
        Assert.Equal("INTEGER", view.GetProperty("schema").GetProperty("fields")[0].GetProperty("type").GetString());
        Assert.Equal(400, (await session.CallAsync(HttpMethod.Get, "datasets/crm/tables/v/data")).Status);
    }

    private static (int Status, string? Reason) Refusal((int Status, JsonElement Body) answer) => (answer.Status, BigQuerySession.Reason(answer.Body));
}
