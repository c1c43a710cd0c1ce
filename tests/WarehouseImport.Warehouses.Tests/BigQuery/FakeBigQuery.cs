using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>Answers requests of the client from rules, newest first, and keeps every request. Signing in always works unless a rule says otherwise.</summary>
internal sealed class FakeBigQuery : HttpMessageHandler
{
    public const string Email = "reader@billing-project.iam.gserviceaccount.com";

    private static readonly string PrivateKey = NewKey();

    private readonly List<Func<FakeRequest, FakeAnswer?>> _rules = [];
    private int _tokens;

    public FakeBigQuery() => On("POST", "/token", (int _) => FakeAnswer.Ok($$"""{"access_token":"token-{{++_tokens}}","expires_in":3599,"token_type":"Bearer"}"""));

    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    public IEnumerable<FakeRequest> Calls => Requests.Where(request => request.Path != "/token");

    public static string KeyFile(string type = "service_account", string tokenUri = ServiceAccountKey.GoogleTokenUri, string? privateKey = null, string email = Email) => JsonSerializer.Serialize(new
    {
        type,
        project_id = "billing-project",
        private_key_id = "key-1",
        private_key = privateKey ?? PrivateKey,
        client_email = email,
        client_id = "1",
        auth_uri = "http://169.254.169.254/auth",
        token_uri = tokenUri,
        universe_domain = "evil.example",
    });

    /// <summary>The answer to the n-th matching request (0-based); null lets an older rule answer.</summary>
    public void On(string method, string path, Func<int, FakeAnswer?> answer)
    {
        var matched = 0;
        lock (_rules) _rules.Insert(0, request => request.Method == method && request.Path.EndsWith(path, StringComparison.Ordinal) ? answer(matched++) : null);
    }

    public void On(string method, string path, Func<FakeRequest, FakeAnswer?> answer)
    {
        lock (_rules) _rules.Insert(0, request => request.Method == method && request.Path.EndsWith(path, StringComparison.Ordinal) ? answer(request) : null);
    }

    public IWarehouse Open(IReadOnlyDictionary<string, string>? more = null, BigQueryOptions? options = null)
    {
        var settings = new Dictionary<string, string> { ["project"] = "billing-project", ["data_project"] = "data-project", ["use_storage_api"] = "false" };
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        return Type(options).Open(new WarehouseSettings(settings, new Dictionary<string, string> { ["service_account_key"] = KeyFile() }));
    }

    public BigQueryWarehouseType Type(BigQueryOptions? options = null, bool allowsPrivate = false, HttpMessageHandler? handler = null)
    {
        var network = new WarehouseNetworkOptions { RetryDelay = TimeSpan.FromMilliseconds(1), MaxRetryDelay = TimeSpan.FromMilliseconds(2), MaxRetries = 3, AllowPrivateAddresses = allowsPrivate };
        return new BigQueryWarehouseType(new WarehouseHttpFactory(network, TimeProvider.System, handler ?? this), Options.Create(options ?? new BigQueryOptions()));
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        var body = message.Content is null ? "" : await message.Content.ReadAsStringAsync(cancellationToken);
        var request = new FakeRequest(message.Method.Method, message.RequestUri!.AbsolutePath, message.RequestUri.Query, message.RequestUri.Authority, message.Headers.ToString(), body);
        Requests.Enqueue(request);
        FakeAnswer? answer = null;
        lock (_rules)
        {
            foreach (var rule in _rules)
            {
                answer = rule(request);
                if (answer is not null) break;
            }
        }

        if (answer?.Before is { } before) await before(cancellationToken);
        answer ??= FakeAnswer.Error(HttpStatusCode.NotImplemented, "noRule", request.Path);
        return new HttpResponseMessage(answer.Status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer.Body)) };
    }

    private static string NewKey()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKeyPem();
    }
}

internal sealed record FakeRequest(string Method, string Path, string Query, string Authority, string Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Parameter(string name) =>
        Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1])).FirstOrDefault();
}

internal sealed record FakeAnswer(HttpStatusCode Status, string Body)
{
    /// <summary>Awaited before the answer is given.</summary>
    public Func<CancellationToken, Task>? Before { get; init; }

    public static FakeAnswer Ok(string body) => new(HttpStatusCode.OK, body);

    public static FakeAnswer Error(HttpStatusCode status, string reason, string message = "m") => new(
        status, JsonSerializer.Serialize(new { error = new { code = (int)status, message, errors = new[] { new { domain = "global", reason, message } }, status = "X" } }));
}
