using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.EndToEnd;

/// <summary>
/// The whole path through the real host: three syncs over one population that overlap in identifiers and properties, round after round, against a fold that shares
/// no code with the product (G1, G3, G4, G5, G8, G10, G11, G12, G15, G20, H1, H4, H6, H10, H15).
/// </summary>
public abstract class EndToEndTests
{
    private const int Rounds = 6;
    private const int PageRows = 50;
    private const int FewPeople = 30;
    private const int FewRows = 8;

    protected abstract StorageProvider Provider { get; }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Runs_ManyRoundsFromDuckDb_EqualTheReferenceFold(int seed)
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = new DuckDbSource(storage.Folder);
        await RunRoundsAsync(storage, warehouse, seed);
    }

    [Fact]
    public async Task Runs_ManyRoundsFromPostgres_EqualTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await PostgresSource.CreateAsync();
        await RunRoundsAsync(storage, warehouse, 3);
    }

    [Fact]
    public async Task Runs_ManyRoundsFromSnowflake_EqualTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await SnowflakeSource.StartAsync(PageRows);
        await RunRoundsAsync(storage, warehouse, 4);
    }

    [Fact]
    public async Task Runs_ManyRoundsFromBigQuery_EqualTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await BigQuerySource.StartAsync(PageRows);
        await RunRoundsAsync(storage, warehouse, 2);
    }

    [Fact]
    public async Task Run_FaultAtEachSnowflakeRequestOnce_EqualsTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await SnowflakeSource.StartAsync(FewRows);
        await FailEachRequestAsync(storage, warehouse);
    }

    [Fact]
    public async Task Run_FaultAtEachBigQueryRequestOnce_EqualsTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await BigQuerySource.StartAsync(FewRows);
        await FailEachRequestAsync(storage, warehouse);
    }

    /// <summary>
    /// H23, H27: a new sync of people nobody knows, once without a fault, and then once for each request between creating the sync and the end of its run, which fails
    /// there and nowhere else.
    /// </summary>
    private static async Task FailEachRequestAsync(TestStorage storage, EmulatedSource warehouse)
    {
        FaultAction[] faults =
        [
            new FaultAction.Respond(503),
            new FaultAction.Respond(503) { AfterWork = true },
            new FaultAction.Reset(),
            new FaultAction.Reset { AfterWork = true },
            new FaultAction.CutBody(),
            new FaultAction.CutBody(IsClean: true),
        ];
        var apiKey = ApiKey.Generate();
        await using var app = await StartAsync(storage, warehouse, apiKey, FewRows);
        using var api = new TestApi(new Uri(app.Urls.First()), apiKey);
        var connectionId = await api.CreateConnectionAsync(warehouse.Connection);
        var fold = new ReferenceFold();

        await ImportAsync("without a fault", 0);
        var requests = warehouse.Journal.Entries.Count;

        // One picture for the set-up, which looks whether the rows come in the same order again, and one for the run.
        var executions = warehouse.WindowExecutions;
        Assert.Equal(2, executions);
        for (var request = 0; request < requests; request++)
        {
            warehouse.Journal.Clear();
            warehouse.Faults.Clear();
            var fault = faults[request % faults.Length];
            var armed = warehouse.Faults.Arm(new FaultMatch { Skip = request }, fault);

            await ImportAsync($"{fault} at request {request} of {requests}", 1 + request);

            Assert.True(armed.Hits == 1, $"Request {request} was not made.");
            Assert.True(warehouse.WindowExecutions == executions, $"{fault} at request {request}: {warehouse.WindowExecutions} statements were executed in place of {executions}.");
        }

        await StoredProfiles.AssertEqualAsync(fold, app.Services.GetRequiredService<IProfileReader>());
        await StoredProfiles.AssertExplainedAsync(app.Services.GetRequiredService<IProfileReader>());
        await app.StopAsync(TestContext.Current.CancellationToken);

        async Task ImportAsync(string when, int series)
        {
            var customers = new CustomerSource(FewPeople, series * FewPeople);
            await warehouse.WriteAsync(customers.Table);
            var sync = CustomerSource.Sync(connectionId, warehouse.Schema);
            sync["name"] = $"customers {series}";
            sync["allowSharedProperties"] = new JsonArray("first_name", "properties.tier");

            var run = await api.RunAsync(await api.CreateSyncAsync(sync));

            var expected = customers.Expect(fold);
            Assert.True((string?)run["status"] == "succeeded_with_row_errors", $"{when}: {run}");
            Assert.Equal($"{when}: {expected}", $"{when}: {Counts.Text(run["counts"]!)}");
            Assert.Equal(customers.Table.Rows.Count, (long)run["counts"]!["read"]!);
            await StoredProfiles.AssertEqualAsync(fold, app.Services.GetRequiredService<IProfileReader>());
            warehouse.AssertUnderstood();
        }
    }

    private static async Task RunRoundsAsync(TestStorage storage, SourceWarehouse warehouse, int seed)
    {
        var apiKey = ApiKey.Generate();
        await using var app = await StartAsync(storage, warehouse, apiKey, PageRows);
        using var api = new TestApi(new Uri(app.Urls.First()), apiKey);
        var reader = app.Services.GetRequiredService<IProfileReader>();

        var random = new Random(seed);
        var feeds = new Feed[] { new CustomerFeed(), new BalanceFeed(), new SegmentFeed() };
        var population = new Population(random, PageRows);
        var fold = new ReferenceFold();
        foreach (var feed in feeds) population.Begin(feed);
        await warehouse.WriteAsync([.. feeds.Select(feed => feed.Table)]);
        var connectionId = await api.CreateConnectionAsync(warehouse.Connection);
        foreach (var feed in feeds) feed.SyncId = await api.CreateSyncAsync(feed.Sync(connectionId, warehouse.Schema));

        for (var round = 0; round < Rounds; round++)
        {
            if (round > 0)
            {
                foreach (var feed in feeds) population.Advance(feed, round);
                await warehouse.WriteAsync([.. feeds.Select(feed => feed.Table)]);
            }

            random.Shuffle(feeds);
            foreach (var feed in feeds) await AssertCountsAsync(api, feed, fold, $"seed {seed}, round {round}");
        }

        await StoredProfiles.AssertEqualAsync(fold, reader);
        await AssertRepeatsAreQuietAsync(api, feeds, fold, reader);
        await StoredProfiles.AssertExplainedAsync(reader);
        warehouse.AssertUnderstood();
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    // G11: the same window three times, then everything from the beginning. A sync is repeated at once, because a sync by e-mail address means other people as
    // soon as the customers' sync has moved an address.
    private static async Task AssertRepeatsAreQuietAsync(TestApi api, Feed[] feeds, ReferenceFold fold, IProfileReader reader)
    {
        foreach (var feed in feeds)
        {
            await AssertCountsAsync(api, feed, fold, "first of three");
            var before = await StoredProfiles.DumpAsync(reader);
            for (var repeat = 2; repeat <= 3; repeat++)
            {
                var counts = await AssertCountsAsync(api, feed, fold, $"repeat {repeat}");
                Assert.Equal((0, 0), ((long)counts["created"]!, (long)counts["updated"]!));
                Assert.Equal(before, await StoredProfiles.DumpAsync(reader));
            }
        }

        await StoredProfiles.AssertEqualAsync(fold, reader);
        foreach (var feed in feeds)
        {
            await api.RunAsync(feed.SyncId, full: true);
            var before = await StoredProfiles.DumpAsync(reader);
            var again = await api.RunAsync(feed.SyncId, full: true);

            Assert.Equal(feed.Window(Population.Ceiling, readsAll: true).Count, (long)again["counts"]!["read"]!);
            Assert.Equal(0, (long)again["counts"]!["created"]!);
            Assert.Equal(before, await StoredProfiles.DumpAsync(reader));
        }
    }

    private static async Task<JsonNode> AssertCountsAsync(TestApi api, Feed feed, ReferenceFold fold, string when)
    {
        var run = await api.RunAsync(feed.SyncId);
        var (expected, read) = feed.Expect(fold, (long)run["number"]!, Population.Ceiling);

        var counts = run["counts"]!;
        var window = run["window"]!;
        Assert.True((string?)run["status"] is "succeeded" or "succeeded_with_row_errors", $"{feed.Table.Name}, {when}: {run}");
        Assert.Equal($"{feed.Table.Name}, {when}: read {read}, {expected}", $"{feed.Table.Name}, {when}: read {(long)counts["read"]!}, {Counts.Text(counts)}");
        Assert.Equal((long)counts["read"]!, Counts.Sum(counts));
        Assert.Equal(feed.Table.Rows.Count, (long)window["totalRows"]!);
        Assert.Equal(feed.Table.Rows.Count(row => row.Instant is null), (long)window["nullCursorRows"]!);
        Assert.Equal(feed.Table.Rows.Count(row => row.Instant > Population.Ceiling), (long)window["rowsAboveCeiling"]!);
        return counts;
    }

    private static async Task<WebApplication> StartAsync(TestStorage storage, SourceWarehouse warehouse, string apiKey, int pageRows)
    {
        var app = ServerHost.Build([], Settings(storage, warehouse, apiKey), builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Error);

            // More partitions than SQLite's default, so that partitions matter on both stores.
            builder.Services.PostConfigure<RunEngineOptions>(options => (options.PageRows, options.Partitions) = (pageRows, 4));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static Dictionary<string, string?> Settings(TestStorage storage, SourceWarehouse warehouse, string apiKey) => new(storage.Settings.Concat(warehouse.ServerSettings))
    {
        ["urls"] = "http://127.0.0.1:0",
        [ApiKeyRegistry.EnvironmentVariable] = apiKey,
    };
}

public sealed class SqliteEndToEndTests : EndToEndTests
{
    protected override StorageProvider Provider => StorageProvider.Sqlite;
}

public sealed class PostgresEndToEndTests : EndToEndTests
{
    protected override StorageProvider Provider => StorageProvider.Postgres;
}
