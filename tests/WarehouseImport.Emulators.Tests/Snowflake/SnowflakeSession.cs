using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Tests.Snowflake;

/// <summary>A client of the tests' own: plain requests, so that nothing is checked against itself.</summary>
internal sealed class SnowflakeSession : IAsyncDisposable
{
    // Making a key takes longer than a whole test.
    private static readonly RSA Key = RSA.Create(2048);
    private readonly HttpClient _http = new();

    private SnowflakeSession(SnowflakeEmulator server, FakeTimeProvider time)
    {
        Server = server;
        Time = time;
    }

    public SnowflakeEmulator Server { get; }

    public FakeTimeProvider Time { get; }

    public static async Task<SnowflakeSession> StartAsync()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var server = await SnowflakeEmulator.StartAsync(new SnowflakeEmulatorOptions { Clock = time });
        server.Authentication.DefaultUser.AddPublicKey(Key);
        server.Database("DEMO").Schema("S").Table("NUMBERS", t => t.Column("N", SnowflakeType.Number()).Column("G", SnowflakeType.Number()))
            .InsertMany(Enumerable.Range(0, 450).Select(n => (object?[])[n, n % 3 == 2 ? null : n % 3]));
        return new SnowflakeSession(server, time);
    }

    public string Token(Action<JsonObject>? claims = null, string algorithm = "RS256", RSA? key = null)
    {
        var subject = $"{Server.Options.Account}.{Server.Options.UserName}";
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var body = new JsonObject
        {
            ["iss"] = $"{subject}.SHA256:{Convert.ToBase64String(SHA256.HashData(Key.ExportSubjectPublicKeyInfo()))}",
            ["sub"] = subject,
            ["iat"] = now,
            ["exp"] = now + 3540,
        };
        claims?.Invoke(body);
        var signed = $"{Encode($$"""{"alg":"{{algorithm}}","typ":"JWT"}""")}.{Encode(body.ToJsonString())}";
        return $"{signed}.{System.Buffers.Text.Base64Url.EncodeToString((key ?? Key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public HttpRequestMessage Request(HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(Server.BaseAddress, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token());
        request.Headers.Add("X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT");
        request.Headers.Add("Accept", "application/json");
        request.Headers.UserAgent.ParseAdd("EmulatorTests/1.0");
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        return request;
    }

    public HttpRequestMessage Submit(string statement, string? query = null, object? bindings = null, object? parameters = null, string? warehouse = null) => Request(
        HttpMethod.Post,
        $"/api/v2/statements?requestId={Guid.NewGuid()}{query}",
        bindings is null
            ? new { statement, database = "DEMO", schema = "S", warehouse = warehouse ?? Server.Options.WarehouseName, parameters = parameters ?? new { timezone = "UTC" } }
            : new { statement, database = "DEMO", schema = "S", warehouse = warehouse ?? Server.Options.WarehouseName, bindings, parameters = parameters ?? new { timezone = "UTC" } });

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    public async Task<(int Status, JsonElement Body)> RunAsync(string statement, object? bindings = null) => await SendAsync(Submit(statement, bindings: bindings));

    public async Task<string?[][]> RowsAsync(string statement, object? bindings = null)
    {
        var (status, body) = await RunAsync(statement, bindings);
        Assert.True(status == 200, body.ToString());
        return [.. body.GetProperty("data").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray())];
    }

    public async Task<HttpResponseMessage> RawAsync(HttpRequestMessage request) => await _http.SendAsync(request, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
