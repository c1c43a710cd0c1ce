using System.Text.Json.Nodes;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Server.Demo;

/// <summary>Where the demo's syncs read the sample from: its DuckDB file, or an emulator of a warehouse service that serves the file's tables.</summary>
internal abstract class DemoWarehouse : IAsyncDisposable
{
    public const string DuckDb = "duckdb";
    public const string Snowflake = "snowflake";
    public const string BigQuery = "bigquery";

    /// <summary>Settings of the server without which it would not speak to this warehouse.</summary>
    public virtual IReadOnlyDictionary<string, string?> ServerSettings { get; } = new Dictionary<string, string?>();

    /// <param name="kind">One of the constants of this class.</param>
    /// <exception cref="DemoException">The emulator cannot be started.</exception>
    public static async Task<DemoWarehouse> StartAsync(string kind, DemoFolder folder, CancellationToken cancellationToken) => kind switch
    {
        DuckDb => new SampleFile(folder.Warehouse),
        Snowflake => new EmulatedSnowflake(await EmulatorProcess.StartAsync(kind, folder, [], cancellationToken)),
        BigQuery => new EmulatedBigQuery(await EmulatorProcess.StartAsync(kind, folder, ["--key-file", folder.ServiceAccountKey], cancellationToken), folder.ServiceAccountKey),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The demo has no such warehouse."),
    };

    /// <returns>The id of the connection that reads the sample.</returns>
    public abstract Task<Guid> ConnectAsync(DemoClient client, CancellationToken cancellationToken);

    /// <summary>The sample changed; the warehouse shows it from now on.</summary>
    public virtual Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A sync of the sample file, with dataset and columns as this warehouse calls them.</summary>
    public virtual JsonObject Translate(JsonObject sync) => sync;

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class SampleFile(string path) : DemoWarehouse
    {
        public override Task<Guid> ConnectAsync(DemoClient client, CancellationToken cancellationToken) =>
            client.CreateConnectionAsync("Sample warehouse", DuckDb, new Dictionary<string, string> { ["path"] = path }, null, cancellationToken);
    }

    /// <summary>Signs in as a customer's account would: with a key pair the product makes, whose public half the warehouse is told.</summary>
    private sealed class EmulatedSnowflake(EmulatorProcess emulator) : DemoWarehouse
    {
        public override IReadOnlyDictionary<string, string?> ServerSettings { get; } = EmulatorsAllowed();

        public override async Task<Guid> ConnectAsync(DemoClient client, CancellationToken cancellationToken)
        {
            var settings = new Dictionary<string, string>
            {
                ["account"] = emulator.Fact("Account"),
                ["url"] = emulator.Fact("Base URL"),
                ["user"] = emulator.Fact("User"),
                ["role"] = emulator.Fact("Role"),
                ["warehouse"] = emulator.Fact("Warehouse"),
                ["databases"] = emulator.Fact("Database"),
            };
            var connectionId = await client.CreateConnectionAsync("Emulated Snowflake", Snowflake, settings, null, cancellationToken);
            var publicKey = await client.CreateKeyPairAsync(connectionId, cancellationToken);
            await emulator.ControlAsync("keys", new JsonObject { ["publicKey"] = $"-----BEGIN PUBLIC KEY-----\n{publicKey}\n-----END PUBLIC KEY-----" }, cancellationToken);
            return connectionId;
        }

        public override Task RefreshAsync(CancellationToken cancellationToken) => emulator.ReloadAsync(cancellationToken);

        // Snowflake stores names that were not quoted in upper case.
        public override JsonObject Translate(JsonObject sync)
        {
            var name = (string)sync["dataset"]!;
            sync["dataset"] = string.Join('.', [Quoted(emulator.Fact("Database")), .. name.ToUpperInvariant().Split('.').Select(Quoted)]);
            JsonNode?[] named = [sync["identifier"], sync["cursor"], .. sync["fields"]!.AsArray()];
            foreach (var part in named) part!["column"] = ((string)part["column"]!).ToUpperInvariant();
            return sync;
        }

        public override ValueTask DisposeAsync() => emulator.DisposeAsync();

        private static string Quoted(string part) => $"\"{part}\"";
    }

    private sealed class EmulatedBigQuery(EmulatorProcess emulator, string keyFile) : DemoWarehouse
    {
        public override IReadOnlyDictionary<string, string?> ServerSettings { get; } = new Dictionary<string, string?>(EmulatorsAllowed())
        {
            [$"{BigQueryOptions.SectionName}:{nameof(BigQueryOptions.TokenEndpoint)}"] = emulator.Fact("Token URL"),
        };

        public override async Task<Guid> ConnectAsync(DemoClient client, CancellationToken cancellationToken)
        {
            var settings = new Dictionary<string, string>
            {
                ["project"] = emulator.Fact("Project"),
                ["endpoint"] = new Uri(emulator.Fact("Base URL")).GetLeftPart(UriPartial.Authority),
                ["use_storage_api"] = "false",
            };
            var secret = new Dictionary<string, string> { ["service_account_key"] = await File.ReadAllTextAsync(keyFile, cancellationToken) };
            return await client.CreateConnectionAsync("Emulated BigQuery", BigQuery, settings, secret, cancellationToken);
        }

        public override Task RefreshAsync(CancellationToken cancellationToken) => emulator.ReloadAsync(cancellationToken);

        public override ValueTask DisposeAsync() => emulator.DisposeAsync();
    }

    private static Dictionary<string, string?> EmulatorsAllowed() => new()
    {
        [$"{WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.AllowPrivateAddresses)}"] = "true",
    };
}
