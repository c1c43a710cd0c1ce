using System.Globalization;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>
/// Numbers as exact text (profile-import-rules 7.3). The canonical form is plain decimal notation: no exponent, no leading or trailing
/// zeros, <c>0</c> without a sign. No number passes through a binary float or <see cref="decimal"/>, which has only 28 digits.
/// </summary>
public static class ExactNumber
{
    /// <summary>Digits of a number property in plain notation, leading zeros not counted.</summary>
    public const int MaxDigits = 38;

    /// <summary>Digits after the point of a number property.</summary>
    public const int MaxScale = 37;

    /// <summary>
    /// Digits of a number inside JSON in plain notation, leading zeros included after the point; more is refused, so that <c>1e999999999</c>
    /// cannot ask for a gigabyte. Every binary double fits (309 digits before the point, or 324 and its 17 own after it).
    /// </summary>
    public const int MaxJsonDigits = 1_000;

    // An exponent beyond this is out of every range; reading stops growing there.
    private const long ExponentCeiling = 1_000_000_000;

    internal enum Fault
    {
        None,
        Syntax,
        OutOfRange,
    }

    /// <summary>Makes the canonical form of a number property: up to 38 digits in plain notation, of which up to 37 after the point.</summary>
    /// <param name="text"><c>[+-]? digits [. digits]? ([eE][+-]? digits)?</c>, no spaces.</param>
    /// <param name="canonical">The canonical form, or null.</param>
    /// <param name="error"><c>number_invalid</c> or <c>number_out_of_range</c>, or null.</param>
    public static bool TryCanonicalise(ReadOnlySpan<char> text, out string? canonical, out Problem? error)
    {
        var fault = Canonicalise(text, MaxDigits, MaxScale, out canonical);
        error = fault switch
        {
            Fault.None => null,
            Fault.OutOfRange => ProblemCatalogue.Fill(ProblemCodes.NumberOutOfRange, ("value", text.ToString())),
            _ => ProblemCatalogue.Fill(ProblemCodes.NumberInvalid, ("value", text.ToString()), ("reason", SyntaxReason(text))),
        };
        return fault == Fault.None;
    }

    internal static Fault Canonicalise(ReadOnlySpan<char> text, int maxDigits, int maxScale, out string? canonical)
    {
        canonical = null;
        if (!TrySplit(text, out var negative, out var whole, out var fraction, out var exponent)) return Fault.Syntax;

        whole = whole.TrimStart('0');
        fraction = fraction.TrimEnd('0');

        // The value is 0.d1d2d3… × 10^point with d1 ≠ 0 and the last digit ≠ 0; the digits are spread over the two spans.
        var point = whole.Length + exponent;
        if (whole.IsEmpty)
        {
            var significant = fraction.TrimStart('0');
            point -= fraction.Length - significant.Length;
            fraction = significant;
        }
        else if (fraction.IsEmpty)
        {
            whole = whole.TrimEnd('0');
        }

        var count = whole.Length + fraction.Length;
        if (count == 0)
        {
            canonical = "0";
            return Fault.None;
        }

        var scale = Math.Max(0, count - point);
        var digits = Math.Max(point, 0) + (point < 0 ? count : scale);
        if (digits > maxDigits || scale > maxScale) return Fault.OutOfRange;

        if (IsCanonical(text, negative, exponent, (int)point, (int)scale))
        {
            canonical = text.ToString();
            return Fault.None;
        }

        var before = (int)Math.Max(point, 1);
        var length = (negative ? 1 : 0) + before + (scale > 0 ? 1 + (int)scale : 0);
        Span<char> plain = length <= 512 ? stackalloc char[length] : new char[length];
        plain.Fill('0');
        var next = 0;
        if (negative) plain[next++] = '-';
        var firstDigit = next + before - (int)point;
        if (scale > 0) plain[next + before] = '.';
        for (var i = 0; i < count; i++)
        {
            var position = firstDigit + i;
            if (position >= next + before) position++;
            plain[position] = i < whole.Length ? whole[i] : fraction[i - whole.Length];
        }

        canonical = plain.ToString();
        return Fault.None;
    }

    internal static bool IsNumber(ReadOnlySpan<char> text) => TrySplit(text, out _, out _, out _, out _);

    /// <summary>Whether a canonical number has nothing after the point.</summary>
    internal static bool IsInteger(string canonical) => !canonical.Contains('.');

    /// <summary>Whether a canonical number lies in −limit … limit, both included.</summary>
    internal static bool IsWithin(string canonical, int limit)
    {
        var magnitude = canonical.AsSpan().TrimStart('-');
        var point = magnitude.IndexOf('.');
        var whole = point < 0 ? magnitude : magnitude[..point];
        if (whole.Length > 9) return false;
        var value = int.Parse(whole, CultureInfo.InvariantCulture);
        return value < limit || (value == limit && point < 0);
    }

    private static bool IsCanonical(ReadOnlySpan<char> text, bool negative, long exponent, int point, int scale) =>
        exponent == 0 && text[0] != '+' && !text.ContainsAny('e', 'E')
        && text.Length == (negative ? 1 : 0) + Math.Max(point, 1) + (scale > 0 ? 1 + scale : 0);

    private static bool TrySplit(ReadOnlySpan<char> text, out bool negative, out ReadOnlySpan<char> whole, out ReadOnlySpan<char> fraction, out long exponent)
    {
        fraction = default;
        exponent = 0;
        negative = text is ['-', ..];
        var rest = text is ['-' or '+', ..] ? text[1..] : text;

        whole = TakeDigits(ref rest);
        if (whole.IsEmpty) return false;
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
            if (fraction.IsEmpty) return false;
        }

        if (rest.IsEmpty) return true;
        if (rest[0] is not ('e' or 'E')) return false;
        rest = rest[1..];
        var negativeExponent = rest is ['-', ..];
        if (rest is ['-' or '+', ..]) rest = rest[1..];
        var digits = TakeDigits(ref rest);
        if (digits.IsEmpty || !rest.IsEmpty) return false;
        foreach (var digit in digits) exponent = Math.Min(exponent * 10 + (digit - '0'), ExponentCeiling);
        if (negativeExponent) exponent = -exponent;
        return true;
    }

    private static ReadOnlySpan<char> TakeDigits(scoped ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[end..];
        return digits;
    }

    private static string SyntaxReason(ReadOnlySpan<char> text)
    {
        if (text.Equals("NaN", StringComparison.OrdinalIgnoreCase) || text.Contains("Infinity", StringComparison.OrdinalIgnoreCase)) return "only finite numbers are accepted";
        foreach (var c in text)
        {
            if (c == ',') return "thousands separators and decimal commas are not accepted";
            if (char.IsWhiteSpace(c)) return "it contains a space";
            if (!char.IsAsciiDigit(c) && c is not ('+' or '-' or '.' or 'e' or 'E')) return $"it contains {(char.IsSurrogate(c) ? "a symbol" : c)}";
        }

        return text is ['.', ..] or ['-', '.', ..] or ['+', '.', ..] ? "a digit is needed before the point" : "digits are missing or a sign is out of place";
    }
}
