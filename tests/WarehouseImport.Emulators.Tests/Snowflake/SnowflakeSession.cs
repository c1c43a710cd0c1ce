using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Tests.Snowflake;

/// <summary>A client of the emulator, signed in.</summary>
internal sealed class SnowflakeSession : EmulatorSession<SnowflakeEmulator>
{
    private SnowflakeSession(SnowflakeEmulator server, FakeTimeProvider time)
        : base(server, time)
    {
    }

    public static async Task<SnowflakeSession> StartAsync()
    {
        var time = NewTime();
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
        return Sign($$"""{"alg":"{{algorithm}}","typ":"JWT"}""", body, key ?? Key);
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

    public async Task<(int Status, JsonElement Body)> RunAsync(string statement, object? bindings = null) => await SendAsync(Submit(statement, bindings: bindings));

    public async Task<string?[][]> RowsAsync(string statement, object? bindings = null)
    {
        var (status, body) = await RunAsync(statement, bindings);
        Assert.True(status == 200, body.ToString());
        return [.. body.GetProperty("data").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray())];
    }

    public async Task<HttpResponseMessage> RawAsync(HttpRequestMessage request) => await Http.SendAsync(request, TestContext.Current.CancellationToken);
}
