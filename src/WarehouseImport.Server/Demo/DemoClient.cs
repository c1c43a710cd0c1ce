using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using WarehouseImport.Server.Api;
using WarehouseImport.Server.Api.Connections;
using WarehouseImport.Server.Api.Profiles;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Server.Api.Syncs;

namespace WarehouseImport.Server.Demo;

/// <summary>The demo talks to the server as any client does: over HTTP, with the API key.</summary>
internal sealed class DemoClient : IDisposable
{
    private static readonly JsonSerializerOptions Json = CreateOptions();

    private readonly HttpClient _http;

    public DemoClient(string address, string apiKey)
    {
        _http = new HttpClient { BaseAddress = new Uri($"{address}{ApiRoutes.Root}/") };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    public void Dispose() => _http.Dispose();

    public async Task<Guid> CreateConnectionAsync(
        string name, string type, IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string>? secret, CancellationToken cancellationToken) =>
        (await SendAsync<ConnectionResponse>(HttpMethod.Post, "connections", new ConnectionRequest(name, type, settings, secret), cancellationToken)).Id;

    /// <returns>The public half; the private half stays with the server.</returns>
    public async Task<string> CreateKeyPairAsync(Guid connectionId, CancellationToken cancellationToken) =>
        (await SendAsync<KeyPairResponse>(HttpMethod.Post, $"connections/{connectionId}/key-pair", null, cancellationToken, ifMatch: "*")).PublicKey;

    public async Task<Guid> CreateSyncAsync(JsonObject sync, CancellationToken cancellationToken) =>
        (await SendAsync<SyncBody>(HttpMethod.Post, "syncs", sync, cancellationToken)).Id!.Value;

    public Task<RunResponse> StartRunAsync(Guid syncId, CancellationToken cancellationToken, RunStartRequest? request = null) =>
        SendAsync<RunResponse>(HttpMethod.Post, $"syncs/{syncId}/runs", request, cancellationToken);

    public Task<RunResponse> GetRunAsync(Guid runId, CancellationToken cancellationToken) =>
        SendAsync<RunResponse>(HttpMethod.Get, $"runs/{runId}", null, cancellationToken);

    public async Task WatchAsync(Guid runId, Action<RunProgressResponse> show, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync($"runs/{runId}/progress", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<RunProgressResponse>(data, Json)!);
        await foreach (var step in events.EnumerateAsync(cancellationToken)) show(step.Data);
    }

    public async Task<IReadOnlyList<ErrorSummaryItem>> GetErrorSummaryAsync(Guid runId, CancellationToken cancellationToken) =>
        (await SendAsync<Page<ErrorSummaryItem>>(HttpMethod.Get, $"runs/{runId}/errors/summary", null, cancellationToken)).Items;

    public async Task<ProfileResponse> GetProfileAsync(string externalId, CancellationToken cancellationToken)
    {
        var found = await SendAsync<Page<ProfileSummary>>(HttpMethod.Get, $"profiles?external_id={Uri.EscapeDataString(externalId)}", null, cancellationToken);
        return await SendAsync<ProfileResponse>(HttpMethod.Get, $"profiles/{found.Items[0].Id}", null, cancellationToken);
    }

    public async Task<IReadOnlyList<ChangeResponse>> GetHistoryAsync(string profileId, CancellationToken cancellationToken) =>
        (await SendAsync<Page<ChangeResponse>>(
            HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"profiles/{profileId}/history?limit={PageQuery.MaximumLimit}"), null, cancellationToken)).Items;

    /// <returns>The profile that holds an address, or null.</returns>
    public async Task<ProfileSummary?> FindByEmailAsync(string email, CancellationToken cancellationToken) =>
        (await SendAsync<Page<ProfileSummary>>(HttpMethod.Get, $"profiles?email={Uri.EscapeDataString(email)}", null, cancellationToken)).Items is [var found] ? found : null;

    public async Task<int> CountDuplicatesAsync(CancellationToken cancellationToken)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"profiles/duplicates?limit={PageQuery.MaximumLimit}");
        var count = 0;
        var next = "";
        while (true)
        {
            var page = await SendAsync<Page<DuplicateResponse>>(HttpMethod.Get, path + next, null, cancellationToken);
            count += page.Items.Count;
            if (page.Next is null) return count;
            next = $"&after={Uri.EscapeDataString(page.Next)}";
        }
    }

    public async Task<IReadOnlyList<StoredMergeResponse>> GetMergesAsync(string profileId, CancellationToken cancellationToken) =>
        (await SendAsync<Page<StoredMergeResponse>>(HttpMethod.Get, $"profiles/{profileId}/merges", null, cancellationToken)).Items;

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions();
        ApiJson.Configure(options);
        return options;
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: Json);
        using var response = await _http.SendAsync(request, cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!;
    }

    private static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode) return;
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        throw new InvalidOperationException($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} answered {(int)response.StatusCode}: {body}");
    }
}
