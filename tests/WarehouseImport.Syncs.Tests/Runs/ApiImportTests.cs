using System.Text;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;

namespace WarehouseImport.Syncs.Tests.Runs;

public sealed class ApiImportTests
{
    private const string Body = """[{"external_id":"a","first_name":"Ann"},{"first_name":"Nobody"},{"external_id":"b","first_name":"Bob"}]""";

    private readonly RunWorld _world = new();

    [Fact]
    public async Task ImportAsync_KeyRepeated_ReturnsTheFirstResult()
    {
        var first = await ImportAsync(Body, "key");

        var second = await ImportAsync(Body, "key");

        Assert.Equal(new OutcomeCounts(Created: 2, Failed: 1), first.Counts);
        Assert.Equal("identifier_missing", Assert.Single(first.Errors).Problems[0].Problem.Code);
        Assert.Equal((first.RunId, first.Counts), (second.RunId, second.Counts));
        Assert.Single(_world.Database.Runs);
    }

    [Theory]
    [InlineData(FaultPointId.BatchCommitted)]
    [InlineData(FaultPointId.AnswerPending)]
    [InlineData(FaultPointId.Completing)]
    public async Task ImportAsync_InterruptedAndRepeated_CountsOnce(FaultPointId point)
    {
        FaultPlan.At(point, 1, _world.Process.KillAsync);
        await Assert.ThrowsAsync<ProcessEndedException>(() => ImportAsync(Body, "key"));
        FaultPlan.Clear();
        _world.NewProcess();
        _world.Time.Advance(TimeSpan.FromMinutes(5));

        var repeated = await ImportAsync(Body, "key");
        var other = await ImportAsync(Body.Replace("Ann", "Zoe", StringComparison.Ordinal), "other");

        Assert.Equal(new OutcomeCounts(Created: 2, Failed: 1), repeated.Counts);
        Assert.Equal(new OutcomeCounts(Updated: 1, Unchanged: 1, Failed: 1), other.Counts);
    }

    [Fact]
    public async Task ImportAsync_KeyOfAnotherUnfinishedImport_IsRefused()
    {
        FaultPlan.At(FaultPointId.AnswerPending, 1, _world.Process.KillAsync);
        await Assert.ThrowsAsync<ProcessEndedException>(() => ImportAsync(Body, "key"));
        FaultPlan.Clear();
        _world.NewProcess();

        var reused = await ImportAsync("""[{"external_id":"z"}]""", "key");

        Assert.Equal(ApiImportStatus.KeyReused, reused.Status);
    }

    [Fact]
    public async Task ImportAsync_KeyOfAnotherFinishedImport_IsRefusedAndWritesNothing()
    {
        var first = await ImportAsync(Body, "key");

        var reused = await ImportAsync("""[{"external_id":"z"}]""", "key");

        Assert.Equal((ApiImportStatus.KeyReused, first.RunId), (reused.Status, reused.RunId));
        Assert.Single(_world.Database.Runs);
        Assert.DoesNotContain(_world.Database.Identifiers.Keys, identifier => identifier.Value == "z");
    }

    private async Task<ApiImportResult> ImportAsync(string body, string key)
    {
        using var json = JsonDocument.Parse(body);
        var rows = json.RootElement.EnumerateArray().ToList();
        return await _world.ApiImport.ImportAsync(at => new ApiRowReader().Read(rows, at), rows.Count, Encoding.UTF8.GetBytes(body), key, TestContext.Current.CancellationToken);
    }
}
