using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Hosting;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Control;

/// <summary>What the control interface may do with an emulator.</summary>
internal interface IControlledEmulator
{
    EmulatorClock Clock { get; }

    RequestJournal Journal { get; }

    FaultPlan Faults { get; }

    EmulatedCatalogue Catalogue { get; }

    /// <value>The object whose public properties are the switches.</value>
    object SwitchBoard { get; }

    /// <summary>Reads a type in the dialect's own words.</summary>
    SqlType ParseType(string text);

    /// <summary>Registers a public key in the place of earlier ones.</summary>
    /// <param name="user">Login name or service account; the default one if null.</param>
    void AddKey(string? user, string publicKeyPem);

    void Load(string file, string? database);
}
