using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Connections;

/// <summary>Opens the warehouse behind a stored connection; secrets are decrypted only here.</summary>
internal sealed class ConnectionWarehouses(IConnectionStore connections, WarehouseCatalogue catalogue, SecretProtector secrets) : IRunWarehouses
{
    public const string ConnectionUnknown = "connection_unknown";

    public async Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(connectionId, cancellationToken)
            ?? throw new WarehouseException(ConnectionUnknown, $"There is no connection with id '{connectionId}'.");
        return Open(connection);
    }

    public IWarehouse Open(ConnectionRecord connection)
    {
        var opened = connection.ProtectedSecrets.ToDictionary(
            secret => secret.Key,
            secret => secrets.Unprotect(connection.Id, secret.Key, secret.Value),
            StringComparer.Ordinal);
        return catalogue.Get(connection.Type).Open(new WarehouseSettings(connection.Settings, opened));
    }
}
