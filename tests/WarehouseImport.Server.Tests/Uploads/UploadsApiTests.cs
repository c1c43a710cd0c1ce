using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Tests.Uploads;

public sealed class UploadsApiTests : IAsyncLifetime
{
    private const string People = "Email;First Name;Plan\nann@example.com;Ann;gold\nbad@@x;Bad;\nANN@example.com;Anna;\n";

    private readonly TemporaryFolder _folder = new();
    private readonly string _key = ApiKey.Generate();
    private WebApplication? _app;
    private HttpClient? _client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _client ?? throw new InvalidOperationException("The test has not been initialised.");

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Storage:Provider"] = "Sqlite",
            ["Storage:Path"] = _folder.File("data"),
            ["Uploads:MaxBytes"] = "2000000",
            [ApiKeyRegistry.EnvironmentVariable] = _key,
            [WebHostDefaults.ServerUrlsKey] = "http://127.0.0.1:0",
        };
        _app = ServerHost.Build([], settings, static builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await _app.StartAsync(Cancellation);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _key);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Upload_PreviewCheckImportErrors_GoTheirWay()
    {
        var upload = await SendAsync(new StringContent(People, Encoding.UTF8, "text/csv"), HttpStatusCode.Created);
        var id = upload.GetProperty("id").GetString();
        Assert.Equal((3, ";"), (upload.GetProperty("rows").GetInt32(), upload.GetProperty("delimiter").GetString()));
        Assert.Equal("csv_delimiter_detected", upload.GetProperty("notices")[0].GetProperty("code").GetString());
        Assert.Equal(["email", "first_name", "properties.Plan"], upload.GetProperty("suggestion").GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("target").GetString()!).Order());

        var check = await FinishAsync(await PostAsync($"/api/v1/uploads/{id}/check", "{}", "check-1"));
        var import = await FinishAsync(await PostAsync($"/api/v1/uploads/{id}/import", """{"mapRemaining":true}""", "import-1"));

        foreach (var job in new[] { check, import })
        {
            Assert.Equal("complete", job.GetProperty("status").GetString());
            Assert.Equal("""{"total":3,"completed":2,"failed":1}""", job.GetProperty("counts").GetRawText());
            Assert.Equal(1, job.GetProperty("outcomes").GetProperty("created").GetInt32());
        }

        Assert.Equal(import.GetProperty("id").GetString(), (await PostAsync($"/api/v1/uploads/{id}/import", """{"mapRemaining":true}""", "import-1")).GetProperty("id").GetString());
        var runs = $"/api/v1/runs/{import.GetProperty("id").GetString()}";
        var lines = (await Client.GetStringAsync(runs + "/errors.jsonl", Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([3, 4], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("row").GetProperty("line").GetInt32()));
        Assert.Contains("bad@@x,Bad,,failed,email_invalid,Email,", await Client.GetStringAsync(runs + "/errors.csv", Cancellation), StringComparison.Ordinal);
        var shown = await Client.GetFromJsonAsync<JsonElement>($"/api/v1/uploads/{id}", Cancellation);
        Assert.Equal(2, shown.GetProperty("jobs").GetArrayLength());
    }

    /// <summary>14.2: a job that waits for a place ends as soon as it is cancelled, not when its turn comes.</summary>
    [Fact]
    public async Task Cancel_QueuedJob_EndsWithoutItsTurn()
    {
        var slots = _app!.Services.GetRequiredService<RunSlots>();
        var places = new RunEngineOptions().ConcurrentRunsPerConnection;
        var taken = await Task.WhenAll(Enumerable.Range(0, places).Select(_ => slots.EnterAsync(FileImports.SourceId, Cancellation)));
        var upload = await SendAsync(new StringContent(People, Encoding.UTF8, "text/csv"), HttpStatusCode.Created);
        var queued = await PostAsync($"/api/v1/uploads/{upload.GetProperty("id").GetString()}/import", "{}", "queued-1");
        Assert.Equal("queued", queued.GetProperty("status").GetString());

        await PostAsync($"/api/v1/runs/{queued.GetProperty("id").GetString()}/cancel", "", "cancel-1");

        Assert.Equal("cancelled", (await FinishAsync(queued)).GetProperty("status").GetString());
        foreach (var place in taken) place.Dispose();
    }

    [Fact]
    public async Task Upload_Form_TakesItsFile()
    {
        using var form = new MultipartFormDataContent { { new StringContent("x"), "note" }, { new StringContent(People), "file", "folder/people.csv" } };

        var upload = await SendAsync(form, HttpStatusCode.Created);

        Assert.Equal("people.csv", upload.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("Email\n", "text/csv", 422, "csv_empty")]
    [InlineData("Email,Email\na,b\n", "text/csv", 422, "csv_duplicate_header")]
    [InlineData("{}", "application/json", 415, "request_not_csv")]
    public async Task Upload_Unreadable_IsRefused(string body, string type, int status, string code) =>
        Assert.Equal(code, (await SendAsync(new StringContent(body, Encoding.UTF8, type), (HttpStatusCode)status)).GetProperty("code").GetString());

    [Fact]
    public async Task Upload_AboveTheLimit_IsRefusedWhileItIsRead() =>
        Assert.Equal("csv_too_large", (await SendAsync(new StringContent("Email\n" + new string('x', 2_000_000), Encoding.UTF8, "text/csv"), HttpStatusCode.RequestEntityTooLarge)).GetProperty("code").GetString());

    private async Task<JsonElement> SendAsync(HttpContent content, HttpStatusCode expected)
    {
        using var response = await Client.PostAsync(new Uri("/api/v1/uploads", UriKind.Relative), content, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(expected == response.StatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<JsonElement> PostAsync(string path, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await Client.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, text);
        return JsonDocument.Parse(text).RootElement;
    }

    // The stream of progress ends with the run.
    private async Task<JsonElement> FinishAsync(JsonElement job)
    {
        await Client.GetStringAsync($"/api/v1/runs/{job.GetProperty("id").GetString()}/progress", Cancellation);
        return await Client.GetFromJsonAsync<JsonElement>($"/api/v1/uploads/{job.GetProperty("uploadId").GetString()}/jobs/{job.GetProperty("id").GetString()}", Cancellation);
    }
}
