using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

public sealed class ConnectionsApiTests(ServerFixture server)
{
    private const string Connections = "/api/v1/connections";
    private const string Canary = "canary-8f2b1c-secret";

    [Fact]
    public async Task Create_Get_Update_Delete_FollowTheVersion()
    {
        var created = await server.PostAsync(Connections, DuckDb("versions", server.SampleFile));
        Assert.Equal(201, created.Status);
        var path = created.Location!.ToString();

        var shown = await server.GetAsync(path);
        Assert.Equal(200, shown.Status);
        Assert.Equal(created.ETag, shown.ETag);

        Assert.Equal((428, "if_match_missing"), Outcome(await server.SendAsync(HttpMethod.Put, path, DuckDb("versions 2", server.SampleFile))));
        Assert.Equal((412, "version_mismatch"), Outcome(await server.SendAsync(HttpMethod.Put, path, DuckDb("versions 2", server.SampleFile), ("If-Match", "\"99\""))));
        var updated = await server.SendAsync(HttpMethod.Put, path, DuckDb("versions 2", server.SampleFile), ("If-Match", shown.ETag!));
        Assert.Equal(200, updated.Status);
        Assert.Equal("versions 2", (string?)updated.Body!["name"]);
        Assert.NotEqual(shown.ETag, updated.ETag);

        var unmatched = await server.SendAsync(HttpMethod.Delete, path);
        Assert.Equal((428, "if_match_missing"), Outcome(unmatched));
        Assert.StartsWith("https://", (string)unmatched.Body!["type"]!, StringComparison.Ordinal);
        Assert.Equal((412, "version_mismatch"), Outcome(await server.SendAsync(HttpMethod.Delete, path, null, ("If-Match", shown.ETag!))));
        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, path, null, ("If-Match", updated.ETag!))).Status);
        Assert.Equal((404, "connection_unknown"), Outcome(await server.GetAsync(path)));
    }

    [Fact]
    public async Task Create_UnknownTypeAndEmptyName_NamesBothAndWhatIsAllowed()
    {
        var answer = await server.PostAsync(Connections, new JsonObject { ["name"] = " ", ["type"] = "oracle", ["settings"] = new JsonObject() });

        Assert.Equal(422, answer.Status);
        Assert.Equal(["/name", "/type"], answer.Pointers);
        Assert.Contains("duckdb", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_MissingAndUnknownSettings_ListsAll()
    {
        var answer = await server.PostAsync(Connections, new JsonObject { ["name"] = "bad settings", ["type"] = "duckdb", ["settings"] = new JsonObject { ["pfad"] = "x" } });

        Assert.Equal((422, "connection_setting_invalid"), Outcome(answer));
        Assert.Contains("/settings/path", answer.Pointers);
        Assert.Contains("/settings/pfad", answer.Pointers);
    }

    [Fact]
    public async Task Create_TakenName_IsAConflict()
    {
        await server.CreateConnectionAsync("taken");

        Assert.Equal((409, "name_taken"), Outcome(await server.PostAsync(Connections, DuckDb("TAKEN", server.SampleFile))));
    }

    [Theory]
    [InlineData("""{"name":"x","type":"duckdb","settings":{},"colour":"red"}""", 422, "member_unknown", "/colour")]
    [InlineData("""{"name":7,"type":"duckdb","settings":{}}""", 422, "value_invalid", "/name")]
    [InlineData("""{"name":null,"type":"duckdb","settings":{}}""", 422, "value_invalid", "/name")]
    [InlineData("""{"name":"x","type":"duckdb","settings":{"path":[]}}""", 422, "value_invalid", "/settings")]
    [InlineData("""{"type":"duckdb","settings":{}}""", 422, "member_missing", "/name")]
    [InlineData("""{"name":"x"}""", 422, "member_missing", "/type", "/settings")]
    [InlineData("""{"name":"x","type":"duckdb","settings":{}""", 400, "request_invalid", "")]
    [InlineData("nonsense", 400, "request_invalid", "")]
    public async Task Create_WrongBody_NamesTheMembers(string body, int status, string code, params string[] pointers)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await server.Client.PostAsync(Connections, content, TestContext.Current.CancellationToken);
        var answer = await Answer.FromAsync(response);

        Assert.Equal((status, code), Outcome(answer));
        if (status == 422) Assert.Equal(pointers, answer.Pointers);
    }

    [Fact]
    public async Task Create_NoBody_IsToldWithoutNamesOfTheCode()
    {
        var answer = await server.PostAsync(Connections);

        Assert.InRange(answer.Status, 400, 415);
        Assert.DoesNotContain("ConnectionRequest", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_AnswerSentBack_IsAccepted()
    {
        var created = await server.PostAsync(Connections, Postgres("sent back", "db.example", Canary));

        var updated = await server.SendAsync(HttpMethod.Put, created.Location!.ToString(), created.Body, ("If-Match", created.ETag!));

        Assert.True(updated.Status == 200, updated.Text);
        Assert.Equal(["password"], updated.Body!["secrets"]!.AsArray().Select(name => (string)name!));
        Assert.EndsWith("Z", (string)updated.Body["updatedAt"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_BodyAboveOneMebibyte_IsTooLarge()
    {
        var answer = await server.PostAsync(Connections, DuckDb(new string('n', 1 << 20), "x"));

        Assert.Equal((413, "request_too_large"), Outcome(answer));
    }

    [Fact]
    public async Task List_Paged_GivesEveryConnectionOnce()
    {
        foreach (var number in Enumerable.Range(0, 5)) await server.CreateConnectionAsync($"paged {number}");

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await server.GetAsync($"{Connections}?limit=2{(next is null ? "" : $"&after={next}")}");
            Assert.Equal(200, page.Status);
            seen.AddRange(page.Body!["items"]!.AsArray().Select(item => (string)item!["id"]!));
            next = (string?)page.Body["next"];
        }
        while (next is not null);

        Assert.Equal(seen.Distinct(), seen);
        Assert.True(seen.Count >= 5);
    }

    [Theory]
    [InlineData("limit=0", "limit_out_of_range")]
    [InlineData("limit=101", "limit_out_of_range")]
    [InlineData("limit=many", "request_invalid")]
    [InlineData("after=elsewhere", "after_invalid")]
    public async Task List_BadPaging_Answers400(string query, string code) =>
        Assert.Equal((400, code), Outcome(await server.GetAsync($"{Connections}?{query}")));

    [Fact]
    public async Task Datasets_Columns_Preview_ShowTheWarehouse()
    {
        var path = $"{Connections}/{await server.CreateConnectionAsync("looking")}";

        var datasets = await server.GetAsync($"{path}/datasets");
        Assert.Contains(datasets.Body!["items"]!.AsArray(), item => (string?)item!["name"] == "analytics.segments" && (string?)item["kind"] == "view");
        var first = await server.GetAsync($"{path}/datasets?limit=1");
        var rest = await server.GetAsync($"{path}/datasets?limit=100&after={first.Body!["next"]}");
        Assert.Equal(datasets.Body["items"]!.AsArray().Count, 1 + rest.Body!["items"]!.AsArray().Count);

        var columns = await server.GetAsync($"{path}/datasets/crm.customers/columns");
        Assert.Contains(columns.Body!["items"]!.AsArray(), item => (string?)item!["name"] == "updated_at" && (string?)item["kind"] == "timestamp_with_zone");

        var preview = await server.GetAsync($"{path}/datasets/{Uri.EscapeDataString("\"loyalty\".\"balances\"")}/preview?rows=3");
        Assert.Equal(3, preview.Body!["rows"]!.AsArray().Count);
    }

    [Fact]
    public async Task Check_GoodFile_IsOk()
    {
        var answer = await server.PostAsync($"{Connections}/{await server.CreateConnectionAsync("checked")}/check");

        Assert.Equal(200, answer.Status);
        Assert.True((bool)answer.Body!["ok"]!, answer.Text);
    }

    [Fact]
    public async Task BadFilesAndNames_AnswerAProblemThatNamesThem()
    {
        var notADatabase = Path.Combine(server.Folder, "not-a-database.duckdb");
        await File.WriteAllTextAsync(notADatabase, new string('x', 5_000), TestContext.Current.CancellationToken);
        var broken = (string)(await server.PostAsync(Connections, DuckDb("not a database", notADatabase))).Body!["id"]!;
        var missing = (string)(await server.PostAsync(Connections, DuckDb("missing file", Path.Combine(server.Folder, "gone.duckdb")))).Body!["id"]!;
        var good = await server.CreateConnectionAsync("good file");

        Assert.Equal((422, "warehouse_not_a_database"), Outcome(await server.GetAsync($"{Connections}/{broken}/datasets")));
        Assert.Equal((422, "warehouse_file_missing"), Outcome(await server.GetAsync($"{Connections}/{missing}/datasets")));
        Assert.False((bool)(await server.PostAsync($"{Connections}/{missing}/check")).Body!["ok"]!);
        var unknown = await server.GetAsync($"{Connections}/{good}/datasets/crm.nobody/columns");
        Assert.Equal((404, "dataset_unknown"), Outcome(unknown));
        Assert.Contains("crm.nobody", unknown.Text, StringComparison.Ordinal);
        Assert.Equal((422, "dataset_name_invalid"), Outcome(await server.GetAsync($"{Connections}/{good}/datasets/crm..x/columns")));
        Assert.Equal((400, "rows_out_of_range"), Outcome(await server.GetAsync($"{Connections}/{good}/datasets/crm.customers/preview?rows=51")));
    }

    [Fact]
    public async Task Secrets_AreNeverReturned_AndAreAskedForAgainWhenTheTargetChanges()
    {
        var created = await server.PostAsync(Connections, Postgres("with secret", "db.example", Canary));
        Assert.True(created.Status == 201, created.Text);
        var path = created.Location!.ToString();
        var id = (string)created.Body!["id"]!;

        var answers = new List<Answer>
        {
            created,
            await server.GetAsync(path),
            await server.GetAsync($"{Connections}?limit=100"),
            await server.GetAsync("/openapi/v1.json"),
            await server.PostAsync(Connections, Postgres("with secret", "db.example", Canary)),
        };
        var elsewhere = await server.SendAsync(HttpMethod.Put, path, Postgres("with secret", "evil.example", null), ("If-Match", created.ETag!));
        answers.Add(elsewhere);
        var renamed = await server.SendAsync(HttpMethod.Put, path, Postgres("with secret, renamed", "db.example", null), ("If-Match", created.ETag!));
        answers.Add(renamed);

        Assert.All(answers, answer => Assert.DoesNotContain(Canary, answer.Text, StringComparison.Ordinal));
        Assert.Equal((422, "secret_required"), Outcome(elsewhere));
        Assert.Equal(200, renamed.Status);
        Assert.Equal("ready", (string?)renamed.Body!["secretState"]);
        Assert.Equal(["password"], renamed.Body["secrets"]!.AsArray().Select(name => (string)name!));
        Assert.NotEmpty(id);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(server.Folder, "data")))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(Canary, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GrantScript_OfSnowflake_HasTheEnteredNamesAndAPlaceForTheKey()
    {
        var created = await server.PostAsync(Connections, Snowflake("grants"));
        Assert.True(created.Status == 201, created.Text);

        var answer = await server.GetAsync($"{created.Location}/grant-script");

        Assert.Equal(200, answer.Status);
        Assert.Equal("sql", (string?)answer.Body!["language"]);
        var text = (string)answer.Body["text"]!;
        Assert.Contains("GRANT USAGE ON WAREHOUSE \"IMPORT_WH\" TO ROLE \"IMPORT_READER\";", text, StringComparison.Ordinal);
        Assert.Contains("-- ALTER USER \"IMPORTER\" SET RSA_PUBLIC_KEY = '<public key>';", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyPair_OfSnowflake_StoresThePrivateHalfAndShowsThePublicOne()
    {
        var created = await server.PostAsync(Connections, Snowflake("key pair"));
        var path = created.Location!.ToString();
        Assert.Equal("none", (string?)created.Body!["secretState"]);

        var unmatched = await server.PostAsync($"{path}/key-pair");
        var made = await server.SendAsync(HttpMethod.Post, $"{path}/key-pair", null, ("If-Match", created.ETag!));
        var stale = await server.SendAsync(HttpMethod.Post, $"{path}/key-pair", null, ("If-Match", created.ETag!));
        var shown = await server.GetAsync(path);
        var script = await server.GetAsync($"{path}/grant-script");

        Assert.Equal((428, "if_match_missing"), Outcome(unmatched));
        Assert.True(made.Status == 200, made.Text);
        Assert.Equal((412, "version_mismatch"), Outcome(stale));
        var publicKey = (string)made.Body!["publicKey"]!;
        using var key = System.Security.Cryptography.RSA.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        Assert.True(key.KeySize >= 2048);
        Assert.Contains($"ALTER USER \"IMPORTER\" SET RSA_PUBLIC_KEY = '{publicKey}';", (string)made.Body["grantScript"]!["text"]!, StringComparison.Ordinal);
        Assert.Equal((string)made.Body["grantScript"]!["text"]!, (string)script.Body!["text"]!);
        Assert.Equal(made.ETag, shown.ETag);
        Assert.Equal("ready", (string?)shown.Body!["secretState"]);
        Assert.Equal(["private_key"], shown.Body["secrets"]!.AsArray().Select(name => (string)name!));
        Assert.All([made, shown, script], answer => Assert.DoesNotContain("PRIVATE", answer.Text, StringComparison.Ordinal));
    }

    /// <summary>S2: a made key cannot be entered again, so it is removed when the target changes, and made anew.</summary>
    [Fact]
    public async Task KeyPair_WhenTheTargetChanges_IsRemovedAndMadeAnew()
    {
        var created = await server.PostAsync(Connections, Snowflake("key pair elsewhere"));
        var path = created.Location!.ToString();
        var made = await server.SendAsync(HttpMethod.Post, $"{path}/key-pair", null, ("If-Match", created.ETag!));
        var elsewhere = Snowflake("key pair elsewhere");
        elsewhere["settings"]!["account"] = "otherorg-account2";

        var refused = await server.SendAsync(HttpMethod.Put, path, elsewhere.DeepClone(), ("If-Match", made.ETag!));
        elsewhere["secret"] = new JsonObject { ["private_key"] = "" };
        var changed = await server.SendAsync(HttpMethod.Put, path, elsewhere, ("If-Match", made.ETag!));
        var again = await server.SendAsync(HttpMethod.Post, $"{path}/key-pair", null, ("If-Match", changed.ETag!));

        Assert.Equal((422, "secret_required"), Outcome(refused));
        Assert.Equal("none", (string?)changed.Body!["secretState"]);
        Assert.NotEqual((string)made.Body!["publicKey"]!, (string)again.Body!["publicKey"]!);
    }

    [Fact]
    public async Task GrantScriptAndKeyPair_OfAFile_AreNotAvailable()
    {
        var created = await server.PostAsync(Connections, DuckDb("no grants", server.SampleFile));
        var path = created.Location!.ToString();

        Assert.Equal((409, "grant_script_unavailable"), Outcome(await server.GetAsync($"{path}/grant-script")));
        Assert.Equal((409, "key_pair_unsupported"), Outcome(await server.SendAsync(HttpMethod.Post, $"{path}/key-pair", null, ("If-Match", created.ETag!))));
        Assert.Equal((404, "connection_unknown"), Outcome(await server.GetAsync($"{Connections}/{Guid.NewGuid()}/grant-script")));
    }

    /// <summary>S8: no host but the vendor's.</summary>
    [Theory]
    [InlineData("account", "myorg-account1.snowflakecomputing.com@evil.example")]
    [InlineData("account", "http://169.254.169.254")]
    [InlineData("url", "https://evil.example")]
    [InlineData("url", "http://127.0.0.1:1")]
    public async Task Create_SnowflakeOfAnotherHost_IsRefused(string setting, string value)
    {
        var connection = Snowflake("elsewhere");
        connection["settings"]![setting] = value;

        var answer = await server.PostAsync(Connections, connection);

        Assert.Equal((422, "connection_setting_invalid"), Outcome(answer));
        Assert.Equal([$"/settings/{setting}"], answer.Pointers);
    }

    private static JsonObject Snowflake(string name) => new()
    {
        ["name"] = name,
        ["type"] = "snowflake",
        ["settings"] = new JsonObject
        {
            ["account"] = "myorg-account1",
            ["user"] = "importer",
            ["role"] = "import_reader",
            ["warehouse"] = "import_wh",
            ["databases"] = "analytics",
        },
    };

    private static JsonObject DuckDb(string name, string path) => new() { ["name"] = name, ["type"] = "duckdb", ["settings"] = new JsonObject { ["path"] = path } };

    private static JsonObject Postgres(string name, string host, string? password)
    {
        var connection = new JsonObject
        {
            ["name"] = name,
            ["type"] = "postgres",
            ["settings"] = new JsonObject { ["host"] = host, ["database"] = "warehouse", ["username"] = "reader" },
        };
        if (password is not null) connection["secret"] = new JsonObject { ["password"] = password };
        return connection;
    }

    private static (int Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);
}
