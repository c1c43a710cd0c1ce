using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Security.Secrets;

/// <summary>Encrypts connection secrets under the key ring. A ciphertext opens only for the connection and the name it was made for (S1).</summary>
internal sealed class SecretProtector(IDataProtectionProvider provider, WrappingKey wrappingKey) : ISecretProtector
{
    private const string Purpose = "connection-secret.v1";

    /// <exception cref="SecretKeyMissingException">The wrapping key is not there; nothing new may be encrypted until it is back.</exception>
    public string Protect(Guid connectionId, string name, string secret)
    {
        if (wrappingKey.IsMissing) throw new SecretKeyMissingException(wrappingKey.FilePath);
        return Protector(connectionId, name).Protect(secret);
    }

    public string? Unprotect(Guid connectionId, string name, string protectedSecret)
    {
        if (wrappingKey.IsMissing) return null;
        try
        {
            return Protector(connectionId, name).Unprotect(protectedSecret);
        }
        catch (CryptographicException)
        {
            // Another connection's or field's ciphertext, a changed one, or one of a key that the wrapping key does not open.
            return null;
        }
    }

    private IDataProtector Protector(Guid connectionId, string name) => provider.CreateProtector(Purpose, connectionId.ToString("N"), name);
}
