using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

public sealed class SyncsApiTests(ServerFixture server)
{
    private const string Syncs = "/api/v1/syncs";

    [Fact]
    public async Task Create_Get_Update_Delete_FollowTheVersion()
    {
        var connection = await server.CreateConnectionAsync("sync versions");
        var created = await server.PostAsync(Syncs, ServerFixture.Sync("sync versions", connection));
        Assert.True(created.Status == 201, created.Text);
        var path = created.Location!.ToString();

        var shown = await server.GetAsync(path);
        Assert.Equal("sync versions", (string?)shown.Body!["name"]);
        Assert.Equal("active", (string?)shown.Body["state"]!["status"]);
        Assert.Equal("email", (string?)shown.Body["identifier"]!["kind"]);
        Assert.Equal("15m", (string?)shown.Body["lookback"]);

        // An answer can be sent back as it is.
        var changed = shown.Body.DeepClone().AsObject();
        changed["lookback"] = "1h";
        Assert.Equal((428, "if_match_missing"), Outcome(await server.SendAsync(HttpMethod.Put, path, changed)));
        Assert.Equal((412, "version_mismatch"), Outcome(await server.SendAsync(HttpMethod.Put, path, changed, ("If-Match", "\"77\""))));
        var updated = await server.SendAsync(HttpMethod.Put, path, changed, ("If-Match", shown.ETag!));
        Assert.True(updated.Status == 200, updated.Text);
        Assert.Equal("1h", (string?)updated.Body!["lookback"]);
        Assert.Equal(1, (int)updated.Body["state"]!["mappingVersion"]!);

        var inUse = await server.GetAsync($"/api/v1/connections/{connection}");
        Assert.Equal((409, "connection_in_use"), Outcome(await server.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{connection}", null, ("If-Match", inUse.ETag!))));
        Assert.Equal((428, "if_match_missing"), Outcome(await server.SendAsync(HttpMethod.Delete, path)));
        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, path, null, ("If-Match", updated.ETag!))).Status);
        Assert.Equal((404, "sync_unknown"), Outcome(await server.GetAsync(path)));
    }

    [Fact]
    public async Task Create_SeveralProblems_ListsAllWithPointers()
    {
        var sync = ServerFixture.Sync("several problems", await server.CreateConnectionAsync("several problems"));
        sync["colour"] = "red";
        sync["lookback"] = "soon";
        sync["identifier"] = new JsonObject { ["column"] = "email", ["kind"] = "passport" };

        var answer = await server.PostAsync(Syncs, sync);

        Assert.Equal(422, answer.Status);
        Assert.Contains("/colour", answer.Pointers);
        Assert.Contains("/lookback", answer.Pointers);
        Assert.Contains("/identifier/kind", answer.Pointers);
        Assert.Contains("external_id", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_UnknownThings_NameThem()
    {
        var connection = await server.CreateConnectionAsync("unknown things");

        await AssertRefusedAsync(sync => sync["connectionId"] = Guid.NewGuid().ToString(), "connection_unknown", "/connectionId");
        await AssertRefusedAsync(sync => sync["dataset"] = "analytics.nobody", "dataset_unknown", "/dataset");
        await AssertRefusedAsync(sync => sync["fields"]![0]!["column"] = "nobody", "column_missing", "nobody");
        await AssertRefusedAsync(sync => sync["fields"]![0]!["type"] = "colour", "value_invalid", "/fields/0/type");
        await AssertRefusedAsync(sync => sync["fields"]![0]!["target"] = "favourite", "target_unknown", "favourite");
        await AssertRefusedAsync(sync => sync["schedule"] = new JsonObject { ["daily"] = "06:00", ["zone"] = "Mars/Olympus" }, "zone_unknown", "Mars/Olympus");
        await AssertRefusedAsync(sync => sync["cursor"]!["column"] = "churn_risk", "cursor_type_unsupported", "churn_risk");
        await AssertRefusedAsync(sync => sync.Remove("cursor"), "mapping_no_cursor", "/cursor");
        await AssertRefusedAsync(sync => sync.Remove("identifier"), "mapping_no_identifier", "/identifier");

        async Task AssertRefusedAsync(Action<JsonObject> breaking, string code, string named)
        {
            var sync = ServerFixture.Sync($"unknown things {code}", connection);
            breaking(sync);
            var answer = await server.PostAsync(Syncs, sync);
            Assert.InRange(answer.Status, 400, 499);
            Assert.Contains($"\"{code}\"", answer.Text, StringComparison.Ordinal);
            Assert.Contains(named, answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Create_TakenName_IsAConflict()
    {
        await server.CreateSyncAsync("sync taken");

        Assert.Equal((409, "name_taken"), Outcome(await server.PostAsync(Syncs, ServerFixture.Sync("Sync Taken", await server.CreateConnectionAsync("sync taken 2")))));
    }

    [Fact]
    public async Task Suggest_CustomerTable_FindsIdentifierCursorAndReasons()
    {
        var connection = await server.CreateConnectionAsync("suggest");

        var answer = await server.PostAsync($"{Syncs}/suggest", new JsonObject { ["connectionId"] = connection, ["dataset"] = "crm.customers" });

        Assert.Equal(200, answer.Status);
        var definition = answer.Body!["definition"]!;
        Assert.Equal("customer_id", (string?)definition["identifier"]!["column"]);
        Assert.Equal("external_id", (string?)definition["identifier"]!["kind"]);
        Assert.Equal("updated_at", (string?)definition["cursor"]!["column"]);
        Assert.Equal(definition["fields"]!.AsArray().Count, answer.Body["reasons"]!["fields"]!.AsArray().Count(field => (string?)field!["reason"] is { Length: > 0 }));
        Assert.Equal((422, "dataset_unknown"), Outcome(await server.PostAsync($"{Syncs}/suggest", new JsonObject { ["connectionId"] = connection, ["dataset"] = "crm.nobody" })));
    }

    [Fact]
    public async Task Suggest_AnswerWithAName_CreatesASync()
    {
        var connection = await server.CreateConnectionAsync("suggested");
        var suggestion = await server.PostAsync($"{Syncs}/suggest", new JsonObject { ["connectionId"] = connection, ["dataset"] = "loyalty.balances" });
        var definition = suggestion.Body!["definition"]!.DeepClone().AsObject();
        definition["name"] = "suggested";
        definition["allowSharedProperties"] = new JsonArray(
            [.. definition["fields"]!.AsArray().Select(field => (string)field!["target"]!).Where(target => target.StartsWith("properties.", StringComparison.Ordinal)).Select(target => JsonValue.Create(target))]);

        var created = await server.PostAsync(Syncs, definition);

        Assert.True(created.Status == 201, created.Text);
        await server.SendAsync(HttpMethod.Delete, created.Location!.ToString(), null, ("If-Match", created.ETag!));
    }

    [Fact]
    public async Task Get_ScheduledSync_SaysWhenItIsDueNext()
    {
        var sync = ServerFixture.Sync("scheduled", await server.CreateConnectionAsync("scheduled"));
        sync["schedule"] = new JsonObject { ["cron"] = "0 0 1 1 *", ["zone"] = "UTC" };

        var created = await server.PostAsync(Syncs, sync);

        Assert.True(created.Status == 201, created.Text);
        Assert.EndsWith("-01-01T00:00:00Z", (string)created.Body!["state"]!["nextDueAt"]!, StringComparison.Ordinal);
        var path = created.Location!.ToString();
        Assert.Equal((string?)created.Body["state"]!["nextDueAt"], (string?)(await server.GetAsync(path)).Body!["state"]!["nextDueAt"]);
        Assert.Null((string?)(await server.PostAsync($"{path}/pause")).Body!["state"]!["nextDueAt"]);
        await server.SendAsync(HttpMethod.Delete, path, null, ("If-Match", "*"));
    }

    [Fact]
    public async Task Reset_WithoutAMember_NamesIt()
    {
        var answer = await server.PostAsync($"{Syncs}/{await server.CreateSyncAsync("reset nothing")}/reset", new JsonObject());

        Assert.Equal((422, "member_missing"), Outcome(answer));
        Assert.Equal(["/to"], answer.Pointers);
    }

    [Fact]
    public async Task Pause_Resume_Reset_ChangeTheState()
    {
        var path = $"{Syncs}/{await server.CreateSyncAsync("paused")}";

        Assert.Equal("paused", (string?)(await server.PostAsync($"{path}/pause")).Body!["state"]!["status"]);
        Assert.Equal("active", (string?)(await server.PostAsync($"{path}/resume")).Body!["state"]!["status"]);
        var reset = await server.PostAsync($"{path}/reset", new JsonObject { ["to"] = "2024-03-01T00:00:00.000001Z" });
        Assert.Equal("2024-03-01T00:00:00.000001Z", (string?)reset.Body!["state"]!["importedUpTo"]);
        Assert.Null((string?)(await server.PostAsync($"{path}/reset", new JsonObject { ["to"] = null })).Body!["state"]!["importedUpTo"]);
        Assert.Equal((422, "date_invalid"), Outcome(await server.PostAsync($"{path}/reset", new JsonObject { ["to"] = "yesterday" })));
        Assert.Equal((404, "sync_unknown"), Outcome(await server.PostAsync($"{Syncs}/{Guid.NewGuid()}/pause")));
    }

    [Fact]
    public async Task List_Paged_GivesNextUntilTheEnd()
    {
        await server.CreateSyncAsync("listed 1");
        await server.CreateSyncAsync("listed 2");

        var first = await server.GetAsync($"{Syncs}?limit=1");
        var second = await server.GetAsync($"{Syncs}?limit=1&after={first.Body!["next"]}");

        Assert.NotEqual((string?)first.Body["items"]![0]!["id"], (string?)second.Body!["items"]![0]!["id"]);
        Assert.Null((string?)(await server.GetAsync($"{Syncs}?limit=100")).Body!["next"]);
    }

    private static (int Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);
}
