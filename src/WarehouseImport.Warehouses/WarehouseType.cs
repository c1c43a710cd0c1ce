namespace WarehouseImport.Warehouses;

/// <summary>
/// One kind of warehouse ("duckdb", "postgres"): its settings and how to open it. A new warehouse is one folder with an
/// implementation of this interface and one line in <c>AddWarehouses</c>.
/// </summary>
public interface IWarehouseType
{
    /// <summary>The stable name used in the API, lower case.</summary>
    string Name { get; }

    /// <summary>The settings and secrets this warehouse takes.</summary>
    IReadOnlyList<WarehouseSetting> Settings { get; }

    /// <summary>Lists every setting that is unknown, missing or not allowed. Touches nothing outside the process.</summary>
    IReadOnlyList<SettingProblem> Validate(WarehouseSettings settings);

    /// <summary>Prepares a connection; the warehouse is contacted on first use.</summary>
    IWarehouse Open(WarehouseSettings settings);

    /// <summary>
    /// The statements an administrator runs once so that these settings work with the fewest rights, read-only, repeatable, each line explained (names are quoted as
    /// the dialect asks); null if this warehouse has nothing to grant.
    /// </summary>
    GrantScript? WriteGrantScript(IReadOnlyDictionary<string, string> settings, KeyPair? keyPair) => null;

    /// <summary>Makes a key pair whose private half becomes a secret of the connection; null if this warehouse does not sign in by key.</summary>
    KeyPair? GenerateKeyPair() => null;

    /// <summary>The key pair a connection signs in with, so that its public half can be shown again; null if it has none that can be read.</summary>
    KeyPair? FindKeyPair(IReadOnlyDictionary<string, string> secrets) => null;
}

/// <param name="Language">Name of the language, for display: <c>sql</c>, <c>sh</c>.</param>
/// <param name="Text">The script, its comments included.</param>
public sealed record GrantScript(string Language, string Text);

/// <param name="SecretName">Name of the secret the private half is stored under.</param>
/// <param name="PrivateKey">PEM; never shown, never logged (S1).</param>
/// <param name="PublicKey">What the warehouse is given: base64 of the public key without PEM armour.</param>
public sealed record KeyPair(string SecretName, string PrivateKey, string PublicKey);

/// <param name="Name">Key inside <c>settings</c> or <c>secret</c>.</param>
/// <param name="IsSecret">Given under <c>secret</c>: write-only, encrypted at rest.</param>
public sealed record WarehouseSetting(string Name, bool IsSecret, bool IsRequired, string Description);

/// <param name="Setting">The offending name.</param>
/// <param name="Message">The value found (never of a secret) and what is allowed.</param>
public sealed record SettingProblem(string Setting, string Message);

/// <summary>The plain settings and the decrypted secrets of a connection.</summary>
public sealed record WarehouseSettings(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Secrets)
{
    /// <summary>Stands for a stored secret in <see cref="IWarehouseType.Validate"/>: it was checked when it was entered.</summary>
    public const string KeptSecret = "kept";
}
