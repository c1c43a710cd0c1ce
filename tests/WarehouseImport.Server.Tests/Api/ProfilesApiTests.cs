using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Tests.Api;

public sealed class ProfilesApiTests(ServerFixture server)
{
    private const string Profiles = "/api/v1/profiles";

    [Fact]
    public async Task Import_Find_Get_History_Why_TellOneStory()
    {
        var first = await server.PostAsync($"{Profiles}/import", Rows(new JsonObject
        {
            ["external_id"] = "api-1",
            ["email"] = "API.One@Example.com",
            ["phone_number"] = "+31612345678",
            ["first_name"] = "Ada",
            ["location"] = new JsonObject { ["city"] = "Utrecht" },
            ["properties"] = new JsonObject { ["score"] = 12.50m, ["tags"] = new JsonArray("a", "b") },
            ["modified_at"] = "2024-01-01T00:00:00.000000001Z",
        }));
        Assert.True(first.Status == 200, first.Text);
        Assert.Equal(1, (long)first.Body!["counts"]!["created"]!);
        var second = await server.PostAsync($"{Profiles}/import", Rows(new JsonObject { ["external_id"] = "api-1", ["first_name"] = "Augusta", ["modified_at"] = "2024-01-02T00:00:00Z" }));
        Assert.Equal(1, (long)second.Body!["counts"]!["updated"]!);
        var third = await server.PostAsync($"{Profiles}/import", Rows(new JsonObject { ["external_id"] = "api-1", ["first_name"] = "Old", ["modified_at"] = "2023-01-01T00:00:00Z" }));
        Assert.Equal(1, (long)third.Body!["counts"]!["stale"]!);

        foreach (var query in new[] { "email=api.one%40EXAMPLE.com", "phone_number=%2B31%206%201234%205678", "phone_number=+31612345678", "external_id=api-1", "q=augus" })
        {
            var found = await server.GetAsync($"{Profiles}?{query}");
            Assert.Single(found.Body!["items"]!.AsArray());
        }

        var id = (string)(await server.GetAsync($"{Profiles}?external_id=api-1")).Body!["items"]![0]!["id"]!;
        var profile = await server.GetAsync($"{Profiles}/{id.ToLowerInvariant()}");
        Assert.Equal("Augusta", (string?)profile.Body!["values"]!["first_name"]);
        var name = profile.Body["fields"]!.AsArray().Single(field => (string?)field!["field"] == "first_name")!;
        Assert.Equal("2024-01-02T00:00:00Z", (string?)name["instant"]);
        Assert.Equal((string?)second.Body["runId"], (string?)name["source"]!["runId"]);

        var history = await server.GetAsync($"{Profiles}/{id}/history?field=first_name&limit=1");
        Assert.Equal(("Ada", "Augusta"), ((string?)history.Body!["items"]![0]!["oldValue"], (string?)history.Body["items"]![0]!["newValue"]));
        var older = await server.GetAsync($"{Profiles}/{id}/history?field=first_name&limit=1&after={history.Body["next"]}");
        Assert.Equal("Ada", (string?)older.Body!["items"]![0]!["newValue"]);

        var why = await server.GetAsync($"{Profiles}/{id}/why?field=first_name");
        Assert.Contains("2024-01-02", (string?)why.Body!["because"], StringComparison.Ordinal);
        Assert.Equal((404, "field_unknown"), Outcome(await server.GetAsync($"{Profiles}/{id}/why?field=last_name")));
        Assert.Equal((400, "field_missing"), Outcome(await server.GetAsync($"{Profiles}/{id}/why")));
    }

    [Fact]
    public async Task Import_BadRows_ReportsThemAndImportsTheRest()
    {
        var answer = await server.PostAsync($"{Profiles}/import", Rows(
            new JsonObject { ["email"] = "good@example.com", ["first_name"] = "Good" },
            new JsonObject { ["email"] = "bad@@example.com" },
            new JsonObject { ["first_name"] = "Nobody" }));

        Assert.Equal(1, (long)answer.Body!["counts"]!["created"]!);
        Assert.Equal(2, (long)answer.Body["counts"]!["failed"]!);
        Assert.Equal(["email_invalid", "identifier_missing"], answer.Body["errors"]!.AsArray().Select(row => (string)row!["problems"]![0]!["code"]!));
    }

    [Fact]
    public async Task Import_SameIdempotencyKey_IsAppliedOnce()
    {
        var rows = Rows(new JsonObject { ["external_id"] = "api-once", ["first_name"] = "Once", ["modified_at"] = "2024-01-01T00:00:00Z" });

        var first = await server.PostAsync($"{Profiles}/import", rows.DeepClone(), ("Idempotency-Key", "once"));
        var second = await server.PostAsync($"{Profiles}/import", rows.DeepClone(), ("Idempotency-Key", "once"));

        Assert.Equal((string?)first.Body!["runId"], (string?)second.Body!["runId"]);
        Assert.Equal(first.Body["counts"]!.ToJsonString(), second.Body["counts"]!.ToJsonString());
        var other = await server.PostAsync($"{Profiles}/import", Rows(new JsonObject { ["external_id"] = "api-dropped" }), ("Idempotency-Key", "once"));
        Assert.Equal((409, "idempotency_key_reused"), Outcome(other));
        Assert.Empty((await server.GetAsync($"{Profiles}?external_id=api-dropped")).Body!["items"]!.AsArray());
    }

    [Fact]
    public async Task Import_WrongShape_NamesTheMember()
    {
        Assert.Contains("/rows", (await server.PostAsync($"{Profiles}/import", new JsonObject())).Pointers);
        Assert.Contains("/rows", (await server.PostAsync($"{Profiles}/import", new JsonObject { ["rows"] = new JsonArray() })).Pointers);
        Assert.Contains("/colour", (await server.PostAsync($"{Profiles}/import", new JsonObject { ["rows"] = new JsonArray(new JsonObject()), ["colour"] = 1 })).Pointers);
        var large = new JsonObject { ["rows"] = new JsonArray(new JsonObject { ["email"] = new string('e', 5_000_000) }) };
        Assert.Equal((413, "request_too_large"), Outcome(await server.PostAsync($"{Profiles}/import", large)));
    }

    [Theory]
    [InlineData("email=not-an-address", 400, "email_invalid")]
    [InlineData("email=a%40example.com&q=b", 400, "query_ambiguous")]
    public async Task Find_BadQuery_Answers400(string query, int status, string code) => Assert.Equal((status, code), Outcome(await server.GetAsync($"{Profiles}?{query}")));

    [Fact]
    public async Task Find_UnknownIdentifier_IsAnEmptyList() =>
        Assert.Empty((await server.GetAsync($"{Profiles}?email=nobody%40example.com")).Body!["items"]!.AsArray());

    [Theory]
    [InlineData("")]
    [InlineData("/history")]
    [InlineData("/why?field=email")]
    public async Task Get_UnknownProfile_Answers404(string suffix) =>
        Assert.Equal((404, "profile_unknown"), Outcome(await server.GetAsync($"{Profiles}/01HZZZZZZZZZZZZZZZZZZZZZZZ{suffix}")));

    private static JsonObject Rows(params JsonNode[] rows) => new() { ["rows"] = new JsonArray(rows) };

    private static (int Status, string? Code) Outcome(Answer answer) => (answer.Status, answer.Code);
}
