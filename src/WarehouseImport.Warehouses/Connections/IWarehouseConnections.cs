namespace WarehouseImport.Warehouses.Connections;

/// <summary>Opens the warehouse of a stored connection.</summary>
public interface IWarehouseConnections
{
    /// <returns>The warehouse, contacted on first use; null if there is no such connection.</returns>
    /// <exception cref="WarehouseException">
    /// <see cref="WarehouseErrors.SettingInvalid"/> if the kind of warehouse is unknown, or <see cref="WarehouseErrors.SecretUnreadable"/>.
    /// </exception>
    Task<IWarehouse?> OpenAsync(Guid connectionId, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IWarehouseConnections"/>
public sealed class WarehouseConnections(IConnectionStore connections, ISecretProtector protector, IEnumerable<IWarehouseType> types) : IWarehouseConnections
{
    public async Task<IWarehouse?> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        if (await connections.GetAsync(connectionId, cancellationToken) is not { } connection) return null;
        var type = types.FirstOrDefault(candidate => candidate.Name == connection.Type)
            ?? throw new WarehouseException(
                WarehouseErrors.SettingInvalid,
                $"Connection {connection.Name} is of the unknown type '{connection.Type}'.",
                $"Use one of: {string.Join(", ", types.Select(known => known.Name).Order(StringComparer.Ordinal))}.");

        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, ciphertext) in connection.ProtectedSecrets)
        {
            secrets[name] = protector.Unprotect(connectionId, name, ciphertext)
                ?? throw new WarehouseException(
                    WarehouseErrors.SecretUnreadable,
                    $"The secret '{name}' of connection {connection.Name} cannot be decrypted.",
                    "Restore the key it was encrypted with, or enter the secret again.");
        }

        return type.Open(new WarehouseSettings(connection.Settings, secrets));
    }
}
