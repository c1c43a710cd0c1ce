using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace WarehouseImport.Emulators.Tests.Snowflake;

/// <summary>What the service refuses, before and in SQL.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task Submit_NoAccept_IsRefused()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var request = session.Submit("SELECT 1");
        request.Headers.Accept.Clear();

        var (status, body) = await session.SendAsync(request);

        Assert.Equal((400, "391902"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Submit_NoUserAgentOrWrongContentOrNoJson_IsRefused()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var silent = session.Submit("SELECT 1");
        silent.Headers.UserAgent.Clear();
        var form = session.Submit("SELECT 1");
        form.Content!.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        var broken = session.Submit("SELECT 1");
        broken.Content = new StringContent("{", Encoding.UTF8, "application/json");
        var unknown = session.Request(HttpMethod.Post, "/api/v2/statements", new { statement = "SELECT 1", wharehouse = "X" });

        Assert.Equal(400, (await session.SendAsync(silent)).Status);
        Assert.Equal(415, (await session.SendAsync(form)).Status);
        Assert.Equal(400, (await session.SendAsync(broken)).Status);
        Assert.Equal(400, (await session.SendAsync(unknown)).Status);
        Assert.Equal(404, (await session.SendAsync(session.Request(HttpMethod.Get, "/api/statements/x"))).Status);
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("account")]
    [InlineData("user")]
    [InlineData("expired")]
    [InlineData("old")]
    [InlineData("algorithm")]
    [InlineData("signature")]
    [InlineData("opaque")]
    public async Task Submit_WrongToken_SaysNothingSpecific(string mistake)
    {
        await using var session = await SnowflakeSession.StartAsync();
        using var other = RSA.Create(2048);
        var now = session.Time.GetUtcNow().ToUnixTimeSeconds();
        var token = mistake switch
        {
            "iss" => session.Token(c => c["iss"] = c["sub"]!.GetValue<string>()),
            "account" => session.Token(c => (c["sub"], c["iss"]) = ("OTHER.WAREHOUSE_IMPORT", c["iss"]!.GetValue<string>().Replace("ACME-WAREHOUSE_1", "OTHER", StringComparison.Ordinal))),
            "user" => session.Token(c => (c["sub"], c["iss"]) = ("ACME-WAREHOUSE_1.NOBODY", c["iss"]!.GetValue<string>().Replace("WAREHOUSE_IMPORT", "NOBODY", StringComparison.Ordinal))),
            "expired" => session.Token(c => c["exp"] = now - 1),
            "old" => session.Token(c => (c["iat"], c["exp"]) = (now - 3700, now + 3600)),
            "algorithm" => session.Token(algorithm: "HS256"),
            "signature" => session.Token(key: other),
            _ => "opaque",
        };
        var request = session.Submit("SELECT 1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        var (status, body) = await session.SendAsync(request);

        Assert.Equal((401, "390144"), (status, body.GetProperty("code").GetString()));
        Assert.Matches(@"^JWT token is invalid\. \[[0-9a-f-]{36}\]$", body.GetProperty("message").GetString());
        Assert.NotNull(session.Server.Journal.Entries[^1].AuthenticationFailure);
    }

    [Fact]
    public async Task Submit_MillisecondClaims_AreAccepted()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var now = session.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var request = session.Submit("SELECT 1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session.Token(c => (c["iat"], c["exp"]) = (now, now + 60_000)));

        Assert.Equal(200, (await session.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData("OAUTH", "unknown", "390303")]
    [InlineData("OAUTH", "good", null)]
    [InlineData("OAUTH", "stale", "390318")]
    [InlineData("PROGRAMMATIC_ACCESS_TOKEN", "unknown", "394400")]
    [InlineData("PROGRAMMATIC_ACCESS_TOKEN", "pat", null)]
    [InlineData("KEYPAIR_JWT", "good", "390144")]
    public async Task Submit_OpaqueTokens_AreCheckedByType(string type, string token, string? code)
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Authentication.AddOAuthToken("good", "WAREHOUSE_IMPORT", TimeSpan.FromHours(1));
        session.Server.Authentication.AddOAuthToken("stale", "WAREHOUSE_IMPORT", TimeSpan.Zero);
        session.Server.Authentication.AddAccessToken("pat", "WAREHOUSE_IMPORT", TimeSpan.FromDays(1));
        var request = session.Submit("SELECT 1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Remove("X-Snowflake-Authorization-Token-Type");
        request.Headers.Add("X-Snowflake-Authorization-Token-Type", type);

        var (status, body) = await session.SendAsync(request);

        Assert.Equal(code is null ? 200 : 401, status);
        if (code is not null) Assert.Equal(code, body.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("SELECT `N` FROM NUMBERS", "001003")]
    [InlineData("SELECT N, FROM NUMBERS", "001003")]
    [InlineData("SELECT n FROM numbers LIMIT ?", "002010")]
    [InlineData("SELECT nope FROM NUMBERS", "000904")]
    [InlineData("SELECT 1 FROM \"numbers\"", "002003")]
    [InlineData("SELECT SAFE_CAST(N AS NUMBER) FROM NUMBERS", "001003")]
    [InlineData("SELECT COUNTIF(N > 1) FROM NUMBERS", "002140")]
    [InlineData("SELECT N > '2x' FROM NUMBERS", "100038")]
    [InlineData("SELECT 'x'::TIMESTAMP_NTZ", "100035")]
    [InlineData("USE ROLE X", "391911")]
    [InlineData("DELETE FROM NUMBERS", "003001")]
    [InlineData("SELECT 1; SELECT 2", "000008")]
    public async Task Submit_SqlTheServiceRefuses_IsRefusedWithItsCode(string statement, string code)
    {
        await using var session = await SnowflakeSession.StartAsync();
        var bindings = statement.Contains('?', StringComparison.Ordinal) ? new Dictionary<string, object> { ["1"] = new { type = "FIXED", value = "1" } } : null;

        var (status, body) = await session.RunAsync(statement, bindings);

        Assert.Equal((422, code), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Submit_UnknownSql_IsKeptInTheJournal()
    {
        await using var session = await SnowflakeSession.StartAsync();

        await session.RunAsync("SELECT SOUNDEX('x')");

        Assert.Equal("SELECT SOUNDEX('x')", Assert.Single(session.Server.Journal.UnknownStatements).Statement);
    }

    [Fact]
    public async Task Submit_NamesInTheWrongCase_AreNotFound()
    {
        await using var session = await SnowflakeSession.StartAsync();

        var (_, body) = await session.SendAsync(session.Submit("SELECT N FROM NUMBERS", warehouse: "warehouse_import_wh"));

        Assert.Equal("000606", body.GetProperty("code").GetString());
        Assert.Equal(200, (await session.SendAsync(session.Submit("SHOW TERSE DATABASES", warehouse: "nothing"))).Status);
    }

    [Fact]
    public async Task Submit_UnknownParameterOrBadBinds_IsRefused()
    {
        await using var session = await SnowflakeSession.StartAsync();

        var parameter = await session.SendAsync(session.Submit("SELECT 1", parameters: new { time_zone = "UTC" }));
        var missing = await session.RunAsync("SELECT N FROM NUMBERS WHERE N > ?");
        var bad = await session.RunAsync("SELECT ?", new Dictionary<string, object> { ["1"] = new { type = "FIXED", value = "x" } });

        Assert.Equal(422, parameter.Status);
        Assert.Equal(422, missing.Status);
        Assert.Equal("100037", bad.Body.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Table_HiddenFromTheRole_IsNeitherReadNorListed()
    {
        await using var session = await SnowflakeSession.StartAsync();
        session.Server.Database("DEMO").Schema("S").Table("SECRET", t => t.Column("X", Emulators.Snowflake.SnowflakeType.Number()).VisibleTo("ACCOUNTADMIN"));

        var read = await session.RunAsync("SELECT X FROM SECRET");
        var listed = await session.RowsAsync("SHOW TERSE TABLES IN SCHEMA DEMO.S");

        Assert.Equal("002003", read.Body.GetProperty("code").GetString());
        Assert.Equal(["NUMBERS"], listed.Select(r => r[1]));
    }
}
