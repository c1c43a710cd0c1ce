using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>
/// The one text form of a JSON value, so that equal values are equal strings: no white space; object keys in ordinal (UTF-16) order, each once;
/// numbers in plain decimal notation without needless zeros (at most <see cref="ExactNumber.MaxJsonDigits"/> digits, beyond the 38 of a number
/// property, because nested numbers are kept as given); texts escaped only where JSON demands it. Idempotent; also restores the form after
/// a store has re-ordered keys or re-written numbers.
/// </summary>
public static class CanonicalJson
{
    /// <summary>Nested arrays and objects (profile-import-rules 6.6).</summary>
    public const int MaxDepth = 32;

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\0\u0001\u0002\u0003\u0004\u0005\u0006\a\b\t\n\v\f\r\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F");

    /// <exception cref="FormatException">Not JSON, nested too deep, or holding text that cannot be stored.</exception>
    public static string Canonicalise(string json) =>
        TryCanonicalise(json, out var canonical, out var error) ? canonical : throw new FormatException(error.Detail);

    /// <inheritdoc cref="Canonicalise(string)"/>
    public static string Canonicalise(ReadOnlySpan<byte> utf8Json) => Canonicalise(Encoding.UTF8.GetString(utf8Json));

    /// <param name="json">JSON text; white space around it is allowed.</param>
    /// <param name="canonical">The canonical form.</param>
    /// <param name="error"><c>json_invalid</c>, <c>json_too_deep</c> or <c>text_invalid</c>.</param>
    public static bool TryCanonicalise(
        ReadOnlySpan<char> json,
        [NotNullWhen(true)] out string? canonical,
        [NotNullWhen(false)] out Problem? error) => new JsonCanonicaliser(json).TryDocument(out canonical, out error);

    /// <summary>
    /// A text as a JSON string; the only escaping routine. Escaped are the quote, the backslash and U+0000–U+001F, with the short escapes where
    /// JSON has them and lower-case hexadecimal otherwise.
    /// </summary>
    public static string OfText(string text)
    {
        var special = text.AsSpan().IndexOfAny(Escaped);
        if (special < 0) return string.Concat("\"", text, "\"");

        var json = new StringBuilder(text.Length + 16).Append('"');
        var rest = text.AsSpan();
        while (special >= 0)
        {
            json.Append(rest[..special]);
            var c = rest[special];
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                _ => json.Append("\\u00").Append(HexDigit(c >> 4)).Append(HexDigit(c & 15)),
            };
            rest = rest[(special + 1)..];
            special = rest.IndexOfAny(Escaped);
        }

        return json.Append(rest).Append('"').ToString();
    }

    public static string OfBoolean(bool value) => value ? "true" : "false";

    /// <summary>The text of a canonical JSON string; false if the value is of another type.</summary>
    public static bool TryGetText(string canonicalJson, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (canonicalJson is not ['"', .., '"']) return false;
        if (!canonicalJson.Contains('\\'))
        {
            text = canonicalJson[1..^1];
            return true;
        }

        text = System.Text.Json.JsonSerializer.Deserialize<string>(canonicalJson)!;
        return true;
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
}
