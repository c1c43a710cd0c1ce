namespace WarehouseImport.Storage.Relational;

/// <summary>Case folding is done here and stored, because the engines fold differently: SQLite only ASCII, PostgreSQL by the database's locale.</summary>
internal static class Names
{
    /// <summary>Greater than every text that starts with the prefix, in the byte order of UTF-8 that both engines sort by.</summary>
    public static string EndOfPrefix(string prefix) => prefix + "\U0010FFFF";

    /// <summary>Two names are the same name if their keys are equal.</summary>
    public static string Key(string name) => name.Trim().ToLowerInvariant();

    public static string? KeyOrNull(string? text) => string.IsNullOrWhiteSpace(text) ? null : Key(text);

    /// <summary>The key where it differs from the text, else null.</summary>
    public static string? KeyIfDifferent(string text)
    {
        var key = text.ToLowerInvariant();
        return key == text ? null : key;
    }
}
