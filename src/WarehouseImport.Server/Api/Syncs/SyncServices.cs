using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Api.Syncs;

/// <summary>What the endpoints of syncs work with.</summary>
internal sealed record SyncServices(ISyncStore Store, IGrainFactory Grains, TimeProvider Clock);
