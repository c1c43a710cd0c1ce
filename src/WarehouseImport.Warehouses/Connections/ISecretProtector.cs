namespace WarehouseImport.Warehouses.Connections;

/// <summary>Encrypts the secrets of connections at rest (S1). A ciphertext opens only for the connection and the name it was made for.</summary>
public interface ISecretProtector
{
    string Protect(Guid connectionId, string name, string secret);

    /// <returns>The secret, or null if the ciphertext is of another connection or name, was changed, or its key is missing.</returns>
    string? Unprotect(Guid connectionId, string name, string protectedSecret);
}
