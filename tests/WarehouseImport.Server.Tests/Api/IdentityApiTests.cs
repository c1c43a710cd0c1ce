using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

public sealed class IdentityApiTests(ServerFixture server)
{
    private const string Profiles = "/api/v1/profiles";

    [Fact]
    public async Task Duplicates_Preview_Merge_Forward_Undo_TellOneStory()
    {
        var (removed, kept) = await MakePairAsync("+31612340001", "merge.me@example.com");

        var listed = (await server.GetAsync($"{Profiles}/duplicates?limit=100")).Body!["items"]!.AsArray().Single(item => (string?)item!["value"] == "+31612340001")!;
        Assert.Equal("no_identifier_left", (string?)listed["reason"]);
        Assert.Equal(new[] { removed, kept }.Order(StringComparer.Ordinal), [(string)listed["a"]!, (string)listed["b"]!]);

        var preview = await server.PostAsync($"{Profiles}/{kept}/merge", new JsonObject { ["other"] = removed, ["preview"] = true });
        Assert.Equal("Ada", (string?)preview.Body!["profile"]!["values"]!["first_name"]);
        Assert.Null((string?)preview.Body["mergeId"]);
        Assert.Equal(200, (await server.GetAsync($"{Profiles}/{removed}")).Status);

        var merge = await server.PostAsync($"{Profiles}/{kept}/merge", new JsonObject { ["other"] = removed });
        Assert.True(merge.Status == 200, merge.Text);
        var mergeId = (string)merge.Body!["mergeId"]!;
        Assert.Equal(preview.Body["profile"]!["values"]!.ToJsonString(), merge.Body["profile"]!["values"]!.ToJsonString());

        using (var plain = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address })
        {
            plain.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.ApiKey);
            using var forward = await plain.GetAsync(new Uri($"{Profiles}/{removed}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.PermanentRedirect, forward.StatusCode);
            Assert.Equal($"{Profiles}/{kept}", forward.Headers.Location!.OriginalString);
            Assert.Equal(kept, (string?)(await Answer.FromAsync(forward)).Body!["forwardedTo"]);
        }

        Assert.Equal("merged_into", (string?)(await server.GetAsync($"{Profiles}/{removed}/history")).Body!["items"]![0]!["kind"]);
        Assert.Equal((409, "profiles_same"), Outcome(await server.PostAsync($"{Profiles}/{kept}/merge", new JsonObject { ["other"] = removed })));

        var undo = await server.PostAsync($"{Profiles}/merges/{mergeId}/undo");
        Assert.True(undo.Status == 200, undo.Text);
        Assert.Equal("api-key", (string?)undo.Body!["undoneBy"]);
        Assert.Equal(200, (await server.GetAsync($"{Profiles}/{removed}")).Status);
        Assert.Equal("merge_undone", (string?)(await server.GetAsync($"{Profiles}/{kept}/history")).Body!["items"]![0]!["kind"]);
        Assert.Equal((409, "merge_undone"), Outcome(await server.PostAsync($"{Profiles}/merges/{mergeId}/undo")));
        Assert.Equal(kept, (string?)(await server.GetAsync($"{Profiles}/merges/{mergeId}")).Body!["kept"]!["id"]);
    }

    [Fact]
    public async Task Merges_OfEitherProfile_ListWhatCanBeUndone()
    {
        var (removed, kept) = await MakePairAsync("+31612340005", "list.merges@example.com");
        Assert.Empty((await server.GetAsync($"{Profiles}/{kept}/merges")).Body!["items"]!.AsArray());
        var mergeId = (string)(await server.PostAsync($"{Profiles}/{kept}/merge", new JsonObject { ["other"] = removed })).Body!["mergeId"]!;

        foreach (var id in new[] { kept, removed })
        {
            var merge = Assert.Single((await server.GetAsync($"{Profiles}/{id}/merges?limit=1")).Body!["items"]!.AsArray())!;
            Assert.Equal((mergeId, kept, removed), ((string)merge["id"]!, (string)merge["kept"]!["id"]!, (string)merge["removed"]!["id"]!));
        }

        Assert.Equal((404, "profile_unknown"), Outcome(await server.GetAsync($"{Profiles}/01HZZZZZZZZZZZZZZZZZZZZZZZ/merges")));
        Assert.Equal((400, "after_invalid"), Outcome(await server.GetAsync($"{Profiles}/{kept}/merges?after=x")));
    }

    [Fact]
    public async Task Dismiss_ListedPair_LeavesTheListForTheOther()
    {
        var (one, other) = await MakePairAsync("+31612340002", "dismiss.me@example.com");

        Assert.Equal(204, (await server.PostAsync($"{Profiles}/duplicates/{one}/{other}/dismiss")).Status);

        Assert.DoesNotContain((await server.GetAsync($"{Profiles}/duplicates?limit=100")).Body!["items"]!.AsArray(), item => (string?)item!["value"] == "+31612340002");
        var dismissed = (await server.GetAsync($"{Profiles}/duplicates?limit=100&dismissed=true")).Body!["items"]!.AsArray().Single(item => (string?)item!["value"] == "+31612340002")!;
        Assert.Equal("api-key", (string?)dismissed["dismissedBy"]);
        Assert.Equal((404, "duplicate_unknown"), Outcome(await server.PostAsync($"{Profiles}/duplicates/{one}/{one}/dismiss")));
    }

    [Fact]
    public async Task Undo_AfterTheProfileChanged_NamesWhatChanged()
    {
        var (removed, kept) = await MakePairAsync("+31612340003", "changed.me@example.com");
        var mergeId = (string)(await server.PostAsync($"{Profiles}/{kept}/merge", new JsonObject { ["other"] = removed })).Body!["mergeId"]!;
        await ImportAsync(new JsonObject { ["email"] = "changed.me@example.com", ["title"] = "Dr", ["modified_at"] = "2024-03-01T00:00:00Z" });

        var undo = await server.PostAsync($"{Profiles}/merges/{mergeId}/undo");

        Assert.Equal((409, "merge_changed_since"), Outcome(undo));
        Assert.Contains("title has changed", undo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_BadRequests_SayWhatIsWrong()
    {
        var (one, _) = await MakePairAsync("+31612340004", "bad.merge@example.com");

        Assert.Equal((422, "profile_unknown"), Outcome(await server.PostAsync($"{Profiles}/{one}/merge", new JsonObject { ["other"] = "01HZZZZZZZZZZZZZZZZZZZZZZZ" })));
        Assert.Equal((404, "profile_unknown"), Outcome(await server.PostAsync($"{Profiles}/01HZZZZZZZZZZZZZZZZZZZZZZZ/merge", new JsonObject { ["other"] = one })));
        Assert.Equal((409, "profiles_same"), Outcome(await server.PostAsync($"{Profiles}/{one}/merge", new JsonObject { ["other"] = one })));
        Assert.Equal((404, "merge_unknown"), Outcome(await server.GetAsync($"{Profiles}/merges/{one}")));
        Assert.Equal((400, "after_invalid"), Outcome(await server.GetAsync($"{Profiles}/duplicates?after=x")));
    }

    // 4.4
    [Fact]
    public async Task Properties_SharedOne_NamesOwnerAndSharers()
    {
        var first = await server.CreateSyncAsync("Owner of segment");
        var second = await server.CreateSyncAsync("Sharer of segment");

        var property = (await server.GetAsync("/api/v1/properties")).Body!["items"]!.AsArray().Single(item => (string?)item!["property"] == "properties.segment")!;

        Assert.Equal("text", (string?)property["type"]);
        string[] syncs = [(string)property["owner"]!["syncId"]!, .. property["sharedWith"]!.AsArray().Select(sync => (string)sync!["syncId"]!)];
        Assert.Contains(first, syncs);
        Assert.True(Array.IndexOf(syncs, first) < Array.IndexOf(syncs, second));
    }

    private static (int Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);

    /// <summary>A profile known by its number only, and one that took the number.</summary>
    private async Task<(string Loser, string Winner)> MakePairAsync(string phone, string email)
    {
        await ImportAsync(new JsonObject { ["phone_number"] = phone, ["first_name"] = "Ada", ["modified_at"] = "2024-01-01T00:00:00Z" });
        var loser = (string)(await server.GetAsync($"{Profiles}?phone_number={Uri.EscapeDataString(phone)}")).Body!["items"]![0]!["id"]!;
        await ImportAsync(new JsonObject { ["email"] = email, ["phone_number"] = phone, ["modified_at"] = "2024-01-02T00:00:00Z" });
        var winner = (string)(await server.GetAsync($"{Profiles}?email={Uri.EscapeDataString(email)}")).Body!["items"]![0]!["id"]!;
        return (loser, winner);
    }

    private async Task ImportAsync(JsonObject row)
    {
        var answer = await server.PostAsync($"{Profiles}/import", new JsonObject { ["rows"] = new JsonArray(row) });
        Assert.True(answer.Status == 200, answer.Text);
    }
}
