using Spectre.Console;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Sample;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Storage;

namespace WarehouseImport.Server.Demo;

/// <summary>
/// The whole path on one machine: sample warehouse, four syncs, first runs, a changed warehouse, incremental runs, a report that is checked
/// against what the sample knows to be right.
/// </summary>
internal static class DemoCommand
{
    private const string AnyFreePort = "http://127.0.0.1:0";
    private const int PlainWidth = 160;

    public static async Task<int> RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected) console.Profile.Width = PlainWidth;
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();

        var folder = DemoFolder.Prepare(options.Folder);
        console.WriteLine($"Writing the sample warehouse {folder.Warehouse}");
        var first = SampleWarehouse.Create(folder.Warehouse);

        await using var warehouse = await DemoWarehouse.StartAsync(options.Warehouse, folder, cancellationToken);
        var apiKey = ApiKey.Generate();
        await using var app = ServerHost.Build([], Settings(options, folder, warehouse, apiKey), static builder => builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error));
        await app.StartAsync(cancellationToken);
        var address = app.Urls.First();
        using var client = new DemoClient(address, apiKey);

        var connectionId = await warehouse.ConnectAsync(client, cancellationToken);
        var customers = new DemoSync("CRM customers", await client.CreateSyncAsync(warehouse.Translate(DemoSyncs.Customers(connectionId)), cancellationToken));
        var balances = new DemoSync("Loyalty balances", await client.CreateSyncAsync(warehouse.Translate(DemoSyncs.Balances(connectionId)), cancellationToken));
        var segments = new DemoSync("Segments", await client.CreateSyncAsync(warehouse.Translate(DemoSyncs.Segments(connectionId)), cancellationToken));

        var signups = new DemoSync("Web sign-ups", await client.CreateSyncAsync(warehouse.Translate(DemoSyncs.Signups(connectionId)), cancellationToken));

        var runs = new DemoRuns(console, client);
        var results = new List<DemoResult>();
        console.WriteLine("First runs: everything");
        results.AddRange(await runs.RunAsync([(customers, first.Customers), (balances, first.Balances), (segments, first.Segments), (signups, first.Signups)], cancellationToken));

        console.WriteLine("Changing part of the sample, then incremental runs: only what is new, changed or late");
        var second = SampleWarehouse.Change(folder.Warehouse);
        await warehouse.RefreshAsync(cancellationToken);
        results.AddRange(await runs.RunAsync([(customers, second.Customers), (balances, second.Balances), (segments, second.Segments), (signups, second.Signups)], cancellationToken));

        var report = new DemoReport(console);
        report.ShowCounts(results);
        report.ShowErrors(results);
        var profile = await client.GetProfileAsync(SamplePeople.CustomerId(CustomerScript.Showcase), cancellationToken);
        report.ShowProfile(profile, await client.GetHistoryAsync(profile.Id, cancellationToken));
        var people = await new DemoPeople(client).CheckAsync(SampleWarehouse.People(), cancellationToken);
        report.ShowPeople(people);
        var isRight = report.ShowVerdict(results, people, clock.GetElapsedTime(started));

        if (!options.Exit)
        {
            report.ShowAddress(address, apiKey);
            await app.WaitForShutdownAsync(cancellationToken);
        }

        await app.StopAsync(cancellationToken);
        return isRight ? 0 : 1;
    }

    private static Dictionary<string, string?> Settings(DemoOptions options, DemoFolder folder, DemoWarehouse warehouse, string apiKey) => new(warehouse.ServerSettings)
    {
        [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)}"] = nameof(StorageProvider.Sqlite),
        [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Path)}"] = folder.Storage,
        [ApiKeyRegistry.EnvironmentVariable] = apiKey,
        [WrappingKey.EnvironmentVariable] = null,
        [WebHostDefaults.ServerUrlsKey] = options.Urls ?? (options.Exit ? AnyFreePort : ServerHost.DefaultUrl),
    };
}

internal sealed record DemoSync(string Name, Guid Id);
