using System.Numerics;
using System.Text.RegularExpressions;

namespace WarehouseImport.Warehouses.Reading;

/// <summary>One end of a window, checked and cut to the digits the cursor column stores.</summary>
/// <param name="Text">Text the warehouse casts to the column's type.</param>
/// <param name="WasCut">
/// True if digits other than zero were dropped. A column value then cannot equal the end, so "at or after" the end is exactly "after" <paramref name="Text"/>,
/// and the upper end needs no change.
/// </param>
internal sealed partial record CursorBound(string Text, bool WasCut)
{
    /// <exception cref="ArgumentException">The text does not have the exact form of the kind: the caller's mistake, never the data's.</exception>
    public static CursorBound Parse(ColumnKind kind, string text, int fractionDigits) => kind switch
    {
        ColumnKind.Text => new CursorBound(text, false),
        ColumnKind.Date when DateForm().IsMatch(text) => new CursorBound(text, false),
        ColumnKind.Timestamp when TimestampForm().IsMatch(text) => Cut(text, fractionDigits, ""),
        ColumnKind.TimestampWithZone when text.EndsWith('Z') && TimestampForm().IsMatch(text[..^1]) => Cut(text[..^1], fractionDigits, "Z"),
        _ => throw new ArgumentException($"'{text}' is not the exact text of a {kind} cursor.", nameof(text)),
    };

    /// <summary>An integer end moved into what the comparison's type can hold; no stored value lies between the end and the moved end.</summary>
    public static CursorBound ParseInteger(string text, BigInteger least, BigInteger greatest)
    {
        if (!IntegerForm().IsMatch(text)) throw new ArgumentException($"'{text}' is not the exact text of an Integer cursor.", nameof(text));
        var value = BigInteger.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        return new CursorBound(BigInteger.Clamp(value, least, greatest).ToString(System.Globalization.CultureInfo.InvariantCulture), false);
    }

    private static CursorBound Cut(string text, int fractionDigits, string zone)
    {
        if (text.Length <= 20 + fractionDigits) return new CursorBound(text + zone, false);
        var kept = fractionDigits == 0 ? text[..19] : text[..(20 + fractionDigits)];
        return new CursorBound(kept + zone, text.AsSpan(20 + fractionDigits).ContainsAnyExcept('0'));
    }

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
    private static partial Regex DateForm();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?\z")]
    private static partial Regex TimestampForm();

    [GeneratedRegex(@"^-?[0-9]{1,60}\z")]
    private static partial Regex IntegerForm();
}
