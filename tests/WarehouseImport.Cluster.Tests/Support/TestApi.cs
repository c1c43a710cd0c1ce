using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>Talks to a server as any client does: over HTTP, with the API key.</summary>
public sealed class TestApi : IDisposable
{
    private readonly HttpClient _http;

    public TestApi(Uri address, string apiKey)
    {
        _http = new HttpClient { BaseAddress = new Uri(address, "/api/v1/") };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    public async Task<string> CreateConnectionAsync(JsonObject connection) => (string)(await PostAsync("connections", connection))["id"]!;

    public async Task<Guid> CreateSyncAsync(JsonObject sync) => (Guid)(await PostAsync("syncs", sync))["id"]!;

    public async Task<Guid> StartRunAsync(Guid syncId, bool full = false) => (Guid)(await PostAsync($"syncs/{syncId}/runs", new JsonObject { ["full"] = full }))["id"]!;

    public Task<JsonNode> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<JsonNode> GetRunAsync(Guid runId) => GetAsync($"runs/{runId}");

    /// <summary>Starts a run and follows its events until it has ended.</summary>
    public async Task<JsonNode> RunAsync(Guid syncId, bool full = false)
    {
        var runId = await StartRunAsync(syncId, full);
        await foreach (var _ in WatchAsync(runId)) continue;
        return await GetRunAsync(runId);
    }

    /// <summary>The run's events; the last one is its status.</summary>
    public async IAsyncEnumerable<JsonNode> WatchAsync(Guid runId)
    {
        using var response = await _http.GetAsync($"runs/{runId}/progress", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        await foreach (var step in SseParser.Create(stream).EnumerateAsync(Cancellation)) yield return JsonNode.Parse(step.Data)!;
    }

    /// <summary>Every item of a list, page by page.</summary>
    public async Task<List<JsonNode>> ListAsync(string path)
    {
        var items = new List<JsonNode>();
        string? after = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=100{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}");
            items.AddRange(page["items"]!.AsArray().Select(item => item!));
            after = (string?)page["next"];
        }
        while (after is not null);
        return items;
    }

    private Task<JsonNode> PostAsync(string path, JsonObject body) => SendAsync(HttpMethod.Post, path, body);

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
