using System.Security.Cryptography;
using System.Text.Json.Nodes;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Journal;
using WarehouseImport.Emulators.Snowflake;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>A warehouse service that an emulator plays. Results come in small parts, so that a run needs many requests.</summary>
internal abstract class EmulatedSource : SourceWarehouse
{
    public abstract RequestJournal Journal { get; }

    public abstract FaultPlan Faults { get; }

    // A retry must be seen, not waited for.
    public override IReadOnlyDictionary<string, string?> ServerSettings { get; } = new Dictionary<string, string?>
    {
        [$"{WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.AllowPrivateAddresses)}"] = "true",
        [$"{WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.RetryDelay)}"] = "00:00:00.005",
        [$"{WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.MaxRetryDelay)}"] = "00:00:00.050",
    };

    /// <summary>How often a statement over windows was executed, whoever asked for it and how often.</summary>
    public abstract int WindowExecutions { get; }

    protected abstract EmulatedSchema Target { get; }

    protected abstract SqlType TextType { get; }

    protected abstract SqlType InstantType { get; }

    public override Task WriteAsync(params SourceTable[] tables)
    {
        foreach (var table in tables)
        {
            Target
                .Table(table.Name, builder =>
                {
                    foreach (var column in table.Columns) builder.Column(column, TextType);
                    builder.Column(SourceTable.Cursor, InstantType);
                })
                .InsertMany(table.Rows.Select(row => row.Cells.Append(row.InstantText is { } instant ? $"{instant} +00:00" : null).ToArray<object?>()));
        }

        return Task.CompletedTask;
    }

    public override void AssertUnderstood() => Assert.Empty(Journal.UnknownStatements.Select(entry => $"{entry.UnknownSql}: {entry.Statement}"));
}

internal sealed class SnowflakeSource : EmulatedSource
{
    private const string Database = "SHOP";
    private const string SchemaName = "CRM";

    private readonly SnowflakeEmulator _emulator;
    private readonly string _privateKey;

    private SnowflakeSource(SnowflakeEmulator emulator, int pageRows)
    {
        _emulator = emulator;
        using var key = RSA.Create(2048);
        _privateKey = key.ExportPkcs8PrivateKeyPem();
        emulator.Authentication.DefaultUser.AddPublicKey(key);

        // The first row of the first partition is the window's statistics; the rest keeps the borders of partitions, where a page always ends, at full pages.
        emulator.Switches.FirstPartitionRows = 1 + pageRows;
        emulator.Switches.PartitionRows = 2 * pageRows;
    }

    public override JsonObject Connection => new()
    {
        ["name"] = "warehouse",
        ["type"] = "snowflake",
        ["settings"] = new JsonObject
        {
            ["account"] = _emulator.Options.Account,
            ["url"] = _emulator.BaseAddress.AbsoluteUri,
            ["user"] = _emulator.Options.UserName,
            ["role"] = _emulator.Options.RoleName,
            ["warehouse"] = _emulator.Options.WarehouseName,
            ["databases"] = Database,
        },
        ["secret"] = new JsonObject { ["private_key"] = _privateKey },
    };

    public override string Schema => $"{Database}.{SchemaName}";

    public override RequestJournal Journal => _emulator.Journal;

    public override FaultPlan Faults => _emulator.Faults;

    public override int WindowExecutions => Journal.Entries.Count(entry => entry.Executed && entry.Statement?.Contains("WI_KIND", StringComparison.Ordinal) == true);

    protected override EmulatedSchema Target => _emulator.Database(Database).Schema(SchemaName);

    protected override SqlType TextType => SnowflakeType.Varchar();

    protected override SqlType InstantType => SnowflakeType.TimestampTz();

    /// <param name="pageRows">How many rows the product reads at once.</param>
    public static async Task<SnowflakeSource> StartAsync(int pageRows) => new(await SnowflakeEmulator.StartAsync(new SnowflakeEmulatorOptions()), pageRows);

    public override ValueTask DisposeAsync() => _emulator.DisposeAsync();
}

internal sealed class BigQuerySource : EmulatedSource
{
    private const string Dataset = "crm";

    private readonly BigQueryEmulator _emulator;
    private readonly string _keyFile;

    private BigQuerySource(BigQueryEmulator emulator, int pageRows)
    {
        _emulator = emulator;
        _keyFile = emulator.Authentication.CreateKeyFile(emulator.TokenUri);
        emulator.Switches.PageRows = pageRows * 2 / 3;
        emulator.Dataset(Dataset).Location = "europe-west3";
    }

    public override JsonObject Connection => new()
    {
        ["name"] = "warehouse",
        ["type"] = "bigquery",
        ["settings"] = new JsonObject
        {
            ["project"] = _emulator.Options.ProjectId,
            ["endpoint"] = _emulator.BaseAddress.GetLeftPart(UriPartial.Authority),
        },
        ["secret"] = new JsonObject { ["service_account_key"] = _keyFile },
    };

    public override string Schema => Dataset;

    public override IReadOnlyDictionary<string, string?> ServerSettings => new Dictionary<string, string?>(base.ServerSettings)
    {
        [$"{BigQueryOptions.SectionName}:{nameof(BigQueryOptions.TokenEndpoint)}"] = _emulator.TokenUri.AbsoluteUri,
    };

    public override RequestJournal Journal => _emulator.Journal;

    public override FaultPlan Faults => _emulator.Faults;

    public override int WindowExecutions => Journal.Entries.Count(entry => entry.Executed && entry.Path.EndsWith("/jobs", StringComparison.Ordinal));

    protected override EmulatedSchema Target => _emulator.Dataset(Dataset);

    protected override SqlType TextType => BigQueryType.String;

    protected override SqlType InstantType => BigQueryType.Timestamp;

    /// <param name="pageRows">How many rows the product reads at once.</param>
    public static async Task<BigQuerySource> StartAsync(int pageRows) => new(await BigQueryEmulator.StartAsync(new BigQueryEmulatorOptions()), pageRows);

    public override ValueTask DisposeAsync() => _emulator.DisposeAsync();
}
