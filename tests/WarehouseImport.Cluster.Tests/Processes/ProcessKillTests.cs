using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Cluster.Tests.Processes;

/// <summary>
/// G16, G17, G20 with real processes: whatever moment a server is killed at, the next one finishes the run without being told to, and what is stored and
/// counted is what an undisturbed run stores and counts.
/// </summary>
public abstract class ProcessKillTests
{
    private const int People = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected abstract StorageProvider Provider { get; }

    protected async Task KillAtAsync(string fault)
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = new DuckDbSource(storage.Folder);
        await KillAtAsync(storage, warehouse, fault);
    }

    // FP03: the warehouse has the statement, and nobody has stored its handle. It is found by the request id stored before, not executed again (H23).
    private protected static async Task KillAtAsync(TestStorage storage, EmulatedSource warehouse)
    {
        await KillAtAsync(storage, warehouse, "FP03");

        // One picture for the set-up of the sync and one for the run.
        Assert.Equal(2, warehouse.WindowExecutions);
        warehouse.AssertUnderstood();
    }

    private static async Task KillAtAsync(TestStorage storage, SourceWarehouse warehouse, string fault)
    {
        var customers = new CustomerSource(People);
        await warehouse.WriteAsync(customers.Table);
        var apiKey = ApiKey.Generate();
        Guid syncId;
        await using (var server = await StartAsync(storage, warehouse, apiKey, fault))
        {
            using var api = new TestApi(server.Address, apiKey);
            syncId = await api.CreateSyncAsync(CustomerSource.Sync(await api.CreateConnectionAsync(warehouse.Connection), warehouse.Schema));

            // The process may end before it answers.
            var starting = api.StartRunAsync(syncId);
            Assert.Equal(ServerProcess.KilledExitCode, await server.WaitForEndAsync());
            await ((Task)starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await AssertFinishesAsync(storage, warehouse, apiKey, syncId, customers, fault == "FP12" ? RunStatus.SucceededWithRowErrors : RunStatus.Running);
    }

    [Fact]
    public async Task Run_ProcessKilledFromOutside_FinishesAfterRestart()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = new DuckDbSource(storage.Folder);
        var customers = new CustomerSource(20 * People);
        await warehouse.WriteAsync(customers.Table);
        var apiKey = ApiKey.Generate();
        Guid syncId;
        await using (var server = await StartAsync(storage, warehouse, apiKey, null))
        {
            using var api = new TestApi(server.Address, apiKey);
            syncId = await api.CreateSyncAsync(CustomerSource.Sync(await api.CreateConnectionAsync(warehouse.Connection)));
            var runId = await api.StartRunAsync(syncId);
            await foreach (var step in api.WatchAsync(runId))
            {
                if ((string?)step["phase"] == RunPhases.Importing && (long)step["counts"]!["read"]! > 0) break;
            }

            Assert.Equal(ServerProcess.KilledExitCode, await server.KillAsync());
        }

        await AssertFinishesAsync(storage, warehouse, apiKey, syncId, customers, RunStatus.Running);
    }

    private static async Task AssertFinishesAsync(TestStorage storage, SourceWarehouse warehouse, string apiKey, Guid syncId, CustomerSource customers, RunStatus left)
    {
        await using var database = StoredProfiles.Open(storage);
        var interrupted = Assert.Single(await database.GetRequiredService<IRunStore>().ListAsync(syncId, null, 10, TestContext.Current.CancellationToken));
        Assert.Equal(left, interrupted.Status);

        await using var server = await StartAsync(storage, warehouse, apiKey, null);
        using var api = new TestApi(server.Address, apiKey);
        var run = await FinishedAsync(api, interrupted.Id, server);

        var (fold, expected) = customers.Expect();
        var counts = run["counts"]!;
        Assert.Equal("succeeded_with_row_errors", (string?)run["status"]);
        Assert.Equal(expected.ToString(), Counts.Text(counts));
        Assert.Equal(customers.Table.Rows.Count, (long)counts["read"]!);
        Assert.Equal((long)counts["read"]!, Counts.Sum(counts));
        Assert.Single(await api.ListAsync($"syncs/{syncId}/runs"));
        await StoredProfiles.AssertEqualAsync(fold, database.GetRequiredService<IProfileReader>());
        await StoredProfiles.AssertExplainedAsync(database.GetRequiredService<IProfileReader>());
    }

    private static async Task<JsonNode> FinishedAsync(TestApi api, Guid runId, ServerProcess server)
    {
        try
        {
            return await WatchToEndAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The run has not finished {Patience} after the restart:\n{server.Output}");
        }

        async Task<JsonNode> WatchToEndAsync()
        {
            await foreach (var _ in api.WatchAsync(runId)) continue;
            return await api.GetRunAsync(runId);
        }
    }

    private static Task<ServerProcess> StartAsync(TestStorage storage, SourceWarehouse warehouse, string apiKey, string? fault) => ServerProcess.StartAsync(
        storage,
        apiKey,
        fault,
        [("Runs:PageRows", "20"), ("Runs:PagesInFlight", "2"), ("Runs:Partitions", "4"), .. warehouse.ServerSettings.Select(setting => (setting.Key, setting.Value!))]);
}

public sealed class SqliteProcessKillTests : ProcessKillTests
{
    protected override StorageProvider Provider => StorageProvider.Sqlite;

    [Theory]
    [InlineData("FP02")]
    [InlineData("FP04")]
    [InlineData("FP06:3")]
    [InlineData("FP07:3")]
    [InlineData("FP08:4")]
    [InlineData("FP09:4")]
    [InlineData("FP10")]
    [InlineData("FP11")]
    [InlineData("FP12")]
    public Task Run_ProcessKilledAtPoint_FinishesAfterRestart(string fault) => KillAtAsync(fault);

    [Fact]
    public async Task Run_ProcessKilledAfterSnowflakeStatement_TakesItUp()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await SnowflakeSource.StartAsync(20);
        await KillAtAsync(storage, warehouse);
    }

    [Fact]
    public async Task Run_ProcessKilledAfterBigQueryJob_TakesItUp()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await BigQuerySource.StartAsync(20);
        await KillAtAsync(storage, warehouse);
    }
}

public sealed class PostgresProcessKillTests : ProcessKillTests
{
    protected override StorageProvider Provider => StorageProvider.Postgres;

    [Theory]
    [InlineData("FP02")]
    [InlineData("FP08:9")]
    [InlineData("FP09:9")]
    [InlineData("FP11")]
    public Task Run_ProcessKilledAtPoint_FinishesAfterRestart(string fault) => KillAtAsync(fault);
}
