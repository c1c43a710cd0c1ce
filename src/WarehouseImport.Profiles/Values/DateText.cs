using System.Globalization;

namespace WarehouseImport.Profiles.Values;

/// <summary>The text forms of dates and timestamps (profile-import-rules 7.5), read exactly; shared by date properties and the cursor.</summary>
internal static class DateText
{
    private const int PicosecondDigits = SourceInstant.FractionDigits;
    private const int MinutesPerHour = 60;
    private const int SecondsPerMinute = 60;
    private const int SecondsPerHour = 3_600;

    // PostgreSQL's bound; no zone has ever been further from UTC.
    private const int MaxOffsetHours = 15;

    private const long LeastUnixSeconds = 100_000_000;

    /// <summary>Reads any text form of 7.5. No zone means <paramref name="zone"/>; a bare date is midnight there.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int fractionDigits, TimeZoneInfo zone, out SourceInstant instant)
    {
        text = text.Trim();
        instant = default;
        if (text.Length > 4 && text[4] == '-') return TryParseIso(text, fractionDigits, out var iso) && iso.TryToInstant(zone, out instant);
        if (text.Length > 2 && (text[1] == '/' || text[2] == '/')) return TryParseSlash(text, out var slash) && slash.TryToInstant(zone, out instant);
        return TryParseUnix(text, fractionDigits, out instant);
    }

    /// <summary>Reads <c>YYYY-MM-DD</c>, optionally followed by <c>T</c> or a space, a time and an offset.</summary>
    public static bool TryParseIso(ReadOnlySpan<char> text, int fractionDigits, out DateParts parts)
    {
        parts = default;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-') return false;
        if (!Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)) return false;
        parts = new DateParts { Year = year, Month = month, Day = day };
        if (text.Length == 10) return parts.IsDate;

        if (text[10] is not ('T' or 't' or ' ')) return false;
        var rest = text[11..];
        if (!TakeTime(ref rest, out var second)) return false;
        long picoseconds = 0;
        if (rest is ['.', ..] && second.HasSeconds && !TakeFraction(ref rest, fractionDigits, out picoseconds)) return false;
        int? offset = null;
        if (!rest.IsEmpty)
        {
            if (!TryOffset(rest, out var minutes)) return false;
            offset = minutes;
        }

        parts = parts with { HasTime = true, SecondOfDay = second.SecondOfDay, Picoseconds = picoseconds, OffsetMinutes = offset };
        return parts.IsDate;
    }

    /// <summary>An integer column with a stated unit.</summary>
    public static bool TryParseEpoch(ReadOnlySpan<char> text, EpochUnit unit, out SourceInstant instant)
    {
        instant = default;
        return Int128.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && TryEpoch(count, unit, out instant);
    }

    private static bool TryEpoch(Int128 count, EpochUnit unit, out SourceInstant instant)
    {
        instant = default;
        var perSecond = unit switch
        {
            EpochUnit.Seconds => 1L,
            EpochUnit.Milliseconds => 1_000L,
            EpochUnit.Microseconds => 1_000_000L,
            EpochUnit.Nanoseconds => 1_000_000_000L,
            _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Unknown unit."),
        };
        var (seconds, remainder) = Int128.DivRem(count, perSecond);
        if (remainder < 0)
        {
            seconds--;
            remainder += perSecond;
        }

        if (seconds < SourceInstant.MinValue.Seconds || seconds > SourceInstant.MaxValue.Seconds) return false;
        instant = new SourceInstant((long)seconds, (long)remainder * (1_000_000_000_000 / perSecond));
        return true;
    }

    private static bool TryParseSlash(ReadOnlySpan<char> text, out DateParts parts)
    {
        parts = default;
        var space = text.IndexOf(' ');
        var date = space < 0 ? text : text[..space];
        var first = date.IndexOf('/');
        var second = date.LastIndexOf('/');
        if (second == first || first is < 1 or > 2 || second - first - 1 is < 1 or > 2) return false;
        var yearText = date[(second + 1)..];
        if (!Digits(date[..first], out var month) || !Digits(date[(first + 1)..second], out var day) || !Digits(yearText, out var year)) return false;

        if (yearText.Length == 2) year += year <= 68 ? 2000 : 1900;
        else if (yearText.Length != 4) return false;

        parts = new DateParts { Year = year, Month = month, Day = day };
        if (space < 0) return parts.IsDate;

        var rest = text[(space + 1)..];
        if (!TakeTime(ref rest, out var time) || !rest.IsEmpty) return false;
        parts = parts with { HasTime = true, SecondOfDay = time.SecondOfDay };
        return parts.IsDate;
    }

    // Fewer digits could be a spreadsheet's serial number, and a leading zero something else again.
    private static bool TryParseUnix(ReadOnlySpan<char> text, int fractionDigits, out SourceInstant instant)
    {
        instant = default;
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        if (whole.Length is < 9 or > 14 || whole.ContainsAnyExceptInRange('0', '9') || whole[0] == '0') return false;

        var count = long.Parse(whole, CultureInfo.InvariantCulture);
        if (whole.Length >= 12) return point < 0 && TryEpoch(count, EpochUnit.Milliseconds, out instant);

        long picoseconds = 0;
        var rest = point < 0 ? default : text[point..];
        if (point >= 0 && (!TakeFraction(ref rest, fractionDigits, out picoseconds) || !rest.IsEmpty)) return false;
        if (count < LeastUnixSeconds) return false;
        instant = new SourceInstant(count, picoseconds);
        return true;
    }

    private static bool TakeTime(scoped ref ReadOnlySpan<char> text, out (int SecondOfDay, bool HasSeconds) time)
    {
        time = default;
        if (text.Length < 5 || text[2] != ':' || !Digits(text[..2], out var hour) || !Digits(text[3..5], out var minute) || hour > 23 || minute > 59) return false;
        var second = 0;
        var hasSeconds = text.Length > 5 && text[5] == ':';
        if (hasSeconds && (text.Length < 8 || !Digits(text[6..8], out second) || second > 59)) return false;
        text = text[(hasSeconds ? 8 : 5)..];
        time = (hour * SecondsPerHour + minute * SecondsPerMinute + second, hasSeconds);
        return true;
    }

    // Digits beyond the kept ones may only be zeros: nothing is rounded.
    private static bool TakeFraction(scoped ref ReadOnlySpan<char> text, int keptDigits, out long picoseconds)
    {
        picoseconds = 0;
        var rest = text[1..];
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? rest : rest[..end];
        text = end < 0 ? default : rest[end..];
        if (digits.IsEmpty) return false;
        digits = digits.TrimEnd('0');
        if (digits.Length > keptDigits) return false;
        for (var i = 0; i < PicosecondDigits; i++) picoseconds = picoseconds * 10 + (i < digits.Length ? digits[i] - '0' : 0);
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        if (text is ['Z' or 'z']) return true;
        if (text[0] is not ('+' or '-')) return false;
        var digits = text[1..];
        var minuteText = digits.Length switch
        {
            2 => "00",
            4 => digits[2..],
            5 when digits[2] == ':' => digits[3..],
            _ => default,
        };
        if (minuteText.IsEmpty || !Digits(digits[..2], out var hour) || !Digits(minuteText, out var minute) || hour > MaxOffsetHours || minute > 59) return false;
        minutes = (hour * MinutesPerHour + minute) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9')) return false;
        foreach (var digit in text) value = value * 10 + (digit - '0');
        return true;
    }

    /// <summary>A date or timestamp as written, before any zone is applied.</summary>
    internal readonly record struct DateParts
    {
        public int Year { get; init; }

        public int Month { get; init; }

        public int Day { get; init; }

        public bool HasTime { get; init; }

        public int SecondOfDay { get; init; }

        public long Picoseconds { get; init; }

        public int? OffsetMinutes { get; init; }

        public bool IsDate => Year is >= 1 and <= 9999 && Month is >= 1 and <= 12 && Day >= 1 && Day <= DateTime.DaysInMonth(Year, Month);

        public bool TryToInstant(TimeZoneInfo zone, out SourceInstant instant)
        {
            var offsetSeconds = OffsetMinutes is { } minutes
                ? minutes * SecondsPerMinute
                : (long)LocalTime.OffsetOf(zone, new DateTime(Year, Month, Day).AddSeconds(SecondOfDay)).TotalSeconds;
            return SourceInstant.TryCreate(Year, Month, Day, SecondOfDay - offsetSeconds, Picoseconds, out instant);
        }

        /// <summary>ISO form with the offset as written (7.5, last line): <c>2014-09-30</c>, <c>2014-09-30T13:34:08.5-04:00</c>.</summary>
        public string ToIsoText()
        {
            var date = string.Create(CultureInfo.InvariantCulture, $"{Year:D4}-{Month:D2}-{Day:D2}");
            if (!HasTime) return date;
            var time = string.Create(CultureInfo.InvariantCulture, $"T{SecondOfDay / SecondsPerHour:D2}:{SecondOfDay / SecondsPerMinute % 60:D2}:{SecondOfDay % 60:D2}");
            var fraction = Picoseconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{Picoseconds:D12}").TrimEnd('0');
            var offset = OffsetMinutes switch
            {
                null => "",
                0 => "Z",
                { } minutes => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / MinutesPerHour:D2}:{Math.Abs(minutes) % MinutesPerHour:D2}"),
            };
            return string.Concat(date, time, fraction, offset);
        }
    }
}
