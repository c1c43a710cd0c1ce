using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Snowflake;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Warehouses.Tests.Snowflake;

/// <summary>An emulated account of its own, with a key pair that the product made. Small partitions, so that every result has several.</summary>
public sealed class SnowflakeSeeder : EmulatedSeeder
{
    public const string Database = "SHOP";
    public const string Schema = "CRM";

    private readonly TimeProvider _clock;
    private readonly WarehouseHttpFactory _http;
    private readonly KeyPair _key;

    private SnowflakeSeeder(SnowflakeEmulator emulator, TimeProvider clock)
        : base(emulator, emulator.Database(Database).Schema(Schema))
    {
        Emulator = emulator;
        _clock = clock;
        Network = new WarehouseNetworkOptions { AllowPrivateAddresses = true };
        _http = new WarehouseHttpFactory(Network, clock, handler: null);
        _key = Type().GenerateKeyPair()!;
        emulator.Authentication.DefaultUser.AddPublicKey(_key.PublicKey);
        emulator.Switches.FirstPartitionRows = 3;
        emulator.Switches.PartitionRows = 10;
    }

    public SnowflakeEmulator Emulator { get; }

    public WarehouseNetworkOptions Network { get; }

    public static async Task<SnowflakeSeeder> StartAsync(TimeProvider? clock = null) =>
        new(await SnowflakeEmulator.StartAsync(new SnowflakeEmulatorOptions { Clock = clock ?? TimeProvider.System }), clock ?? TimeProvider.System);

    public override IWarehouse Open() => Open([]);

    public IWarehouse Open(params (string Name, string Value)[] settings) => Open(_key.PrivateKey, settings);

    public override (IWarehouse Warehouse, string ExpectedCode) OpenRefused()
    {
        using var other = RSA.Create(2048);
        return (Open(other.ExportPkcs8PrivateKeyPem(), []), WarehouseErrors.SignInRefused);
    }

    public override DatasetName Name(string table) => new(Database, Schema, table);

    /// <summary>Statements that were left running: accepted, and neither waited for nor cancelled.</summary>
    public override Task<int> CountOpenConnectionsAsync() => Task.FromResult(Emulator.Journal.Entries
        .Where(entry => entry.Handle is not null)
        .GroupBy(entry => entry.Handle)
        .Count(requests => requests.All(request => request.Status == 202)));

    /// <summary>Nothing but the documented paths was asked for.</summary>
    public override async ValueTask DisposeAsync()
    {
        var paths = Emulator.Journal.Entries.Select(entry => entry.Path).Where(path => !path.StartsWith("/api/v2/statements", StringComparison.Ordinal)).ToList();
        await base.DisposeAsync();
        _http.Dispose();
        Assert.Empty(paths);
    }

    private SnowflakeWarehouseType Type() => new(
        Options.Create(new SnowflakeOptions { PollDelay = TimeSpan.FromMilliseconds(1) }), Options.Create(Network), _http);

    private IWarehouse Open(string privateKey, (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>
        {
            ["account"] = Emulator.Options.Account,
            ["url"] = Emulator.BaseAddress.AbsoluteUri,
            ["user"] = Emulator.Options.UserName,
            ["role"] = Emulator.Options.RoleName,
            ["warehouse"] = Emulator.Options.WarehouseName,
            ["databases"] = Database,
        };
        var secrets = new Dictionary<string, string> { ["private_key"] = privateKey };
        foreach (var (name, value) in settings)
        {
            if (name is not ("oauth_token" or "programmatic_access_token"))
            {
                values[name] = value;
                continue;
            }

            secrets = new Dictionary<string, string> { [name] = value };
        }

        return Type().Open(new WarehouseSettings(values, secrets));
    }

    protected override string Sql(string table) => $"\"{Database}\".\"{Schema}\".\"{table}\"";

    protected override SqlType TypeOf(SeedType type) => type switch
    {
        SeedType.BigInteger => SnowflakeType.Number(),
        SeedType.SmallInteger => SnowflakeType.Number(5),
        SeedType.Decimal => SnowflakeType.Number(20, 3),
        SeedType.Double or SeedType.Real => SnowflakeType.Float,
        SeedType.Boolean => SnowflakeType.Boolean,
        SeedType.Text or SeedType.CollatedText => SnowflakeType.Varchar(),
        SeedType.Date => SnowflakeType.Date,
        SeedType.Timestamp => SnowflakeType.TimestampNtz(),
        SeedType.TimestampWithZone => SnowflakeType.TimestampTz(),
        SeedType.Unreadable => SnowflakeType.Binary(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
