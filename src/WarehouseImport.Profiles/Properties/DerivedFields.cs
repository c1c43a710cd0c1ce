using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>Read-only fields that follow from another one (profile-import-rules 5, 10). Pure functions of the stored value, so they need no versions.</summary>
public static class DerivedFields
{
    /// <summary>What follows from a field's canonical JSON: <c>locale</c> gives language and country, <c>location.country</c> its code if recognised.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(string path, string json)
    {
        if (!CanonicalJson.TryGetText(json, out var text)) return [];
        switch (path)
        {
            case "locale" when text.Length > 0:
                var parts = text.Split('-');
                return [Pair("locale_language", parts[0]), Pair("locale_country", parts[^1])];
            case "location.country" when Countries.TryRecognise(text, out var alpha2):
                return [Pair("location.country_code", alpha2)];
            default:
                return [];
        }
    }

    private static KeyValuePair<string, string> Pair(string path, string text) => new(path, CanonicalJson.OfText(text));
}
