using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>An emulator of BigQuery's REST interface, version 2, and of Google's token endpoint, over DuckDB.</summary>
/// <remarks>
/// <c>await using var server = await BigQueryEmulator.StartAsync(new());</c> then seed with <c>server.Dataset("crm").Table("customers", t => …).Insert(…)</c>;
/// clients use <see cref="Emulator.BaseAddress"/> + <c>bigquery/v2/</c> and <see cref="TokenUri"/>.
/// </remarks>
public sealed class BigQueryEmulator : Emulator
{
    private BigQueryEmulator(BigQueryEmulatorOptions options)
        : base(options.Clock)
    {
        Options = options;
        Authentication = new BigQueryAuthenticator(options, Clock);
        Catalogue.Database(options.ProjectId);
    }

    public BigQueryEmulatorOptions Options { get; }

    /// <value>The <c>token_uri</c> of a key file for this emulator.</value>
    public Uri TokenUri => new(BaseAddress, "token");

    public BigQueryAuthenticator Authentication { get; }

    public BigQuerySwitches Switches { get; } = new();

    public static async Task<BigQueryEmulator> StartAsync(BigQueryEmulatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var emulator = new BigQueryEmulator(options);
        await emulator.ListenAsync(
            options.Port, options.ControlPort, core => new BigQueryApi(options, core, emulator.Catalogue, emulator.Authentication, emulator.Switches).Handle, BigQueryApi.Describe);
        return emulator;
    }

    /// <summary>A dataset of the default project, created if it is new.</summary>
    public EmulatedSchema Dataset(string name) => Project(Options.ProjectId).Schema(name);

    /// <summary>A project, created if it is new.</summary>
    public EmulatedDatabase Project(string id) => Catalogue.Database(id);

    /// <summary>Loads every table of a DuckDB file into the default project; called again, rows are replaced in one commit.</summary>
    public void LoadFile(string path, string? project = null) => DuckDbFile.Load(Store, Project(project ?? Options.ProjectId), path, static name => name, isBigQuery: true);

    internal override SqlType ParseType(string text) => new BigQueryParser(text).ParseTypeText();

    internal override void AddKey(string? user, string publicKeyPem) => Authentication.AddKey(user ?? Options.ServiceAccount, publicKeyPem);

    internal override void Load(string file, string? database) => LoadFile(file, database);

    internal override object SwitchBoard => Switches;

    private protected override IReadOnlyList<OutputColumn> Describe(EmulatedCatalogue catalogue, string sql) =>
        new BigQueryTranslator(new StatementContext(catalogue) { Database = Options.ProjectId, Now = catalogue.Now() }).Describe(sql);
}
