using System.Net;
using System.Text;
using System.Text.Json;
using WarehouseImport.Warehouses.BigQuery;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>Signing in, discovery, previews and the itemised check (bigquery-api sections 1, 5).</summary>
public sealed class BigQueryWarehouseTests : IDisposable
{
    private const string Table =
        """
        {"tableReference":{"projectId":"data-project","datasetId":"crm","tableId":"t"},"type":"TABLE","location":"EU",
         "schema":{"fields":[{"name":"id","type":"INTEGER","mode":"REQUIRED"},{"name":"photo","type":"BYTES"},{"name":"tags","type":"STRING","mode":"REPEATED"},
           {"name":"home","type":"RECORD","mode":"NULLABLE","fields":[{"name":"city","type":"STRING"}]},{"name":"changed","type":"TIMESTAMP"}]}}
        """;

    private readonly FakeBigQuery _bigQuery = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _bigQuery.Dispose();

    /// <summary>Section 1: what the token endpoint is sent, and where.</summary>
    [Fact]
    public async Task SignIn_ServiceAccount_PostsASignedAssertionToGoogleOnly()
    {
        Clock();
        await using var warehouse = _bigQuery.Open();

        await warehouse.GetCurrentTimeAsync(Cancellation);
        await warehouse.GetCurrentTimeAsync(Cancellation);

        var signIn = Assert.Single(_bigQuery.Requests, request => request.Path == "/token");
        Assert.Equal("oauth2.googleapis.com", signIn.Authority);
        var form = signIn.Body.Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", form["grant_type"]);
        var parts = form["assertion"].Split('.');
        var header = Decode(parts[0]);
        var claims = Decode(parts[1]);
        Assert.Equal("RS256", header.GetProperty("alg").GetString());
        Assert.Equal("key-1", header.GetProperty("kid").GetString());
        Assert.Equal(FakeBigQuery.Email, claims.GetProperty("iss").GetString());
        Assert.Equal("https://oauth2.googleapis.com/token", claims.GetProperty("aud").GetString());
        Assert.Equal("https://www.googleapis.com/auth/bigquery", claims.GetProperty("scope").GetString());
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.All(_bigQuery.Calls, call => Assert.Equal("bigquery.googleapis.com", call.Authority));
    }

    [Fact]
    public async Task SignIn_RevokedKey_IsRefusedOnceAndSaysSo()
    {
        _bigQuery.On("POST", "/token", (int _) => new FakeAnswer(HttpStatusCode.BadRequest, """{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"""));
        await using var warehouse = _bigQuery.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.ListDatasetsAsync(Cancellation));

        Assert.Equal(WarehouseErrors.SignInRefused, failure.Code);
        Assert.Contains("revoked", failure.Message, StringComparison.Ordinal);
        Assert.Single(_bigQuery.Requests);
    }

    [Fact]
    public async Task SignIn_TokenServiceUnavailable_IsRepeated()
    {
        Clock();
        _bigQuery.On("POST", "/token", (int n) => n < 2 ? new FakeAnswer(HttpStatusCode.ServiceUnavailable, "") : null);
        await using var warehouse = _bigQuery.Open();

        Assert.Equal("2025-06-01T12:34:56Z", await warehouse.GetCurrentTimeAsync(Cancellation));
        Assert.Equal(3, _bigQuery.Requests.Count(request => request.Path == "/token"));
    }

    /// <summary>Section 5: lists use nextPageToken; an empty list has no member at all.</summary>
    [Fact]
    public async Task ListDatasets_SeveralPages_AreFollowedAndKindsNamed()
    {
        _bigQuery.On("GET", "/datasets", (FakeRequest request) => request.Parameter("pageToken") is null
            ? FakeAnswer.Ok("""{"datasets":[{"datasetReference":{"datasetId":"crm","projectId":"data-project"},"location":"EU"}],"nextPageToken":"n+1"}""")
            : request.Parameter("pageToken") == "n+1" ? FakeAnswer.Ok("""{"datasets":[{"datasetReference":{"datasetId":"empty"}}]}""") : null);
        _bigQuery.On("GET", "/crm/tables", (FakeRequest request) => request.Parameter("pageToken") is null
            ? FakeAnswer.Ok("""{"tables":[{"tableReference":{"projectId":"p","datasetId":"crm","tableId":"v"},"type":"VIEW"},{"tableReference":{"projectId":"p","datasetId":"crm","tableId":"T 1"},"type":"TABLE"}],"nextPageToken":"x"}""")
            : FakeAnswer.Ok("""{"tables":[{"tableReference":{"projectId":"p","datasetId":"crm","tableId":"m"},"type":"MATERIALIZED_VIEW"},{"tableReference":{"projectId":"p","datasetId":"crm","tableId":"s"},"type":"SNAPSHOT"},{"tableReference":{"projectId":"p","datasetId":"crm","tableId":"e"},"type":"EXTERNAL"}],"totalItems":5}"""));
        _bigQuery.On("GET", "/empty/tables", (int _) => FakeAnswer.Ok("""{"kind":"bigquery#tableList","totalItems":0}"""));
        await using var warehouse = _bigQuery.Open();

        var datasets = await warehouse.ListDatasetsAsync(Cancellation);

        Assert.Equal(
            [
                new Dataset(new("crm", "T 1"), DatasetKind.Table), new(new("crm", "e"), DatasetKind.Table), new(new("crm", "m"), DatasetKind.MaterializedView),
                new(new("crm", "s"), DatasetKind.Table), new(new("crm", "v"), DatasetKind.View),
            ],
            datasets);
    }

    [Fact]
    public async Task ListDatasets_DatasetsSetting_AsksForThoseOnly()
    {
        _bigQuery.On("GET", "/crm/tables", (int _) => FakeAnswer.Ok("{}"));
        await using var warehouse = _bigQuery.Open(new Dictionary<string, string> { ["datasets"] = "crm" });

        Assert.Empty(await warehouse.ListDatasetsAsync(Cancellation));
        Assert.Equal(WarehouseErrors.DatasetUnknown, (await Assert.ThrowsAsync<WarehouseException>(() => warehouse.GetColumnsAsync(new DatasetName("other", "t"), Cancellation))).Code);
        Assert.Equal("/bigquery/v2/projects/data-project/datasets/crm/tables", Assert.Single(_bigQuery.Calls).Path);
    }

    /// <summary>7.7 for every type of section 3, in both spellings.</summary>
    [Theory]
    [InlineData("INTEGER", ColumnKind.Integer, "INT64")]
    [InlineData("INT64", ColumnKind.Integer, "INT64")]
    [InlineData("FLOAT", ColumnKind.Float, "FLOAT64")]
    [InlineData("BOOLEAN", ColumnKind.Boolean, "BOOL")]
    [InlineData("STRING", ColumnKind.Text, "STRING")]
    [InlineData("BYTES", ColumnKind.Unreadable, "BYTES")]
    [InlineData("DATE", ColumnKind.Date, "DATE")]
    [InlineData("TIME", ColumnKind.Time, "TIME")]
    [InlineData("DATETIME", ColumnKind.Timestamp, "DATETIME")]
    [InlineData("TIMESTAMP", ColumnKind.TimestampWithZone, "TIMESTAMP")]
    [InlineData("NUMERIC", ColumnKind.Decimal, "NUMERIC")]
    [InlineData("BIGNUMERIC", ColumnKind.Decimal, "BIGNUMERIC")]
    [InlineData("JSON", ColumnKind.Json, "JSON")]
    [InlineData("GEOGRAPHY", ColumnKind.Unreadable, "GEOGRAPHY")]
    [InlineData("INTERVAL", ColumnKind.Unreadable, "INTERVAL")]
    [InlineData("RANGE", ColumnKind.Unreadable, "RANGE")]
    [InlineData("SOMETHING_NEW", ColumnKind.Unreadable, "SOMETHING_NEW")]
    public void Column_OfType_HasKindAndName(string type, ColumnKind kind, string name)
    {
        Assert.Equal(new DatasetColumn("c", name, kind, true), BigQueryColumn.From(new BigQueryField("c", type)).Column);
        Assert.Equal(kind switch { ColumnKind.Unreadable => kind, ColumnKind.Json => kind, _ => ColumnKind.List }, BigQueryColumn.From(new BigQueryField("c", type, "REPEATED")).Column.Kind);
    }

    [Fact]
    public async Task GetColumns_NestedAndRepeated_AreJsonAndList()
    {
        _bigQuery.On("GET", "/tables/t", (int _) => FakeAnswer.Ok(Table));
        await using var warehouse = _bigQuery.Open();

        var columns = await warehouse.GetColumnsAsync(new DatasetName("crm", "t"), Cancellation);

        Assert.Equal([ColumnKind.Integer, ColumnKind.Unreadable, ColumnKind.List, ColumnKind.Json, ColumnKind.TimestampWithZone], columns.Select(column => column.Kind));
        Assert.Equal(["INT64", "BYTES", "ARRAY<STRING>", "STRUCT<city STRING>", "TIMESTAMP"], columns.Select(column => column.NativeType));
        Assert.Equal([false, true, true, true, true], columns.Select(column => column.IsNullable));
    }

    [Fact]
    public async Task Preview_Table_UsesTheFreeListAndLeavesUnreadableColumnsOut()
    {
        _bigQuery.On("GET", "/tables/t", (int _) => FakeAnswer.Ok(Table));
        _bigQuery.On("GET", "/tables/t/data", (FakeRequest request) => request.Parameter("formatOptions.useInt64Timestamp") != "true" ? null : FakeAnswer.Ok(
            """{"totalRows":"9","rows":[{"f":[{"v":"1"},{"v":"aGVsbG8="},{"v":[{"v":"x"}]},{"v":{"f":[{"v":"Oslo"}]}},{"v":"1748781296000000"}]}]}"""));
        await using var warehouse = _bigQuery.Open();

        var preview = await warehouse.PreviewAsync(new DatasetName("crm", "t"), 5, Cancellation);

        Assert.Equal(["id", "tags", "home", "changed"], preview.Columns.Select(column => column.Name));
        Assert.Equal(["1", """["x"]""", """{"city":"Oslo"}""", "2025-06-01T12:34:56Z"], Assert.Single(preview.Rows));
        Assert.DoesNotContain(_bigQuery.Requests, request => request.Path.EndsWith("/queries", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Preview_View_QueriesTheReadableColumns()
    {
        _bigQuery.On("GET", "/tables/t", (int _) => FakeAnswer.Ok(Table.Replace("\"TABLE\"", "\"VIEW\"", StringComparison.Ordinal)));
        _bigQuery.On("POST", "/queries", (int _) => FakeAnswer.Ok(
            """{"jobComplete":true,"totalRows":"1","jobReference":{"projectId":"p","jobId":"j"},"rows":[{"f":[{"v":"1"},{"v":[]},{"v":null},{"v":null}]}]}"""));
        await using var warehouse = _bigQuery.Open();

        var preview = await warehouse.PreviewAsync(new DatasetName("crm", "t"), 5, Cancellation);

        Assert.Equal(["1", "[]", null, null], Assert.Single(preview.Rows));
        var query = _bigQuery.Requests.Last().Json;
        Assert.Equal("SELECT src.`id` AS c0, src.`tags` AS c1, src.`home` AS c2, src.`changed` AS c3 FROM `data-project.crm.t` AS src LIMIT 5", query.GetProperty("query").GetString());
        Assert.False(query.GetProperty("useLegacySql").GetBoolean());
        Assert.True(query.GetProperty("formatOptions").GetProperty("useInt64Timestamp").GetBoolean());
        Assert.Equal("EU", query.GetProperty("location").GetString());
    }

    [Fact]
    public async Task GetColumns_UnknownTable_IsUnknownDataset()
    {
        _bigQuery.On("GET", "/tables/t", (int _) => FakeAnswer.Error(HttpStatusCode.NotFound, "notFound", "Not found: Table data-project:crm.t"));
        await using var warehouse = _bigQuery.Open();

        Assert.Equal(WarehouseErrors.DatasetUnknown, (await Assert.ThrowsAsync<WarehouseException>(() => warehouse.GetColumnsAsync(new DatasetName("crm", "t"), Cancellation))).Code);
    }

    [Fact]
    public async Task Check_MissingJobUser_NamesTheItemAndTheGrantAndGoesOn()
    {
        _bigQuery.On("POST", "/queries", (int _) => FakeAnswer.Error(
            HttpStatusCode.Forbidden, "accessDenied", "Access Denied: Project billing-project: User does not have bigquery.jobs.create permission in project billing-project."));
        _bigQuery.On("GET", "/datasets", (int _) => FakeAnswer.Ok("{}"));
        await using var warehouse = _bigQuery.Open();

        var check = await warehouse.CheckAsync(Cancellation);

        Assert.Equal([("reach", true), ("sign_in", true), ("use_project", false), ("read_only", true), ("list_datasets", false)], check.Items.Select(item => (item.Name, item.IsOk)));
        Assert.Contains("roles/bigquery.jobUser", check.Items[2].Fix, StringComparison.Ordinal);
        Assert.Contains("gcloud projects add-iam-policy-binding data-project", check.Items[4].Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_RevokedKey_StopsAtTheSignIn()
    {
        _bigQuery.On("POST", "/token", (int _) => new FakeAnswer(HttpStatusCode.BadRequest, """{"error":"invalid_grant"}"""));
        await using var warehouse = _bigQuery.Open();

        var check = await warehouse.CheckAsync(Cancellation);

        Assert.Equal([("reach", true), ("sign_in", false)], check.Items.Select(item => (item.Name, item.IsOk)));
        Assert.NotNull(check.Items[1].Fix);
    }

    [Theory]
    [InlineData("project=ABC", "project")]
    [InlineData("project=abc", "project")]
    [InlineData("project=billing`project", "project")]
    [InlineData("project=billing-project;data_project=x/../y", "data_project")]
    [InlineData("project=billing-project;location=EU?x", "location")]
    [InlineData("project=billing-project;datasets=a-b", "datasets")]
    [InlineData("project=billing-project;datasets=,", "datasets")]
    [InlineData("project=billing-project;maximum_bytes_billed=1.5", "maximum_bytes_billed")]
    [InlineData("project=billing-project;maximum_bytes_billed=100", "maximum_bytes_billed")]
    [InlineData("project=billing-project;use_storage_api=yes", "use_storage_api")]
    [InlineData("project=billing-project;auth=oauth", "auth")]
    [InlineData("project=billing-project;endpoint=https://evil.example", "endpoint")]
    [InlineData("project=billing-project;endpoint=https://evilgoogleapis.com", "endpoint")]
    [InlineData("project=billing-project;endpoint=http://bigquery.googleapis.com", "endpoint")]
    [InlineData("project=billing-project;endpoint=https://bigquery.googleapis.com:8443", "endpoint")]
    [InlineData("project=billing-project;endpoint=https://bigquery.googleapis.com@evil.example", "endpoint")]
    [InlineData("project=billing-project;endpoint=http://127.0.0.1:80", "endpoint")]
    [InlineData("project=billing-project;endpoint=http://169.254.169.254", "endpoint")]
    [InlineData("project=billing-project;storage_endpoint=https://bigquery.googleapis.com/x", "storage_endpoint")]
    public void Validate_SettingThatIsNotAllowed_IsNamed(string settings, string expected)
    {
        var problems = _bigQuery.Type().Validate(Settings(settings, FakeBigQuery.KeyFile()));

        Assert.Equal(expected, Assert.Single(problems).Setting);
    }

    [Theory]
    [InlineData("project=billing-project")]
    [InlineData("project=example.com:old-project;location=europe-west3;datasets=crm, sales_2;maximum_bytes_billed=10485760;use_storage_api=true;auth=service_account")]
    [InlineData("project=billing-project;endpoint=https://bigquery.europe-west3.rep.googleapis.com;storage_endpoint=https://bigquerystorage-x.p.googleapis.com")]
    public void Validate_GoodSettings_HaveNoProblem(string settings) => Assert.Empty(_bigQuery.Type().Validate(Settings(settings, FakeBigQuery.KeyFile())));

    [Fact]
    public void Validate_KeyThatIsNone_IsNotEchoed()
    {
        var problem = Assert.Single(_bigQuery.Type().Validate(Settings("project=billing-project", "secret-canary")));

        Assert.Equal("service_account_key", problem.Setting);
        Assert.DoesNotContain("canary", problem.Message, StringComparison.Ordinal);
        var failure = Assert.Throws<WarehouseException>(() => _bigQuery.Type().Open(Settings("project=billing-project", "secret-canary")));
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_MachineIdentity_NeedsTheServersPermission()
    {
        Assert.Equal("auth", Assert.Single(_bigQuery.Type().Validate(Settings("project=billing-project;auth=application_default", null))).Setting);
        Assert.Empty(_bigQuery.Type(new BigQueryOptions { AllowApplicationDefaultCredentials = true }).Validate(Settings("project=billing-project;auth=application_default", null)));
        Assert.Equal("service_account_key", Assert.Single(_bigQuery.Type().Validate(Settings("project=billing-project", null))).Setting);
    }

    [Fact]
    public void WriteGrantScript_Datasets_GrantsReadingOnly()
    {
        var script = _bigQuery.Type().WriteGrantScript(Settings("project=billing-project;data_project=data-project;datasets=crm,sales;location=EU", null).Values, null)!;

        var commands = script.Text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();
        Assert.Equal("sh", script.Language);
        Assert.Contains(commands, line => line.Contains("gcloud iam service-accounts create warehouse-import --project=billing-project", StringComparison.Ordinal));
        Assert.Contains("gcloud projects add-iam-policy-binding billing-project --member=\"serviceAccount:warehouse-import@billing-project.iam.gserviceaccount.com\" --role=\"roles/bigquery.jobUser\" --condition=None", commands);
        Assert.Equal(2, commands.Count(line => line.Contains("GRANT `roles/bigquery.dataViewer` ON SCHEMA `data-project.", StringComparison.Ordinal)));
        Assert.Contains("readSessionUser", script.Text, StringComparison.Ordinal);
        foreach (var writing in (string[])["dataEditor", "dataOwner", "bigquery.admin", "bigquery.user\"", "roles/editor", "roles/owner"]) Assert.DoesNotContain(writing, script.Text, StringComparison.Ordinal);
        Assert.All(script.Text.Split("\n\n"), block => Assert.StartsWith("# ", block, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("project=$(rm -rf)")]
    [InlineData("project=billing-project;datasets=a'; rm -rf /;b")]
    [InlineData("project=billing-project;location=EU; rm")]
    public void WriteGrantScript_HostileNames_NeverGetIntoIt(string settings) =>
        Assert.DoesNotContain("rm", _bigQuery.Type().WriteGrantScript(Settings(settings.Replace(";b", ",b", StringComparison.Ordinal), null).Values, null)!.Text.Replace("permission", "", StringComparison.Ordinal), StringComparison.Ordinal);

    private static WarehouseSettings Settings(string text, string? key) => new(
        text.Split(';').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]),
        key is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["service_account_key"] = key });

    private static JsonElement Decode(string part)
    {
        var text = part.Replace('-', '+').Replace('_', '/');
        return JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')))).RootElement;
    }

    private void Clock() => _bigQuery.On("POST", "/queries", (int _) => FakeAnswer.Ok(
        """{"jobComplete":true,"totalRows":"1","jobReference":{"projectId":"p","jobId":"j"},"schema":{"fields":[{"name":"now","type":"TIMESTAMP"}]},"rows":[{"f":[{"v":"1748781296000000"}]}]}"""));
}
