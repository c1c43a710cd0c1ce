using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.Tests;

/// <summary>A client of the tests' own: plain requests, so that nothing is checked against itself.</summary>
internal abstract class EmulatorSession<TServer>(TServer server, FakeTimeProvider time) : IAsyncDisposable
    where TServer : Emulator
{
    // Making a key takes longer than a whole test.
    protected static readonly RSA Key = RSA.Create(2048);

    public TServer Server { get; } = server;

    public FakeTimeProvider Time { get; } = time;

    protected HttpClient Http { get; } = new();

    protected static FakeTimeProvider NewTime() => new(new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    protected static string Sign(string header, JsonObject claims, RSA key)
    {
        var signed = $"{Encode(header)}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
