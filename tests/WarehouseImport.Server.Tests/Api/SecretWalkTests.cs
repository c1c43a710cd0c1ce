using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

/// <summary>S2: no answer holds a stored secret. Every GET of the OpenAPI document is asked, so that an endpoint added later is asked, too.</summary>
public sealed class SecretWalkTests(ServerFixture server)
{
    private const string Canary = "canary-51d0e7-secret";

    [Fact]
    public async Task EveryGet_WithAStoredSecret_NeverShowsIt()
    {
        var secretive = await server.PostAsync("/api/v1/connections", new JsonObject
        {
            ["name"] = "walked",
            ["type"] = "postgres",
            ["settings"] = new JsonObject { ["host"] = "127.0.0.1", ["port"] = 1, ["database"] = "warehouse", ["username"] = "reader" },
            ["secret"] = new JsonObject { ["password"] = Canary },
        });
        Assert.True(secretive.Status == 201, secretive.Text);
        var connection = (string)secretive.Body!["id"]!;
        var sync = await server.CreateSyncAsync("walked sync");
        var run = (string)(await server.RunAsync(sync))["id"]!;
        var profile = (string)(await server.GetAsync("/api/v1/profiles?limit=1")).Body!["items"]![0]!["id"]!;
        var paths = (await server.GetAsync("/openapi/v1.json")).Body!["paths"]!.AsObject();

        var asked = 0;
        foreach (var (path, operations) in paths)
        {
            if (operations!["get"] is null) continue;
            var id = path.Contains("/connections/", StringComparison.Ordinal) ? connection
                : path.Contains("/runs/{", StringComparison.Ordinal) ? run
                : path.Contains("/profiles/", StringComparison.Ordinal) ? profile
                : sync;
            var address = path.Replace("{id}", id, StringComparison.Ordinal).Replace("{dataset}", "crm.customers", StringComparison.Ordinal);
            var answer = await server.GetAsync(path.EndsWith("/why", StringComparison.Ordinal) ? address + "?field=email" : address);
            asked++;

            Assert.DoesNotContain(Canary, answer.Text, StringComparison.Ordinal);
            Assert.True(answer.Status != 500, $"{path}: {answer.Text}");
        }

        Assert.True(asked >= 17, $"Only {asked} addresses were asked.");
        foreach (var address in new[] { "/docs", "/health/live", "/health/ready" }) Assert.DoesNotContain(Canary, (await server.GetAsync(address)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, (await server.PostAsync($"/api/v1/connections/{connection}/check")).Text, StringComparison.Ordinal);
    }
}
