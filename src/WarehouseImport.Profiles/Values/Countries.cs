using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Profiles.Values;

/// <summary>
/// The countries a cell can name (profile-import-rules 8 and 10): every ISO 3166-1 alpha-2 and alpha-3 code and English short name, usual
/// short forms and <c>UK</c>; ignoring case, dots and outer spaces.
/// </summary>
public static partial class Countries
{
    private const string Article = " (the)";

    // Longer than the longest name; a longer cell is not looked up.
    private const int MaxNameLength = 80;

    private static readonly FrozenDictionary<string, string> NameByCode = ReadNames();

    private static readonly FrozenDictionary<string, string> CodeByKey = ReadCodes();

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> CodeByKeySpan = CodeByKey.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All alpha-2 codes.</summary>
    public static IReadOnlyCollection<string> Alpha2Codes => NameByCode.Keys;

    /// <summary>Finds the country that a text names.</summary>
    /// <param name="text">A country cell.</param>
    /// <param name="alpha2">The ISO 3166-1 alpha-2 code, upper case.</param>
    /// <returns>False if the text is not one of the accepted names; nothing is guessed from similar spellings.</returns>
    public static bool TryRecognise(string? text, [NotNullWhen(true)] out string? alpha2)
    {
        alpha2 = null;
        if (text is null) return false;
        var trimmed = text.AsSpan().Trim();
        if (trimmed.IsEmpty || trimmed.Length > MaxNameLength) return false;
        Span<char> key = stackalloc char[trimmed.Length];
        return CodeByKeySpan.TryGetValue(KeyOf(trimmed, key), out alpha2);
    }

    /// <summary>The English name of an alpha-2 code.</summary>
    /// <exception cref="KeyNotFoundException">Not an ISO 3166-1 alpha-2 code in upper case.</exception>
    public static string NameOf(string alpha2) => NameByCode[alpha2];

    public static bool IsAlpha2(string code) => NameByCode.ContainsKey(code);

    private static FrozenDictionary<string, string> ReadNames() =>
        Records().ToFrozenDictionary(record => record[0], record => record[2], StringComparer.Ordinal);

    private static FrozenDictionary<string, string> ReadCodes()
    {
        var codes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var record in Records())
            foreach (var name in record)
                codes[KeyOf(name, new char[name.Length]).ToString()] = record[0];
        return codes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string[]> Records() => Data.Split('\n', StringSplitOptions.TrimEntries).Select(line => line.Split('|'));

    private static ReadOnlySpan<char> KeyOf(ReadOnlySpan<char> name, Span<char> buffer)
    {
        var length = 0;
        foreach (var c in name)
            if (c != '.') buffer[length++] = c == '\u2019' ? '\'' : c;
        ReadOnlySpan<char> key = buffer[..length];
        key = key.Trim();
        return key.EndsWith(Article, StringComparison.OrdinalIgnoreCase) ? key[..^Article.Length] : key;
    }
}
