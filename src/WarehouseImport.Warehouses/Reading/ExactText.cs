namespace WarehouseImport.Warehouses.Reading;

/// <summary>Turns a warehouse's own ISO text into the one exact form of <see cref="ColumnKind"/> without passing through a number or clock type.</summary>
internal static class ExactText
{
    /// <summary>
    /// <c>2014-09-30 13:34:08.100</c> becomes <c>2014-09-30T13:34:08.1</c>. Text of another shape (infinity, BC, five-digit years) is kept as it is:
    /// it is no instant of ours, and the value parser says so.
    /// </summary>
    public static string Timestamp(string text) => HasTimestampShape(text) ? Join(text.AsSpan(0, 10), text.AsSpan(11), "") : text;

    /// <summary>The same for text that ends in <c>+00</c>, as both warehouses print it when the session's zone is UTC.</summary>
    public static string TimestampWithZone(string text) =>
        HasTimestampShape(text) && text.EndsWith("+00", StringComparison.Ordinal) ? Join(text.AsSpan(0, 10), text.AsSpan(11, text.Length - 14), "Z") : text;

    public static string Time(string text) => text.Contains('.') && char.IsAsciiDigit(text[^1]) && !text.AsSpan().ContainsAny('+', '-')
        ? new string(TrimFraction(text))
        : text;

    /// <summary>Spells the three values that are no number as <see cref="ColumnKind.Float"/> asks, whatever the warehouse calls them.</summary>
    public static string Float(string text) => text switch
    {
        "nan" => "NaN",
        "inf" => "Infinity",
        "-inf" => "-Infinity",
        _ => text,
    };

    public static string Boolean(string text) => text switch
    {
        "t" => "true",
        "f" => "false",
        _ => text,
    };

    /// <summary>The converter of a kind, chosen once per column; null where the warehouse's text already is the exact form.</summary>
    public static Func<string, string>? For(ColumnKind kind) => kind switch
    {
        ColumnKind.Boolean => Boolean,
        ColumnKind.Float => Float,
        ColumnKind.Timestamp => Timestamp,
        ColumnKind.TimestampWithZone => TimestampWithZone,
        ColumnKind.Time => Time,
        _ => null,
    };

    private static bool HasTimestampShape(string text) =>
        text.Length >= 19 && text[10] == ' ' && text[4] == '-' && text[13] == ':' && text[^1] is >= '0' and <= '9';

    private static string Join(ReadOnlySpan<char> date, ReadOnlySpan<char> time, string zone) => string.Concat(date, "T", TrimFraction(time), zone);

    private static ReadOnlySpan<char> TrimFraction(ReadOnlySpan<char> time) => time.Contains('.') ? time.TrimEnd('0').TrimEnd('.') : time;
}
