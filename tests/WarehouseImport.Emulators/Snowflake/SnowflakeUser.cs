using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>A user of the emulated account.</summary>
/// <param name="LoginName">Upper case unless it was quoted.</param>
public sealed record SnowflakeUser(string LoginName)
{
    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    /// <value>Roles granted to it.</value>
    public HashSet<string> Roles { get; } = new(StringComparer.Ordinal);

    public string? DefaultRole { get; set; }

    public string? DefaultWarehouse { get; set; }

    /// <value><c>DB</c> or <c>DB.SCHEMA</c>.</value>
    public string? DefaultNamespace { get; set; }

    /// <value>Fingerprints of the active public keys, <c>SHA256:…</c>.</value>
    public IReadOnlyCollection<string> Fingerprints => [.. _keys.Keys];

    /// <summary>Registers a public key as <c>RSA_PUBLIC_KEY</c> does: PEM, or its Base64 alone. At most two are active.</summary>
    /// <returns>The fingerprint.</returns>
    public string AddPublicKey(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        using var rsa = RSA.Create();
        if (pem.Contains("-----", StringComparison.Ordinal)) rsa.ImportFromPem(pem);
        else rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(pem.Trim()), out _);
        return AddPublicKey(rsa);
    }

    public string AddPublicKey(RSA key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_keys.Count >= 2) throw new InvalidOperationException($"User {LoginName} already has two public keys; revoke one first.");
        var der = key.ExportSubjectPublicKeyInfo();
        var fingerprint = $"SHA256:{Convert.ToBase64String(SHA256.HashData(der))}";
        _keys[fingerprint] = der;
        return fingerprint;
    }

    public void RevokeKey(string fingerprint) => _keys.TryRemove(fingerprint, out _);

    public void RevokeAllKeys() => _keys.Clear();

    internal byte[]? FindKey(string fingerprint) => _keys.GetValueOrDefault(fingerprint);
}
