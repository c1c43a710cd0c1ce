namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>Where to send statements, as whom, and in which context. The one place that holds the secrets once a connection is open.</summary>
/// <param name="User">The LOGIN_NAME as stored.</param>
/// <param name="Role">As stored; null for the user's default.</param>
/// <param name="Databases">The only databases to list and read, as typed, or null for all.</param>
/// <param name="Schemas">The only schemas to list and read, as typed, or null for all.</param>
internal sealed record SnowflakeTarget(
    Uri Url,
    SnowflakeAccount Account,
    SnowflakeAuth Auth,
    string User,
    string? Role,
    string Warehouse,
    IReadOnlyList<string>? Databases,
    IReadOnlyList<string>? Schemas,
    TimeSpan StatementTimeout)
{
    /// <summary>A name as Snowflake itself reads it: in double quotes exactly, otherwise a plain word folds to upper case.</summary>
    public static string Fold(string name)
    {
        var text = name.Trim();
        if (IsQuoted(text)) return Unquote(text);
        var isWord = text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');
        return isWord ? text.ToUpperInvariant() : text;
    }

    /// <summary>The stored name that a typed one means: exactly, or ignoring case if that is unique; in double quotes exactly only. Null if there is none.</summary>
    public static string? Match(IReadOnlyList<string> stored, string typed)
    {
        var wanted = IsQuoted(typed) ? Unquote(typed) : typed;
        if (stored.Contains(wanted, StringComparer.Ordinal)) return wanted;
        if (IsQuoted(typed)) return null;
        var alike = stored.Where(name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
        return alike.Count == 1 ? alike[0] : null;
    }

    private static bool IsQuoted(string text) => text.Length >= 2 && text[0] == '"' && text[^1] == '"';

    private static string Unquote(string text) => text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal);
}

/// <summary>How the connection signs in.</summary>
internal enum SnowflakeAuth
{
    KeyPair,
    OAuth,
    ProgrammaticAccessToken,
}
