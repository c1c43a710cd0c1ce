using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Profiles.Properties;

/// <summary>Names of fields: a standard property by its API name (<c>first_name</c>, <c>location.city</c>), a custom one as <c>properties.&lt;name&gt;</c>.</summary>
public static class FieldPaths
{
    public const string CustomPrefix = "properties.";

    /// <summary>The path of a custom property; the name is everything after the prefix and may hold dots itself.</summary>
    public static string Custom(string name) => CustomPrefix + name;

    public static bool IsCustom(string path) => path.StartsWith(CustomPrefix, StringComparison.Ordinal);

    public static bool TryGetCustomName(string path, [NotNullWhen(true)] out string? name)
    {
        name = IsCustom(path) ? path[CustomPrefix.Length..] : null;
        return name is not null;
    }
}
