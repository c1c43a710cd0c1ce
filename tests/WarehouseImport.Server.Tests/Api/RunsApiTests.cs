using System.Text;
using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

public sealed class RunsApiTests(ServerFixture server)
{
    [Fact]
    public async Task Run_SegmentsView_CountsErrorsAndDownloads()
    {
        var sync = await server.CreateSyncAsync("runs");

        var run = await server.RunAsync(sync);

        var path = $"/api/v1/runs/{run["id"]}";
        Assert.Equal("succeeded_with_row_errors", (string?)run["status"]);
        Assert.Equal(6_445, (long)run["counts"]!["read"]!);
        Assert.Equal(11, (long)run["counts"]!["failed"]!);
        Assert.Equal(2, (long)run["window"]!["nullCursorRows"]!);

        var summary = await server.GetAsync($"{path}/errors/summary");
        Assert.Equal(("email_invalid", 10), ((string?)summary.Body!["items"]![0]!["code"], (long)summary.Body["items"]![0]!["rows"]!));

        var first = await server.GetAsync($"{path}/errors?limit=6");
        var second = await server.GetAsync($"{path}/errors?limit=6&after={first.Body!["next"]}");
        Assert.Equal(11, first.Body["items"]!.AsArray().Count + second.Body!["items"]!.AsArray().Count);
        Assert.Null((string?)second.Body["next"]);
        Assert.Equal("failed", (string?)first.Body["items"]![0]!["outcome"]);
        Assert.Single((await server.GetAsync($"{path}/errors?code=identifier_missing")).Body!["items"]!.AsArray());

        using var download = await server.Client.GetAsync($"{path}/errors.csv", TestContext.Current.CancellationToken);
        var bytes = await download.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("text/csv", download.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", download.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", download.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var lines = Encoding.UTF8.GetString(bytes[3..]).Split("\r\n");
        Assert.Equal(13, lines.Length);
        Assert.Contains("_error_codes", lines[0], StringComparison.Ordinal);

        var errorsOnly = await server.GetAsync($"{path}/errors.csv?content=errors_only");
        Assert.Equal(13, errorsOnly.Text.Split("\r\n").Length);
        var unknown = await server.GetAsync($"{path}/errors.csv?content=ErrorsOnly");
        Assert.Equal((400, "content_unknown"), Outcome(unknown));
        Assert.Contains("errors_only", unknown.Text, StringComparison.Ordinal);

        var again = await server.RunAsync(sync);
        Assert.Equal((long)again["counts"]!["read"]!, (long)again["counts"]!["unchanged"]!);
        var runs = await server.GetAsync($"/api/v1/syncs/{sync}/runs?limit=1");
        Assert.Equal((string?)again["id"], (string?)runs.Body!["items"]![0]!["id"]);
        var older = await server.GetAsync($"/api/v1/syncs/{sync}/runs?limit=1&after={runs.Body["next"]}");
        Assert.Equal((string?)run["id"], (string?)older.Body!["items"]![0]!["id"]);

        Assert.Equal((409, "run_not_active"), Outcome(await server.PostAsync($"{path}/cancel")));
    }

    [Fact]
    public async Task DryRun_WritesNothing()
    {
        var sync = await server.CreateSyncAsync("dry");

        var run = await server.RunAsync(sync, dryRun: true);

        Assert.True((bool)run["dryRun"]!);
        Assert.Equal(6_445, (long)run["counts"]!["read"]!);
        Assert.Null((string?)(await server.GetAsync($"/api/v1/syncs/{sync}")).Body!["state"]!["importedUpTo"]);
    }

    [Fact]
    public async Task Start_SameIdempotencyKey_GivesTheSameRun()
    {
        var sync = await server.CreateSyncAsync("idempotent");
        var path = $"/api/v1/syncs/{sync}/runs";

        var first = await server.PostAsync(path, null, ("Idempotency-Key", "monday"));
        await server.GetAsync($"/api/v1/runs/{first.Body!["id"]}/progress");
        var second = await server.PostAsync(path, null, ("Idempotency-Key", "monday"));

        Assert.Equal(202, second.Status);
        Assert.Equal((string?)first.Body["id"], (string?)second.Body!["id"]);
        Assert.Equal($"/api/v1/runs/{first.Body["id"]}", first.Location!.ToString());
        Assert.Equal((409, "idempotency_key_reused"), Outcome(await server.PostAsync(path, new JsonObject { ["full"] = true }, ("Idempotency-Key", "monday"))));
        Assert.Equal((400, "idempotency_key_invalid"), Outcome(await server.PostAsync(path, null, ("Idempotency-Key", new string('k', 256)))));
    }

    [Fact]
    public async Task Progress_IsAStreamOfEventsThatEndsWithTheStatus()
    {
        var sync = await server.CreateSyncAsync("followed");
        var started = await server.PostAsync($"/api/v1/syncs/{sync}/runs", new JsonObject { ["full"] = true });

        var events = await server.GetAsync($"/api/v1/runs/{started.Body!["id"]}/progress");

        Assert.Equal("text/event-stream", events.ContentType);
        var last = events.Text.Split('\n').Last(line => line.StartsWith("data:", StringComparison.Ordinal));
        Assert.Equal("succeeded_with_row_errors", (string?)JsonNode.Parse(last[5..])!["phase"]);
    }

    [Theory]
    [InlineData("/api/v1/runs/00000000-0000-0000-0000-000000000001", "run_unknown")]
    [InlineData("/api/v1/runs/00000000-0000-0000-0000-000000000001/errors", "run_unknown")]
    [InlineData("/api/v1/runs/00000000-0000-0000-0000-000000000001/errors.csv", "run_unknown")]
    [InlineData("/api/v1/runs/00000000-0000-0000-0000-000000000001/errors/summary", "run_unknown")]
    [InlineData("/api/v1/runs/00000000-0000-0000-0000-000000000001/progress", "run_unknown")]
    [InlineData("/api/v1/syncs/00000000-0000-0000-0000-000000000001/runs", "sync_unknown")]
    [InlineData("/api/v1/runs/not-an-id", "route_unknown")]
    public async Task Get_UnknownRun_Answers404(string path, string code) => Assert.Equal((404, code), Outcome(await server.GetAsync(path)));

    [Fact]
    public async Task Start_UnknownSync_Answers404() =>
        Assert.Equal((404, "sync_unknown"), Outcome(await server.PostAsync($"/api/v1/syncs/{Guid.NewGuid()}/runs")));

    private static (int Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);
}
