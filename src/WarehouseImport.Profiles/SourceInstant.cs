using System.Globalization;

namespace WarehouseImport.Profiles;

/// <summary>
/// The exact value of a row's <c>modified_at</c>: whole seconds since 1970-01-01T00:00:00Z and 12 fraction digits, years 1–9999.
/// Never passes through a binary float or a clock type, so two instants that differ in the last digit never compare equal (G6, H7).
/// </summary>
[GenerateSerializer, Immutable, Alias("instant")]
public readonly record struct SourceInstant : IComparable<SourceInstant>
{
    public const int FractionDigits = 12;

    private const long PicosecondsPerSecond = 1_000_000_000_000;
    private const long SecondsPerDay = 86_400;

    /// <summary>0001-01-01T00:00:00Z, the least instant.</summary>
    public static readonly SourceInstant MinValue = new(-62_135_596_800, 0);

    /// <summary>The last picosecond of the year 9999.</summary>
    public static readonly SourceInstant MaxValue = new(253_402_300_799, PicosecondsPerSecond - 1);

    /// <param name="seconds">Whole seconds since the epoch, rounded towards the past.</param>
    /// <param name="picoseconds">0 … 999 999 999 999, counted forward from <paramref name="seconds"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside the years 1–9999, or a fraction out of range.</exception>
    public SourceInstant(long seconds, long picoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, -62_135_596_800);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(seconds, 253_402_300_799);
        ArgumentOutOfRangeException.ThrowIfNegative(picoseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(picoseconds, PicosecondsPerSecond);
        Seconds = seconds;
        Picoseconds = picoseconds;
    }

    [Id(0)]
    public long Seconds { get; private init; }

    [Id(1)]
    public long Picoseconds { get; private init; }

    public static bool operator <(SourceInstant left, SourceInstant right) => left.CompareTo(right) < 0;

    public static bool operator >(SourceInstant left, SourceInstant right) => left.CompareTo(right) > 0;

    public static bool operator <=(SourceInstant left, SourceInstant right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SourceInstant left, SourceInstant right) => left.CompareTo(right) >= 0;

    /// <summary>The instant of a clock reading; exact, as the clock has 7 digits.</summary>
    public static SourceInstant FromDateTimeOffset(DateTimeOffset value)
    {
        var seconds = value.ToUnixTimeSeconds();
        return new SourceInstant(seconds, (value.UtcTicks - DateTimeOffset.FromUnixTimeSeconds(seconds).UtcTicks) * 100_000);
    }

    /// <summary>Builds an instant from a proleptic Gregorian UTC date and time.</summary>
    /// <returns>False if the date does not exist or is outside the years 1–9999.</returns>
    public static bool TryCreate(int year, int month, int day, long secondOfDay, long picoseconds, out SourceInstant instant)
    {
        instant = default;
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        var seconds = (new DateOnly(year, month, day).DayNumber - (long)DaysToEpoch) * SecondsPerDay + secondOfDay;
        if (seconds < MinValue.Seconds || seconds > MaxValue.Seconds) return false;
        instant = new SourceInstant(seconds, picoseconds);
        return true;
    }

    /// <summary>
    /// Reads the product's own exact form, <c>YYYY-MM-DDTHH:MM:SS[.f{1,12}]Z</c>, which includes the storage form.
    /// The many forms people write are read by the value parsers, not here.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SourceInstant instant)
    {
        instant = default;
        if (text.Length < 20 || text[^1] != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
        if (!TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)) return false;
        if (!TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second)) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;

        long picoseconds = 0;
        if (text.Length > 20)
        {
            var fraction = text[20..^1];
            if (text[19] != '.' || fraction.Length is < 1 or > FractionDigits || !TryDigits(fraction, out picoseconds)) return false;
            for (var digit = fraction.Length; digit < FractionDigits; digit++) picoseconds *= 10;
        }

        return TryCreate((int)year, (int)month, (int)day, hour * 3600 + minute * 60 + second, picoseconds, out instant);
    }

    public static SourceInstant Parse(string text) =>
        TryParse(text, out var instant) ? instant : throw new FormatException($"'{text}' is not an instant of the form YYYY-MM-DDTHH:MM:SS[.f]Z.");

    /// <summary>Moves by a span; stops at the ends of the range instead of leaving it.</summary>
    public SourceInstant AddClamped(TimeSpan span)
    {
        var wholeSeconds = (long)Math.Floor(span.TotalSeconds);
        var picoseconds = Picoseconds + (span.Ticks - wholeSeconds * TimeSpan.TicksPerSecond) * 100_000;
        var seconds = Seconds + wholeSeconds + picoseconds / PicosecondsPerSecond;
        if (seconds < MinValue.Seconds) return MinValue;
        return seconds > MaxValue.Seconds ? MaxValue : new SourceInstant(seconds, picoseconds % PicosecondsPerSecond);
    }

    public int CompareTo(SourceInstant other)
    {
        var bySecond = Seconds.CompareTo(other.Seconds);
        return bySecond != 0 ? bySecond : Picoseconds.CompareTo(other.Picoseconds);
    }

    /// <summary>Exact text, fraction without trailing zeros: <c>2014-09-30T13:34:08.000001Z</c>.</summary>
    public override string ToString()
    {
        var text = ToStorageString();
        if (Picoseconds == 0) return string.Concat(text.AsSpan(0, 19), "Z");
        return string.Concat(text.AsSpan(0, 32).TrimEnd('0'), "Z");
    }

    /// <summary>Exact text of fixed width (33 characters, 12 fraction digits) that sorts by ordinal comparison like the instants.</summary>
    public string ToStorageString()
    {
        var days = Math.DivRem(Seconds - MinValue.Seconds, SecondsPerDay, out var secondOfDay);
        var date = DateOnly.FromDayNumber((int)days);
        return string.Create(CultureInfo.InvariantCulture, $"{date.Year:D4}-{date.Month:D2}-{date.Day:D2}T{secondOfDay / 3600:D2}:{secondOfDay / 60 % 60:D2}:{secondOfDay % 60:D2}.{Picoseconds:D12}Z");
    }

    private const int DaysToEpoch = 719_162;

    private static bool TryDigits(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (c - '0');
        }

        return true;
    }
}
