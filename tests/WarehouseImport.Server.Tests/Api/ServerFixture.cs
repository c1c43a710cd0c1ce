using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Sample;
using WarehouseImport.Server.Security.ApiKeys;

[assembly: AssemblyFixture(typeof(WarehouseImport.Server.Tests.Api.ServerFixture))]

namespace WarehouseImport.Server.Tests.Api;

/// <summary>One server over SQLite in a folder of its own, with the sample warehouse beside it. Tests use names of their own.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    public string ApiKey { get; } = WarehouseImport.Server.Security.ApiKeys.ApiKey.Generate();

    public string SampleFile => _folder.File("sample.duckdb");

    public string Folder => _folder.Path;

    public WebApplication App => _app!;

    public Uri Address => new(App.Urls.First());

    /// <summary>Sends the key.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Sends none.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        SampleWarehouse.Create(SampleFile);
        _app = ServerHost.Build(
            [],
            new Dictionary<string, string?>
            {
                ["Storage:Provider"] = "sqlite",
                ["Storage:Path"] = _folder.File("data"),
                ["urls"] = "http://127.0.0.1:0",
                [ApiKeyRegistry.EnvironmentVariable] = ApiKey,
            },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error));
        await _app.StartAsync();
        Anonymous = new HttpClient { BaseAddress = Address };
        Client = new HttpClient { BaseAddress = Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Anonymous.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, JsonNode? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request);
        return await Answer.FromAsync(response);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, JsonNode? body = null, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Post, path, body, headers);

    public async Task<string> CreateConnectionAsync(string name)
    {
        var answer = await PostAsync("/api/v1/connections", new JsonObject { ["name"] = name, ["type"] = "duckdb", ["settings"] = new JsonObject { ["path"] = SampleFile } });
        Assert.True(answer.Status == 201, answer.Text);
        return (string)answer.Body!["id"]!;
    }

    public static JsonObject Sync(string name, string connectionId) => new()
    {
        ["name"] = name,
        ["connectionId"] = connectionId,
        ["dataset"] = "analytics.segments",
        ["identifier"] = new JsonObject { ["column"] = "email", ["kind"] = "email" },
        ["cursor"] = new JsonObject { ["column"] = "computed_at" },
        ["fields"] = new JsonArray(new JsonObject { ["column"] = "segment", ["target"] = "properties.segment", ["type"] = "text" }),
        ["schedule"] = new JsonObject { ["manual"] = true },
        ["allowSharedProperties"] = new JsonArray("properties.segment"),
    };

    public async Task<string> CreateSyncAsync(string name)
    {
        var answer = await PostAsync("/api/v1/syncs", Sync(name, await CreateConnectionAsync(name)));
        Assert.True(answer.Status == 201, answer.Text);
        return (string)answer.Body!["id"]!;
    }

    /// <summary>Starts a run and follows its events to the end.</summary>
    public async Task<JsonNode> RunAsync(string syncId, bool dryRun = false)
    {
        var started = await PostAsync($"/api/v1/syncs/{syncId}/runs", new JsonObject { ["dryRun"] = dryRun });
        Assert.True(started.Status == 202, started.Text);
        var runId = (string)started.Body!["id"]!;
        await GetAsync($"/api/v1/runs/{runId}/progress");
        return (await GetAsync($"/api/v1/runs/{runId}")).Body!;
    }
}

public sealed record Answer(int Status, string Text, JsonNode? Body, string? ETag, Uri? Location, string? ContentType)
{
    public string? Code => (string?)Body?["code"];

    public static async Task<Answer> FromAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var type = response.Content.Headers.ContentType?.MediaType;
        var body = type is "application/json" or "application/problem+json" && text.Length > 0 ? JsonNode.Parse(text) : null;
        return new Answer((int)response.StatusCode, text, body, response.Headers.ETag?.Tag, response.Headers.Location, type);
    }

    /// <summary>Pointers of the listed problems.</summary>
    public IEnumerable<string> Pointers => Body?["errors"]?.AsArray().Select(error => (string)error!["pointer"]!) ?? [];
}
