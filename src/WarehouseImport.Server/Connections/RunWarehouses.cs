using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Connections;

/// <summary>Runs read through the stored connection of their sync.</summary>
internal sealed class RunWarehouses(IWarehouseConnections connections) : IRunWarehouses
{
    public async Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken) =>
        await connections.OpenAsync(connectionId, cancellationToken)
        ?? throw new RunFailedException(SetupCodes.ConnectionUnknown, $"There is no connection with id '{connectionId}' any more.", "Point the sync to another connection.");
}
