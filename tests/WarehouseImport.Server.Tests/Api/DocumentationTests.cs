using System.Text.RegularExpressions;

namespace WarehouseImport.Server.Tests.Api;

public sealed class DocumentationTests(ServerFixture server)
{
    [Fact]
    public async Task OpenApi_IsVersion31_AndNamesEveryOperation()
    {
        var document = (await server.GetAsync("/openapi/v1.json")).Body!;

        Assert.StartsWith("3.1", (string?)document["openapi"], StringComparison.Ordinal);
        var operations = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => operation.Value!))
            .ToArray();
        Assert.True(operations.Length >= 30, $"Only {operations.Length} operations are described.");
        Assert.All(operations, operation => Assert.NotEmpty((string)operation["summary"]!));
        var ids = operations.Select(operation => (string)operation["operationId"]!).ToArray();
        Assert.Equal(ids.Distinct(), ids);
        Assert.Contains("/api/v1/runs/{id}/errors.csv", document["paths"]!.AsObject().Select(path => path.Key));
    }

    [Fact]
    public async Task OpenApi_EveryReference_Resolves()
    {
        var answer = await server.GetAsync("/openapi/v1.json");

        foreach (Match match in Regex.Matches(answer.Text, "\"\\$ref\":\\s*\"#/([^\"]+)\""))
        {
            var node = answer.Body;
            foreach (var token in match.Groups[1].Value.Split('/')) node = node is System.Text.Json.Nodes.JsonArray list ? list[int.Parse(token, System.Globalization.CultureInfo.InvariantCulture)] : node?[token];
            Assert.True(node is not null, $"{match.Value} does not resolve.");
        }
    }

    [Fact]
    public async Task Page_AndItsAssets_ComeFromThisServer()
    {
        using var response = await server.Client.GetAsync("/docs/", TestContext.Current.CancellationToken);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)response.StatusCode);
        var origins = Regex.Matches(html, "(?:src|href|url|import)\\s*[=(:]\\s*[\"']?(https?:)?//[^\"'\\s>)]+").Select(match => match.Value).ToArray();
        Assert.Empty(origins);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);

        var scripts = Regex.Matches(html, "<script[^>]*src=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            using var asset = await server.Client.GetAsync(new Uri(new Uri(server.Address, "/docs/"), script), TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)asset.StatusCode);
        }

        foreach (Match inline in Regex.Matches(html, "<script(?![^>]*src=)([^>]*)>")) Assert.Contains("nonce=", inline.Groups[1].Value, StringComparison.Ordinal);
    }
}
