using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>An emulated project of its own, in a location that has to be named. Answers hold few rows, so that every page is joined from several.</summary>
public sealed class BigQuerySeeder : EmulatedSeeder
{
    public const string Dataset = "crm";
    public const string Location = "europe-west3";

    private readonly WarehouseHttpFactory _http;
    private readonly string _keyFile;

    private BigQuerySeeder(BigQueryEmulator emulator)
        : base(emulator, emulator.Dataset(Dataset))
    {
        Emulator = emulator;
        _http = new WarehouseHttpFactory(
            new WarehouseNetworkOptions { AllowPrivateAddresses = true, RetryDelay = TimeSpan.FromMilliseconds(1), MaxRetryDelay = TimeSpan.FromMilliseconds(5) }, emulator.Clock, handler: null);
        _keyFile = emulator.Authentication.CreateKeyFile(emulator.TokenUri);
        emulator.Switches.PageRows = 3;
        emulator.Dataset(Dataset).Location = Location;
    }

    public BigQueryEmulator Emulator { get; }

    public static async Task<BigQuerySeeder> StartAsync() => new(await BigQueryEmulator.StartAsync(new BigQueryEmulatorOptions()));

    public override IWarehouse Open() => Open([]);

    public IWarehouse Open(params (string Name, string Value)[] settings) => Open(_keyFile, settings);

    public override (IWarehouse Warehouse, string ExpectedCode) OpenRefused()
    {
        using var other = RSA.Create(2048);
        var keyFile = _keyFile.Replace(KeyOf(_keyFile), other.ExportPkcs8PrivateKeyPem().Replace("\n", "\\n", StringComparison.Ordinal), StringComparison.Ordinal);
        return (Open(keyFile, []), WarehouseErrors.SignInRefused);
    }

    public override DatasetName Name(string table) => new(Dataset, table);

    /// <summary>Jobs that were started and neither read nor cancelled.</summary>
    public override Task<int> CountOpenConnectionsAsync()
    {
        var entries = Emulator.Journal.Entries;
        return Task.FromResult(entries
            .Where(entry => entry.Method == "POST" && entry.Path.EndsWith("/jobs", StringComparison.Ordinal) && entry.Status == 200 && entry.Handle is not null)
            .Count(job => !entries.Any(later => later.Number > job.Number && later.Path.Contains(job.Handle!, StringComparison.Ordinal) && later.Status == 200)));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _http.Dispose();
    }

    internal BigQueryWarehouseType Type() => new(_http, Options.Create(new BigQueryOptions { TokenEndpoint = Emulator.TokenUri, PollTimeout = TimeSpan.FromSeconds(1) }));

    private static string KeyOf(string keyFile)
    {
        var start = keyFile.IndexOf("-----BEGIN", StringComparison.Ordinal);
        return keyFile[start..(keyFile.IndexOf("-----END PRIVATE KEY-----", StringComparison.Ordinal) + "-----END PRIVATE KEY-----".Length)];
    }

    private IWarehouse Open(string keyFile, (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>
        {
            ["project"] = Emulator.Options.ProjectId,
            ["endpoint"] = Emulator.BaseAddress.GetLeftPart(UriPartial.Authority),
        };
        foreach (var (name, value) in settings) values[name] = value;
        return Type().Open(new WarehouseSettings(values, new Dictionary<string, string> { ["service_account_key"] = keyFile }));
    }

    protected override string Sql(string table) => $"`{Emulator.Options.ProjectId}.{Dataset}.{table}`";

    protected override SqlType TypeOf(SeedType type) => type switch
    {
        SeedType.BigInteger or SeedType.SmallInteger => BigQueryType.Int64,
        SeedType.Decimal => BigQueryType.Numeric,
        SeedType.Double or SeedType.Real => BigQueryType.Float64,
        SeedType.Boolean => BigQueryType.Bool,
        SeedType.Text or SeedType.CollatedText => BigQueryType.String,
        SeedType.Date => BigQueryType.Date,
        SeedType.Timestamp => BigQueryType.DateTime,
        SeedType.TimestampWithZone => BigQueryType.Timestamp,
        SeedType.Unreadable => BigQueryType.Bytes,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
