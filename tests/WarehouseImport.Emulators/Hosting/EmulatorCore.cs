using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Hosting;

/// <summary>What every emulator has: a clock, a journal and faults.</summary>
internal sealed record EmulatorCore(EmulatorClock Clock, RequestJournal Journal, FaultPlan Faults);
