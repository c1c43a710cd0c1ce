using System.Globalization;

namespace WarehouseImport.Emulators.Engine;

/// <summary>How the two services print doubles.</summary>
internal static class FloatText
{
    /// <summary>17 significant digits as C prints them with <c>%.17g</c>: the recorded <c>9.9999999999999991e-308</c> and <c>1e+308</c>.</summary>
    public static string Snowflake(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return "0";
        var (negative, digits, exponent) = Parts(value.ToString("E16", CultureInfo.InvariantCulture));
        var sign = negative ? "-" : "";
        if (exponent is < -4 or >= 17)
        {
            var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        return sign + Plain(digits, exponent);
    }

    /// <summary>As Java's <c>Double.toString</c>: a fraction always, an exponent from 10^7 and below 10^-3.</summary>
    public static string BigQuery(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        return Java(value);
    }

    /// <summary>A timestamp without <c>useInt64Timestamp</c>: seconds as a double with an exponent always, so that microseconds can be lost.</summary>
    public static string Exponent(double value)
    {
        if (value == 0) return "0.0";
        var (negative, digits, exponent) = Parts(value.ToString("E16", CultureInfo.InvariantCulture), Shortest(value));
        return string.Create(CultureInfo.InvariantCulture, $"{(negative ? "-" : "")}{digits[0]}.{(digits.Length == 1 ? "0" : digits[1..])}E{exponent}");
    }

    private static string Java(double value)
    {
        var (negative, digits, exponent) = Parts(value.ToString("E16", CultureInfo.InvariantCulture), Shortest(value));
        var sign = negative ? "-" : "";
        if (exponent is < -3 or >= 7)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}.{(digits.Length == 1 ? "0" : digits[1..])}E{exponent}");
        }

        var plain = Plain(digits, exponent);
        return sign + (plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0");
    }

    private static string Shortest(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Plain(string digits, int exponent)
    {
        if (exponent < 0) return $"0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return digits + new string('0', exponent + 1 - digits.Length);
        return $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Sign, significant digits without trailing zeros, and the decimal exponent of the first digit.</summary>
    private static (bool Negative, string Digits, int Exponent) Parts(string scientific, string? shortest = null)
    {
        var negative = scientific[0] == '-';
        var e = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (shortest is null) return (negative, Significant(scientific[(negative ? 1 : 0)..e]), exponent);
        var end = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = Significant(shortest[(negative ? 1 : 0)..(end < 0 ? shortest.Length : end)]);
        return (negative, digits, ExponentOf(shortest));
    }

    private static string Significant(string mantissa)
    {
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? "0" : digits;
    }

    // Rounding to 17 digits can carry into a new digit (9.99…E22), so the shortest form's own exponent counts.
    private static int ExponentOf(string shortest)
    {
        var text = shortest.TrimStart('-');
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var given = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        if (whole.TrimStart('0').Length > 0) return given + whole.Length - 1;
        var fraction = mantissa[(point + 1)..];
        return given - (fraction.Length - fraction.TrimStart('0').Length) - 1;
    }
}
