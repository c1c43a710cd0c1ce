using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using WarehouseImport.Emulators.BigQuery;

namespace WarehouseImport.Emulators.Tests.BigQuery;

/// <summary>A client of the emulator, signed in.</summary>
internal sealed class BigQuerySession : EmulatorSession<BigQueryEmulator>
{
    private BigQuerySession(BigQueryEmulator server, FakeTimeProvider time)
        : base(server, time)
    {
    }

    public string Token { get; set; } = "";

    public static async Task<BigQuerySession> StartAsync()
    {
        var time = NewTime();
        var server = await BigQueryEmulator.StartAsync(new BigQueryEmulatorOptions { Clock = time });
        server.Authentication.AddKey(server.Options.ServiceAccount, Key);
        var session = new BigQuerySession(server, time);
        session.Token = (await session.SignInAsync()).Body.GetProperty("access_token").GetString()!;
        server.Dataset("crm").Table("customers", t => t
                .Column("id", BigQueryType.Int64).Column("email", BigQueryType.String).Column("updated_at", BigQueryType.Timestamp).Column("score", BigQueryType.Float64))
            .Insert(1, "a@example.com", "2024-01-02 03:04:05.123456Z", 4)
            .Insert(2, "b@example.com", "2024-01-03 00:00:00Z", 0.5)
            .Insert(3, "c@example.com", "2024-01-04 00:00:00Z", null)
            .Insert(4, null, null, null);
        return session;
    }

    public Task<(int Status, JsonElement Body)> SignInAsync(Action<JsonObject>? claims = null)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var body = new JsonObject
        {
            ["iss"] = Server.Options.ServiceAccount,
            ["scope"] = "https://www.googleapis.com/auth/bigquery",
            ["aud"] = "https://oauth2.googleapis.com/token",
            ["iat"] = now,
            ["exp"] = now + 3600,
        };
        claims?.Invoke(body);
        var assertion = Sign("""{"alg":"RS256","typ":"JWT","kid":"k"}""", body, Key);
        return SendAsync(new HttpRequestMessage(HttpMethod.Post, Server.TokenUri)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), new("assertion", assertion)]),
        });
    }

    public Task<(int Status, JsonElement Body)> CallAsync(HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(Server.BaseAddress, $"bigquery/v2/projects/{Server.Options.ProjectId}/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        return SendAsync(request);
    }

    public Task<(int Status, JsonElement Body)> QueryAsync(string query, params object[] queryParameters) => CallAsync(
        HttpMethod.Post, "queries", new { query, useLegacySql = false, parameterMode = "NAMED", queryParameters, formatOptions = new { useInt64Timestamp = true } });

    public static object Parameter(string name, string type, string? value) => new { name, parameterType = new { type }, parameterValue = new { value } };

    public static string? Reason(JsonElement body) => body.GetProperty("error").GetProperty("errors")[0].GetProperty("reason").GetString();

    public static IEnumerable<string?> First(JsonElement body) => body.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("f")[0].GetProperty("v").GetString());
}
