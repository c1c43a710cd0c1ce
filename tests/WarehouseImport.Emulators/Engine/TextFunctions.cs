using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace WarehouseImport.Emulators.Engine;

/// <summary>
/// The conversions DuckDB cannot make as the warehouses do, registered in it as one function <c>wi(spec, text)</c>. A spec is the operation and its
/// settings, separated by semicolons. A failed conversion ends in NULL where the spec says <c>safe</c>.
/// </summary>
internal static class TextFunctions
{
    private const string FailurePrefix = "WI-FAILURE|";
    private static readonly ConcurrentDictionary<string, Func<string, string?>> Compiled = new();

    public static string? Invoke(string spec, string value) => Compiled.GetOrAdd(spec, Compile)(value);

    /// <summary>Finds the failure thrown inside DuckDB in DuckDB's own message.</summary>
    public static SqlFailure? FindFailure(string message)
    {
        var start = message.IndexOf(FailurePrefix, StringComparison.Ordinal);
        if (start < 0) return null;
        var parts = message[(start + FailurePrefix.Length)..].Split('|', 3);
        return new SqlFailure(Enum.Parse<SqlFailureKind>(parts[0]), parts[2], parts[1]);
    }

    private static Func<string, string?> Compile(string spec)
    {
        var p = spec.Split(';');
        var safe = p[^1] == "safe";
        return p[0] switch
        {
            "date" => value => ParseDate(value) ?? Fail(safe, "DATE", value),
            "time" => value => ParseTime(value, Digits(p[1])) ?? Fail(safe, "TIME", value),
            "ts" => Timestamp(p[1], Digits(p[2]), Zone(p[3]), p[4], safe),
            "num" => value => ParseNumber(value, Digits(p[1]), Digits(p[2])) ?? Fail(safe, "NUMBER", value),
            "int64" => value => ParseInteger(value) ?? Fail(safe, "INT64", value),
            "float" => value => ParseFloat(value) ?? Fail(safe, "FLOAT", value),
            "bool" => value => ParseBoolean(value, p[1]) ?? Fail(safe, "BOOLEAN", value),
            "fmtdate" => value => CivilTime.FormatDate(int.Parse(value, CultureInfo.InvariantCulture)),
            "fmttime" => value => CivilTime.FormatTimeOfDay(long.Parse(value, CultureInfo.InvariantCulture), Digits(p[1])),
            "fmtts" => value => Format(value, p[1], Digits(p[2]), Zone(p[3]), string.Join(';', p[4..])),
            "fmtfloat" => value => p[1] == "bigquery" ? FloatText.BigQuery(Double(value)) : FloatText.Snowflake(Double(value)),
            "toinstant" => value => CivilTime.ToInstant(Zone(p[1]), Big(value)).ToString(CultureInfo.InvariantCulture),
            "towall" => value => (Big(value) + CivilTime.OffsetAt(Zone(p[1]), Big(value))).ToString(CultureInfo.InvariantCulture),
            "offset" => value => (CivilTime.OffsetAt(Zone(p[1]), Big(value)) / CivilTime.NanosPerSecond / 60).ToString(CultureInfo.InvariantCulture),
            "trunc" => value => Truncate(Big(value), p[1]).ToString(CultureInfo.InvariantCulture),
            "addmonths" => AddMonths,
            "compactjson" => CompactJson,
            "trimzeros" => TrimZeros,
            _ => throw new InvalidOperationException($"The conversion '{spec}' is not known."),
        };
    }

    private static string? Fail(bool safe, string type, string value) =>
        safe ? null : throw new FormatException($"{FailurePrefix}{SqlFailureKind.BadCast}|{type}|{value}");

    private static int Digits(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static Int128 Big(string text) => Int128.Parse(text, CultureInfo.InvariantCulture);

    private static double Double(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static TimeZoneInfo Zone(string name) =>
        name is "UTC" or "" ? TimeZoneInfo.Utc : CivilTime.FindZone(name) ?? throw new FormatException($"{FailurePrefix}{SqlFailureKind.BadCast}|TIMEZONE|{name}");

    private static string? ParseDate(string text) =>
        CivilTime.TryParse(text, out var parsed) ? parsed.Day.ToString(CultureInfo.InvariantCulture) : null;

    private static string? ParseTime(string text, int scale) =>
        CivilTime.TryParseTimeOfDay(text, out var nanos, out _) ? (nanos - (nanos % Power(9 - scale))).ToString(CultureInfo.InvariantCulture) : null;

    private static long Power(int digits) => digits <= 0 ? 1 : 10 * Power(digits - 1);

    private static Func<string, string?> Timestamp(string kind, int scale, TimeZoneInfo zone, string dialect, bool safe) => value =>
    {
        var type = kind switch { "ntz" when dialect == "bigquery" => "DATETIME", _ => "TIMESTAMP" };
        if (!CivilTime.TryParse(value, out var parsed))
        {
            return dialect == "snowflake" && EpochNanos(value) is { } epoch
                ? kind == "tz" ? $"{Cut(epoch, scale)} 0" : Cut(epoch, scale).ToString(CultureInfo.InvariantCulture)
                : Fail(safe, type, value);
        }

        // BigQuery keeps microseconds and refuses what it cannot keep; Google's own clients write nine digits, the last three zero. A DATETIME names no zone.
        if (dialect == "bigquery" && (parsed.Digits > 9 || parsed.NanosOfDay % 1000 != 0 || (kind == "ntz" && parsed.HasZone))) return Fail(safe, type, value);
        if (kind == "ntz") return Cut(parsed.WallNanos, scale).ToString(CultureInfo.InvariantCulture);
        var instant = parsed.Instant(zone);
        if (kind == "ltz") return Cut(instant, scale).ToString(CultureInfo.InvariantCulture);
        var offset = parsed.OffsetMinutes ?? (int)((parsed.WallNanos - instant) / CivilTime.NanosPerSecond / 60);
        return string.Create(CultureInfo.InvariantCulture, $"{Cut(instant, scale)} {offset}");
    };

    // Digits beyond the scale are cut towards the past, so that a value before 1970 does not move forward.
    private static Int128 Cut(Int128 nanos, int scale)
    {
        Int128 unit = Power(9 - scale);
        var rest = nanos % unit;
        return nanos - (rest < 0 ? rest + unit : rest);
    }

    /// <summary>Snowflake reads a text of digits as seconds, milliseconds, microseconds or nanoseconds by its size.</summary>
    private static Int128? EpochNanos(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return null;
        var size = Int128.Abs(number);
        Int128 unit = size < 31_536_000_000 ? 1_000_000_000 : size < 31_536_000_000_000 ? 1_000_000 : size < 31_536_000_000_000_000 ? 1_000 : 1;
        return number * unit;
    }

    private static string? ParseNumber(string text, int precision, int scale)
    {
        var trimmed = text.Trim();
        var e = trimmed.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (e >= 0 && !int.TryParse(trimmed.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return null;
        var mantissa = e < 0 ? trimmed : trimmed[..e];
        var negative = mantissa.StartsWith('-');
        if (negative || mantissa.StartsWith('+')) mantissa = mantissa[1..];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        if (digits.Length == 0 || !digits.All(char.IsAsciiDigit) || Math.Abs(exponent) > 400) return null;
        var shift = scale + exponent - (point < 0 ? 0 : mantissa.Length - point - 1);
        var value = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        if (shift >= 0) value *= BigInteger.Pow(10, shift);
        else
        {
            var unit = BigInteger.Pow(10, -shift);
            value = (value + (unit / 2)) / unit;
        }

        if (value >= BigInteger.Pow(10, precision)) return null;
        var plain = value.ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        if (scale > 0) plain = $"{plain[..^scale]}.{plain[^scale..]}";
        return negative && !value.IsZero ? "-" + plain : plain;
    }

    private static string? ParseInteger(string text) =>
        long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value.ToString(CultureInfo.InvariantCulture) : null;

    private static string? ParseFloat(string text) => text.Trim().ToUpperInvariant() switch
    {
        "NAN" => "nan",
        "INF" or "+INF" or "INFINITY" or "+INFINITY" => "inf",
        "-INF" or "-INFINITY" => "-inf",
        var other => double.TryParse(other, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : null,
    };

    private static string? ParseBoolean(string text, string dialect) => text.Trim().ToUpperInvariant() switch
    {
        "TRUE" => "true",
        "FALSE" => "false",
        "T" or "YES" or "Y" or "ON" or "1" when dialect == "snowflake" => "true",
        "F" or "NO" or "N" or "OFF" or "0" when dialect == "snowflake" => "false",
        _ => null,
    };

    /// <summary>Formats nanoseconds, or "nanoseconds offset", by Snowflake's format elements; an empty format is the default one.</summary>
    private static string Format(string value, string kind, int scale, TimeZoneInfo zone, string format)
    {
        var parts = value.Split(' ');
        var nanos = Big(parts[0]);
        var offset = kind switch
        {
            "ntz" => 0,
            "tz" => Digits(parts[1]),
            _ => (int)(CivilTime.OffsetAt(zone, nanos) / CivilTime.NanosPerSecond / 60),
        };
        var wall = nanos + ((Int128)offset * 60 * CivilTime.NanosPerSecond);
        if (format == "bigquery")
        {
            return CivilTime.FormatTimestamp(wall, -1, ' ') + (kind == "ntz" ? "" : OffsetText(offset, offset % 60 == 0 ? "TZH" : "TZH:TZM"));
        }

        if (format == "iso") return CivilTime.FormatTimestamp(wall, -1, 'T');
        if (format.Length == 0) format = kind == "ntz" ? "YYYY-MM-DD HH24:MI:SS.FF3" : "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM";
        return ApplyFormat(format, wall, offset, scale);
    }

    private static string OffsetText(int minutes, string form)
    {
        var size = Math.Abs(minutes);
        var text = string.Create(CultureInfo.InvariantCulture, $"{(minutes < 0 ? '-' : '+')}{size / 60:00}");
        return form switch
        {
            "TZH" => text,
            "TZH:TZM" => string.Create(CultureInfo.InvariantCulture, $"{text}:{size % 60:00}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{text}{size % 60:00}"),
        };
    }

    private static string ApplyFormat(string format, Int128 wall, int offset, int scale)
    {
        var (day, rest) = CivilTime.Split(wall);
        var date = CivilTime.Date(day);
        var text = new StringBuilder();
        string[] elements = ["YYYY", "HH24", "TZH:TZM", "TZHTZM", "TZH", "MM", "DD", "MI", "SS"];
        for (var i = 0; i < format.Length;)
        {
            if (format[i] == '"')
            {
                var end = format.IndexOf('"', i + 1);
                text.Append(format, i + 1, end - i - 1);
                i = end + 1;
                continue;
            }

            var rest2 = format.AsSpan(i);
            if (rest2.StartsWith("FF", StringComparison.OrdinalIgnoreCase))
            {
                var digits = rest2.Length > 2 && char.IsAsciiDigit(rest2[2]) ? rest2[2] - '0' : scale;
                var fraction = CivilTime.Fraction(rest % CivilTime.NanosPerSecond, digits);
                text.Append(fraction.Length == 0 ? "" : fraction[1..]);
                i += rest2.Length > 2 && char.IsAsciiDigit(rest2[2]) ? 3 : 2;
                continue;
            }

            var element = Array.Find(elements, e => format.AsSpan(i).StartsWith(e, StringComparison.OrdinalIgnoreCase));
            if (element is null)
            {
                text.Append(format[i++]);
                continue;
            }

            var seconds = rest / CivilTime.NanosPerSecond;
            text.Append(element switch
            {
                "YYYY" => date.Year.ToString("0000", CultureInfo.InvariantCulture),
                "MM" => date.Month.ToString("00", CultureInfo.InvariantCulture),
                "DD" => date.Day.ToString("00", CultureInfo.InvariantCulture),
                "HH24" => (seconds / 3600).ToString("00", CultureInfo.InvariantCulture),
                "MI" => (seconds / 60 % 60).ToString("00", CultureInfo.InvariantCulture),
                "SS" => (seconds % 60).ToString("00", CultureInfo.InvariantCulture),
                _ => OffsetText(offset, element),
            });
            i += element.Length;
        }

        return text.ToString();
    }

    private static Int128 Truncate(Int128 nanos, string unit)
    {
        var (day, rest) = CivilTime.Split(nanos);
        var start = (Int128)day * CivilTime.NanosPerDay;
        var date = CivilTime.Date(day);
        return unit switch
        {
            "YEAR" => (Int128)CivilTime.Day(date.Year, 1, 1) * CivilTime.NanosPerDay,
            "MONTH" => (Int128)CivilTime.Day(date.Year, date.Month, 1) * CivilTime.NanosPerDay,
            "DAY" => start,
            "HOUR" => start + (rest - (rest % (3600 * CivilTime.NanosPerSecond))),
            "MINUTE" => start + (rest - (rest % (60 * CivilTime.NanosPerSecond))),
            "SECOND" => start + (rest - (rest % CivilTime.NanosPerSecond)),
            "MILLISECOND" => start + (rest - (rest % 1_000_000)),
            _ => start + (rest - (rest % 1_000)),
        };
    }

    /// <summary>"nanoseconds months": the day is clamped to the end of a shorter month.</summary>
    private static string AddMonths(string value)
    {
        var parts = value.Split(' ');
        var (day, rest) = CivilTime.Split(Big(parts[0]));
        var moved = CivilTime.Date(day).AddMonths(Digits(parts[1]));
        return (((Int128)CivilTime.Day(moved.Year, moved.Month, moved.Day) * CivilTime.NanosPerDay) + rest).ToString(CultureInfo.InvariantCulture);
    }

    private static string CompactJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.String ? root.GetString()! : JsonSerializer.Serialize(root, WireJson.Options);
    }

    private static string TrimZeros(string number) =>
        number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;
}
