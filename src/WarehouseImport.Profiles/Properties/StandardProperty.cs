using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>What a standard property is to an import.</summary>
public enum PropertyRole
{
    /// <summary>An identifier; has its own canonicaliser.</summary>
    Identifier,

    /// <summary>A field that columns can be mapped to.</summary>
    Field,

    /// <summary>Kept by the product or derived from another field; cannot be mapped (<c>property_read_only</c>).</summary>
    ReadOnly,

    /// <summary>A consent or suppression column (section 9): recognised by name here, a target of <see cref="WarehouseImport.Profiles.Consent.ConsentColumns"/>.</summary>
    Consent,
}

/// <summary>One row of the standard properties (profile-import-rules 5 and 9.2).</summary>
/// <param name="Path">API name and field path.</param>
/// <param name="Label">The name people see.</param>
/// <param name="KlaviyoLabels">Klaviyo's labels, which custom properties must not take (6.2).</param>
/// <param name="Aliases">Further column names that are recognised.</param>
/// <param name="MaxLength">Most characters of a text, or null for the general limit of a value.</param>
public sealed record StandardProperty(
    string Path,
    string Label,
    PropertyRole Role,
    PropertyType Type,
    IReadOnlyList<string> KlaviyoLabels,
    IReadOnlyList<string> Aliases,
    int? MaxLength = null)
{
    public bool IsMappable => Role is PropertyRole.Identifier or PropertyRole.Field;
}
