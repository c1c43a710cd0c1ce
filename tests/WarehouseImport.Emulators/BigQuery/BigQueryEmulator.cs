using WarehouseImport.Emulators.Control;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Hosting;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>An emulator of BigQuery's REST interface, version 2, and of Google's token endpoint, over DuckDB.</summary>
/// <remarks>
/// <c>await using var server = await BigQueryEmulator.StartAsync(new());</c> then seed with <c>server.Dataset("crm").Table("customers", t => …).Insert(…)</c>;
/// clients use <see cref="BaseAddress"/> + <c>bigquery/v2/</c> and <see cref="TokenUri"/>.
/// </remarks>
public sealed class BigQueryEmulator : IAsyncDisposable, IControlledEmulator
{
    private readonly DuckStore _store = new();
    private EmulatorHost? _host;
    private EmulatorHost? _control;

    private BigQueryEmulator(BigQueryEmulatorOptions options)
    {
        Options = options;
        Clock = new EmulatorClock(options.Clock);
        Catalogue = new EmulatedCatalogue(_store, Clock, Describe);
        Authentication = new BigQueryAuthenticator(options, Clock);
        Catalogue.Database(options.ProjectId);
    }

    public BigQueryEmulatorOptions Options { get; }

    public Uri BaseAddress => _host!.Address;

    /// <value>The <c>token_uri</c> of a key file for this emulator.</value>
    public Uri TokenUri => new(BaseAddress, "token");

    public Uri ControlAddress => _control!.Address;

    public EmulatorClock Clock { get; }

    public RequestJournal Journal { get; } = new();

    public FaultPlan Faults { get; } = new();

    public EmulatedCatalogue Catalogue { get; }

    public BigQueryAuthenticator Authentication { get; }

    public BigQuerySwitches Switches { get; } = new();

    public static async Task<BigQueryEmulator> StartAsync(BigQueryEmulatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var emulator = new BigQueryEmulator(options);
        var core = new EmulatorCore(emulator.Clock, emulator.Journal, emulator.Faults);
        var api = new BigQueryApi(options, core, emulator.Catalogue, emulator.Authentication, emulator.Switches);
        emulator._host = await EmulatorHost.StartAsync(options.Port, EmulatorHost.Serve(core, api.Handle, BigQueryApi.Describe));
        emulator._control = await EmulatorHost.StartAsync(options.ControlPort, app => ControlEndpoints.Map(app, emulator));
        return emulator;
    }

    /// <summary>A dataset of the default project, created if it is new.</summary>
    public EmulatedSchema Dataset(string name) => Project(Options.ProjectId).Schema(name);

    /// <summary>A project, created if it is new.</summary>
    public EmulatedDatabase Project(string id) => Catalogue.Database(id);

    /// <summary>Loads every table of a DuckDB file into the default project; called again, rows are replaced in one commit.</summary>
    public void LoadFile(string path, string? project = null) => DuckDbFile.Load(_store, Project(project ?? Options.ProjectId), path, static name => name, isBigQuery: true);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        if (_control is not null) await _control.DisposeAsync();
        _store.Dispose();
    }

    SqlType IControlledEmulator.ParseType(string text) => new BigQueryParser(text).ParseTypeText();

    void IControlledEmulator.AddKey(string? user, string publicKeyPem) => Authentication.AddKey(user ?? Options.ServiceAccount, publicKeyPem);

    void IControlledEmulator.Load(string file, string? database) => LoadFile(file, database);

    object IControlledEmulator.SwitchBoard => Switches;

    private IReadOnlyList<OutputColumn> Describe(EmulatedCatalogue catalogue, string sql) =>
        new BigQueryTranslator(new StatementContext(catalogue) { Database = Options.ProjectId, Now = catalogue.Now() }).Describe(sql);
}
