using WarehouseImport.Emulators.Control;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Hosting;

/// <summary>What the emulators have in common: tables, a clock, faults, a journal, one port for the protocol and one for the control interface.</summary>
public abstract class Emulator : IAsyncDisposable
{
    private EmulatorHost? _host;
    private EmulatorHost? _control;

    private protected Emulator(TimeProvider clock)
    {
        Clock = new EmulatorClock(clock);
        Catalogue = new EmulatedCatalogue(Store, Clock, Describe);
    }

    /// <value>What a client is given in place of the service's address.</value>
    public Uri BaseAddress => _host!.Address;

    public Uri ControlAddress => _control!.Address;

    public EmulatorClock Clock { get; }

    public RequestJournal Journal { get; } = new();

    public FaultPlan Faults { get; } = new();

    public EmulatedCatalogue Catalogue { get; }

    /// <value>The object whose public properties are the switches.</value>
    internal abstract object SwitchBoard { get; }

    private protected DuckStore Store { get; } = new();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        if (_control is not null) await _control.DisposeAsync();
        Store.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads a type in the dialect's own words.</summary>
    internal abstract SqlType ParseType(string text);

    /// <summary>Registers a public key in the place of earlier ones.</summary>
    /// <param name="user">Login name or service account; the default one if null.</param>
    internal abstract void AddKey(string? user, string publicKeyPem);

    /// <summary>Loads every table of a DuckDB file; called again, rows are replaced in one commit.</summary>
    /// <param name="database">Database or project; the default one if null.</param>
    internal abstract void Load(string file, string? database);

    private protected abstract IReadOnlyList<OutputColumn> Describe(EmulatedCatalogue catalogue, string sql);

    private protected async Task ListenAsync(
        int port, int controlPort, Func<EmulatorCore, Func<EmulatedRequest, Exchange, EmulatedResponse>> protocol, Action<EmulatedRequest, JournalEntry> describe)
    {
        var core = new EmulatorCore(Clock, Journal, Faults);
        _host = await EmulatorHost.StartAsync(port, EmulatorHost.Serve(core, protocol(core), describe));
        _control = await EmulatorHost.StartAsync(controlPort, app => ControlEndpoints.Map(app, this));
    }
}
