using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace WarehouseImport.Server.Security.Secrets;

/// <summary>Encrypts connection secrets. A ciphertext opens only for the connection and the field it was made for (S1).</summary>
internal sealed class SecretProtector(IDataProtectionProvider provider, WrappingKey wrappingKey)
{
    private const string Purpose = "connection-secret.v1";

    /// <exception cref="SecretKeyMissingException">The wrapping key is not there.</exception>
    public string Protect(Guid connectionId, string field, string secret)
    {
        ThrowIfKeyMissing();
        return Protector(connectionId, field).Protect(secret);
    }

    /// <exception cref="SecretKeyMissingException">The wrapping key is not there, or the key ring entry that opens this secret cannot be opened with it.</exception>
    public string Unprotect(Guid connectionId, string field, string ciphertext)
    {
        ThrowIfKeyMissing();
        try
        {
            return Protector(connectionId, field).Unprotect(ciphertext);
        }
        catch (CryptographicException)
        {
            throw new SecretKeyMissingException(wrappingKey.FilePath);
        }
    }

    private void ThrowIfKeyMissing()
    {
        if (wrappingKey.IsMissing) throw new SecretKeyMissingException(wrappingKey.FilePath);
    }

    private IDataProtector Protector(Guid connectionId, string field) => provider.CreateProtector(Purpose, connectionId.ToString("N"), field);
}
