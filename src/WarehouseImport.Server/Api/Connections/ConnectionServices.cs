using WarehouseImport.Server.Connections;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Api.Connections;

/// <summary>What the endpoints of connections work with.</summary>
internal sealed record ConnectionServices(
    IConnectionStore Store,
    ConnectionWarehouses Warehouses,
    WarehouseCatalogue Catalogue,
    SecretProtector Secrets,
    TimeProvider Clock);
