using System.Globalization;
using System.Text;

namespace WarehouseImport.Emulators.Engine;

/// <summary>
/// Wall-clock text and whole nanoseconds since 1970, for the years 1 to 9999. Nothing goes through <see cref="DateTime"/> or a double: both lose digits.
/// </summary>
internal static class CivilTime
{
    public const long NanosPerSecond = 1_000_000_000;
    public const long NanosPerDay = 86_400 * NanosPerSecond;
    private const int EpochDay = 719_162;

    public static int Day(int year, int month, int day) => new DateOnly(year, month, day).DayNumber - EpochDay;

    public static DateOnly Date(int day) => DateOnly.FromDayNumber(day + EpochDay);

    public static Int128 Nanos(DateTimeOffset instant) => (Int128)(instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>Days and nanoseconds of the day; the latter never negative.</summary>
    public static (int Day, long Nanos) Split(Int128 nanos)
    {
        var day = nanos / NanosPerDay;
        var rest = nanos - (day * NanosPerDay);
        return rest < 0 ? ((int)day - 1, (long)rest + NanosPerDay) : ((int)day, (long)rest);
    }

    public static string FormatDate(int day)
    {
        var date = Date(day);
        return string.Create(CultureInfo.InvariantCulture, $"{date.Year:0000}-{date.Month:00}-{date.Day:00}");
    }

    /// <param name="digits">Fraction digits; negative for "as many as needed, in threes", as BigQuery prints them.</param>
    public static string FormatTimeOfDay(long nanos, int digits)
    {
        var seconds = nanos / NanosPerSecond;
        var text = string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        return text + Fraction(nanos % NanosPerSecond, digits);
    }

    public static string Fraction(long nanos, int digits)
    {
        if (digits < 0)
        {
            if (nanos == 0) return "";
            digits = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
        }

        return digits == 0 ? "" : "." + nanos.ToString("000000000", CultureInfo.InvariantCulture)[..digits];
    }

    public static string FormatTimestamp(Int128 nanos, int digits, char separator)
    {
        var (day, rest) = Split(nanos);
        return $"{FormatDate(day)}{separator}{FormatTimeOfDay(rest, digits)}";
    }

    /// <summary>Decimal seconds with exactly <paramref name="scale"/> fraction digits, cut and not rounded; "-0.5" keeps its sign.</summary>
    public static string FormatSeconds(Int128 nanos, int scale)
    {
        var magnitude = Int128.Abs(nanos);
        var text = new StringBuilder();
        if (nanos < 0) text.Append('-');
        text.Append((magnitude / NanosPerSecond).ToString(CultureInfo.InvariantCulture));
        if (scale > 0) text.Append('.').Append(((long)(magnitude % NanosPerSecond)).ToString("000000000", CultureInfo.InvariantCulture).AsSpan(0, scale));
        return text.ToString();
    }

    /// <summary>Reads <c>YYYY-MM-DD[( |T)HH:MM[:SS[.fffffffff]]][ ]zone</c>; month, day and hour may have one digit.</summary>
    public static bool TryParse(string text, out ParsedTime parsed)
    {
        parsed = default;
        var reader = new Reader(text.Trim());
        if (!reader.Number(4, 4, out var year) || !reader.Take('-') || !reader.Number(1, 2, out var month) || !reader.Take('-') || !reader.Number(1, 2, out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        long nanos = 0;
        var digits = 0;
        var hasTime = false;
        if (reader.IsTimeNext())
        {
            reader.Skip();
            if (!reader.TimeOfDay(out nanos, out digits)) return false;
            hasTime = true;
        }

        int? offset = null;
        string? zone = null;
        if (!reader.AtEnd && !reader.Zone(out offset, out zone)) return false;
        if (!reader.AtEnd) return false;
        parsed = new ParsedTime(Day(year, month, day), nanos, digits, hasTime, offset, zone);
        return true;
    }

    public static bool TryParseTimeOfDay(string text, out long nanos, out int digits)
    {
        var reader = new Reader(text.Trim());
        return reader.TimeOfDay(out nanos, out digits) && reader.AtEnd;
    }

    public static TimeZoneInfo? FindZone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    /// <summary>Offset of a zone at a UTC instant, in nanoseconds.</summary>
    public static Int128 OffsetAt(TimeZoneInfo zone, Int128 utcNanos) => (Int128)zone.GetUtcOffset(ToUtc(utcNanos)).Ticks * 100;

    /// <summary>The UTC instant of a wall-clock time; in a gap the offset before it counts.</summary>
    public static Int128 ToInstant(TimeZoneInfo zone, Int128 wallNanos)
    {
        var guess = wallNanos - OffsetAt(zone, wallNanos);
        return wallNanos - OffsetAt(zone, guess);
    }

    private static DateTime ToUtc(Int128 nanos)
    {
        var ticks = DateTime.UnixEpoch.Ticks + (long)(nanos / 100);
        return new DateTime(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
    }

    private ref struct Reader(string text)
    {
        private int _at;

        public readonly bool AtEnd => _at >= text.Length;

        public bool Take(char expected)
        {
            if (AtEnd || text[_at] != expected) return false;
            _at++;
            return true;
        }

        public void Skip() => _at++;

        public readonly bool IsTimeNext() => _at + 1 < text.Length && text[_at] is ' ' or 'T' or 't' && char.IsAsciiDigit(text[_at + 1]);

        public bool Number(int least, int most, out int value)
        {
            value = 0;
            var start = _at;
            while (_at < text.Length && _at - start < most && char.IsAsciiDigit(text[_at])) value = (value * 10) + (text[_at++] - '0');
            return _at - start >= least;
        }

        public bool TimeOfDay(out long nanos, out int digits)
        {
            nanos = 0;
            digits = 0;
            if (!Number(1, 2, out var hour) || !Take(':') || !Number(1, 2, out var minute)) return false;
            var second = 0;
            if (Take(':') && !Number(1, 2, out second)) return false;
            long fraction = 0;
            if (Take('.'))
            {
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                {
                    if (digits < 9) fraction = (fraction * 10) + (text[_at] - '0');
                    digits++;
                    _at++;
                }

                for (var i = Math.Min(digits, 9); i < 9; i++) fraction *= 10;
            }

            if (hour > 23 || minute > 59 || second > 59) return false;
            nanos = ((((hour * 60L) + minute) * 60) + second) * NanosPerSecond + fraction;
            return true;
        }

        public bool Zone(out int? offsetMinutes, out string? zone)
        {
            offsetMinutes = null;
            zone = null;
            while (!AtEnd && text[_at] == ' ') _at++;
            if (AtEnd) return false;
            if (text[_at] is 'Z' or 'z' && _at + 1 == text.Length)
            {
                _at++;
                offsetMinutes = 0;
                return true;
            }

            if (text[_at] is '+' or '-')
            {
                var sign = text[_at++] == '-' ? -1 : 1;
                if (!Number(1, 2, out var hours)) return false;
                var minutes = 0;
                if (Take(':') ? !Number(2, 2, out minutes) : !AtEnd && !Number(2, 2, out minutes)) return false;
                if (hours > 14 || minutes > 59) return false;
                offsetMinutes = sign * ((hours * 60) + minutes);
                return true;
            }

            zone = text[_at..];
            _at = text.Length;
            return FindZone(zone) is not null;
        }
    }
}

/// <summary>What a date or timestamp text says.</summary>
/// <param name="Digits">Fraction digits that were written.</param>
internal readonly record struct ParsedTime(int Day, long NanosOfDay, int Digits, bool HasTime, int? OffsetMinutes, string? Zone)
{
    public Int128 WallNanos => ((Int128)Day * CivilTime.NanosPerDay) + NanosOfDay;

    public bool HasZone => OffsetMinutes is not null || Zone is not null;

    /// <summary>The UTC instant; without a zone of its own, in the given one.</summary>
    public Int128 Instant(TimeZoneInfo fallback) =>
        OffsetMinutes is { } minutes
            ? WallNanos - ((Int128)minutes * 60 * CivilTime.NanosPerSecond)
            : CivilTime.ToInstant(Zone is null ? fallback : CivilTime.FindZone(Zone)!, WallNanos);
}
