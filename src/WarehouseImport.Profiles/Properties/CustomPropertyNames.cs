using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>Names of custom properties (profile-import-rules 6.1 and 6.2): case-sensitive, 1–255 characters after trimming, no control characters.</summary>
public static class CustomPropertyNames
{
    public const int MaxLength = 255;

    /// <summary>The trimmed name, as it is to be stored.</summary>
    public static string Canonicalise(string name) => name.Trim();

    /// <returns>Null, or <c>property_name_reserved</c> or <c>property_name_invalid</c>.</returns>
    public static Problem? Validate(string name)
    {
        name = Canonicalise(name);
        if (name.Length == 0) return Invalid(name, "it is empty");
        if (!UnicodeText.IsStorable(name)) return Invalid(name, "it contains a character that cannot be stored");
        var length = UnicodeText.CountCharacters(name);
        if (length > MaxLength) return Invalid(name, $"it has {length} characters; the limit is {MaxLength}");
        if (name.Any(char.IsControl)) return Invalid(name, "it contains a control character");
        return name[0] == '$' || StandardProperties.IsReserved(name) ? ProblemCatalogue.Fill(ProblemCodes.PropertyNameReserved, ("value", name)) : null;
    }

    /// <summary>Whether two different names look the same: they differ only in case, spaces or underscores, which the mapping screen warns about.</summary>
    public static bool AreConfusable(string left, string right) =>
        Canonicalise(left) != Canonicalise(right) && string.Equals(Folded(left), Folded(right), StringComparison.OrdinalIgnoreCase);

    private static string Folded(string name) => string.Concat(name.Where(c => c != '_' && !char.IsWhiteSpace(c)));

    private static Problem Invalid(string name, string reason) => ProblemCatalogue.Fill(ProblemCodes.PropertyNameInvalid, ("value", name), ("reason", reason));
}
