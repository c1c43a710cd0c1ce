using System.Buffers.Text;
using System.Globalization;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>Turns the service's spelling of a scalar into the one exact form of <see cref="ColumnKind"/>, with whole numbers only.</summary>
internal static class BigQueryText
{
    private const long MicrosecondsPerSecond = 1_000_000;
    private const long MicrosecondsPerDay = 86_400 * MicrosecondsPerSecond;
    private const int EpochDay = 719_162;
    private const int LastDay = 3_652_058;

    /// <summary>
    /// Microseconds since the epoch, as <c>useInt64Timestamp</c> asks for; also ISO text, which columns with picoseconds may bring. Seconds in floating point have lost
    /// digits by the time they arrive (section 3), so they are refused.
    /// </summary>
    public static bool TryTimestamp(ReadOnlySpan<byte> text, out string exact)
    {
        exact = "";
        if (Utf8Parser.TryParse(text, out long microseconds, out var used) && used == text.Length) return TryTimestamp(microseconds, out exact);
        if (text.Length < 19 || text[4] != '-' || text[7] != '-') return false;

        var spelled = System.Text.Encoding.ASCII.GetString(text);
        var zone = spelled.EndsWith('Z') ? 1 : spelled.EndsWith(" UTC", StringComparison.Ordinal) ? 4 : spelled.EndsWith("+00:00", StringComparison.Ordinal) ? 6 : 0;
        if (zone == 0) return false;
        exact = DateTime(spelled[..^zone]) + "Z";
        return true;
    }

    /// <returns>False outside the years 1 to 9999, which the service does not store.</returns>
    public static bool TryTimestamp(long microseconds, out string exact)
    {
        exact = "";
        var (day, ofDay) = Math.DivRem(microseconds, MicrosecondsPerDay);
        if (ofDay < 0)
        {
            ofDay += MicrosecondsPerDay;
            day--;
        }

        if (day < -EpochDay || day > LastDay - EpochDay) return false;
        exact = Instant((int)day, ofDay, "Z");
        return true;
    }

    /// <summary>The same for a DATETIME of the Storage API, which comes as microseconds without a zone.</summary>
    public static string DateTime(long microseconds) => TryTimestamp(microseconds, out var exact) ? exact[..^1] : throw new FormatException();

    /// <summary><c>2025-06-01T12:34:56[.ffffff]</c>, also with a blank; trailing zeros go.</summary>
    public static string DateTime(string text)
    {
        var trimmed = Time(text);
        return trimmed.Length > 10 && trimmed[10] == ' ' ? string.Concat(trimmed.AsSpan(0, 10), "T", trimmed.AsSpan(11)) : trimmed;
    }

    public static string Time(string text) => text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;

    public static string Time(long microseconds)
    {
        var exact = Instant(0, microseconds, "");
        return exact[11..];
    }

    public static string Date(int day) => DateOnly.FromDayNumber(day + EpochDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>
    /// One spelling for what REST (<c>4.0</c>, <c>1.0E10</c>, <c>inf</c>) and the Storage API's binary doubles print: digits without needless zeros, plain up to 15
    /// places before the point and 5 zeros after it, else with an exponent. Moves digits as text, so none is lost.
    /// </summary>
    public static string Float(string text)
    {
        if (IsPlain(text)) return text;
        switch (text)
        {
            case "NaN" or "nan":
                return "NaN";
            case "Infinity" or "+Infinity" or "inf" or "+inf" or "Inf" or "+Inf":
                return "Infinity";
            case "-Infinity" or "-inf" or "-Inf":
                return "-Infinity";
        }

        var sign = text.StartsWith('-') ? "-" : "";
        var rest = text.AsSpan(sign.Length);
        var exponent = 0;
        if (rest.IndexOfAny('E', 'e') is >= 0 and var at)
        {
            if (!int.TryParse(rest[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return text;
            rest = rest[..at];
        }

        var point = rest.IndexOf('.');
        var digits = point < 0 ? rest.ToString() : string.Concat(rest[..point], rest[(point + 1)..]);
        if (digits.Length == 0 || digits.AsSpan().ContainsAnyExceptInRange('0', '9')) return text;
        var before = (point < 0 ? rest.Length : point) + exponent;
        var significant = digits.TrimStart('0');
        before -= digits.Length - significant.Length;
        significant = significant.TrimEnd('0');
        if (significant.Length == 0) return sign + "0";
        if (before is > 15 or < -4)
        {
            var fraction = significant.Length > 1 ? $".{significant[1..]}" : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{significant[0]}{fraction}E{before - 1}");
        }

        if (before <= 0) return $"{sign}0.{new string('0', -before)}{significant}";
        return before >= significant.Length ? sign + significant.PadRight(before, '0') : $"{sign}{significant[..before]}.{significant[before..]}";
    }

    /// <summary>Whether the text already is the one spelling, as most are: then nothing is copied.</summary>
    private static bool IsPlain(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? default : digits[(point + 1)..];
        if (whole.Length is 0 or > 15 || whole.ContainsAnyExceptInRange('0', '9') || (whole[0] == '0' && whole.Length > 1)) return false;
        if (point < 0) return true;
        if (fraction.IsEmpty || fraction[^1] == '0' || fraction.ContainsAnyExceptInRange('0', '9')) return false;
        return whole is not "0" || fraction.IndexOfAnyExcept('0') <= 4;
    }

    private static string Instant(int day, long microsecondOfDay, string zone)
    {
        var date = DateOnly.FromDayNumber(day + EpochDay);
        var (seconds, fraction) = Math.DivRem(microsecondOfDay, MicrosecondsPerSecond);
        var digits = fraction == 0 ? 0 : 6;
        while (digits > 0 && fraction % 10 == 0)
        {
            fraction /= 10;
            digits--;
        }

        return string.Create(19 + (digits == 0 ? 0 : digits + 1) + zone.Length, (date, seconds, fraction, digits, zone), static (span, state) =>
        {
            Digits(span[..4], state.date.Year);
            span[4] = '-';
            Digits(span.Slice(5, 2), state.date.Month);
            span[7] = '-';
            Digits(span.Slice(8, 2), state.date.Day);
            span[10] = 'T';
            Digits(span.Slice(11, 2), state.seconds / 3600);
            span[13] = ':';
            Digits(span.Slice(14, 2), state.seconds / 60 % 60);
            span[16] = ':';
            Digits(span.Slice(17, 2), state.seconds % 60);
            if (state.digits > 0)
            {
                span[19] = '.';
                Digits(span.Slice(20, state.digits), state.fraction);
            }

            state.zone.CopyTo(span[^state.zone.Length..]);
        });
    }

    private static void Digits(Span<char> span, long value)
    {
        for (var index = span.Length - 1; index >= 0; index--)
        {
            span[index] = (char)('0' + (value % 10));
            value /= 10;
        }
    }
}
