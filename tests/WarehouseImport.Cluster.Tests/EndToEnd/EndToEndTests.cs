using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WarehouseImport.Cluster.Tests.Support;
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

    protected abstract StorageProvider Provider { get; }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Runs_ManyRoundsFromDuckDb_EqualTheReferenceFold(int seed)
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = new DuckDbSource(storage.Folder);
        await RunRoundsAsync(storage, warehouse, "main", seed);
    }

    [Fact]
    public async Task Runs_ManyRoundsFromPostgres_EqualTheReferenceFold()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var warehouse = await PostgresSource.CreateAsync();
        await RunRoundsAsync(storage, warehouse, "public", 3);
    }

    private static async Task RunRoundsAsync(TestStorage storage, SourceWarehouse warehouse, string schema, int seed)
    {
        var apiKey = ApiKey.Generate();
        await using var app = ServerHost.Build([], Settings(storage, apiKey), static builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Error);

            // More partitions than SQLite's default, so that partitions matter on both stores.
            builder.Services.PostConfigure<RunEngineOptions>(static options => (options.PageRows, options.Partitions) = (PageRows, 4));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var api = new TestApi(new Uri(app.Urls.First()), apiKey);
        var reader = app.Services.GetRequiredService<IProfileReader>();

        var random = new Random(seed);
        var feeds = new Feed[] { new CustomerFeed(), new BalanceFeed(), new SegmentFeed() };
        var population = new Population(random, PageRows);
        var fold = new ReferenceFold();
        foreach (var feed in feeds) population.Begin(feed);
        await warehouse.WriteAsync([.. feeds.Select(feed => feed.Table)]);
        var connectionId = await api.CreateConnectionAsync(warehouse.Connection);
        foreach (var feed in feeds) feed.SyncId = await api.CreateSyncAsync(feed.Sync(connectionId, schema));

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

    private static Dictionary<string, string?> Settings(TestStorage storage, string apiKey) => new(storage.Settings)
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
