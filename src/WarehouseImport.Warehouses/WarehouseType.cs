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
}

/// <param name="Name">Key inside <c>settings</c> or <c>secret</c>.</param>
/// <param name="IsSecret">Given under <c>secret</c>: write-only, encrypted at rest.</param>
public sealed record WarehouseSetting(string Name, bool IsSecret, bool IsRequired, string Description);

/// <param name="Setting">The offending name.</param>
/// <param name="Message">The value found (never of a secret) and what is allowed.</param>
public sealed record SettingProblem(string Setting, string Message);

/// <summary>The plain settings and the decrypted secrets of a connection.</summary>
public sealed record WarehouseSettings(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Secrets);
