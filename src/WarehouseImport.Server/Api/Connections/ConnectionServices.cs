using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Api.Connections;

/// <summary>What the endpoints of connections work with.</summary>
internal sealed record ConnectionServices(
    IConnectionStore Store,
    IWarehouseConnections Warehouses,
    WarehouseCatalogue Catalogue,
    ISecretProtector Secrets,
    TimeProvider Clock);
