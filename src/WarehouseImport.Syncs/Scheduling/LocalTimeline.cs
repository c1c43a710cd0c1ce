namespace WarehouseImport.Syncs.Scheduling;

/// <summary>
/// Local times of one zone, worked out from the zone's offset at an instant alone. The framework's own test for invalid times knows
/// daylight saving but not changes of a zone's base offset, and misses the day that Apia left out.
/// </summary>
/// <remarks>Times are whole seconds since 0001-01-01T00:00:00, local or UTC; every change of offset happens on a whole second.</remarks>
internal sealed class LocalTimeline(TimeZoneInfo zone)
{
    public const long MaxSeconds = 315_537_897_599;
    private const long SecondsPerDay = 86_400;

    private readonly bool _isFixed = !zone.SupportsDaylightSavingTime && zone.GetAdjustmentRules().Length == 0;
    private readonly long _baseOffset = (long)zone.BaseUtcOffset.TotalSeconds;

    // Rows of a page mostly share a day; looking the offset up for each costs more than reading the rest of the value.
    private volatile QuietDay? _quietDay;

    /// <summary>Offset of local time from UTC at an instant; instants outside the years 1–9999 take the nearest one's.</summary>
    public long OffsetAt(long utc)
    {
        if (_isFixed) return _baseOffset;
        var clamped = Math.Clamp(utc, 0, MaxSeconds);
        return (long)zone.GetUtcOffset(new DateTime(clamped * TimeSpan.TicksPerSecond, DateTimeKind.Utc)).TotalSeconds;
    }

    public long ToLocal(long utc) => utc + OffsetAt(utc);

    /// <summary>The instant of a local time: of a repeated one the earlier, of one that the clocks skip the first moment after the gap.</summary>
    /// <param name="isSkipped">True if no clock ever shows that local time.</param>
    public long ToUtc(long local, out bool isSkipped)
    {
        isSkipped = false;
        if (_isFixed) return local - _baseOffset;

        var day = local / SecondsPerDay;
        if (_quietDay is { } quiet && quiet.Day == day) return local - quiet.Offset;

        var startOffset = OffsetAt((day - 1) * SecondsPerDay);
        if (startOffset == OffsetAt((day + 2) * SecondsPerDay))
        {
            _quietDay = new QuietDay(day, startOffset);
            return local - startOffset;
        }

        // Offsets lie within ±14 h, so the two sampled instants enclose every instant that may show this local time.
        var before = OffsetAt(local - SecondsPerDay);
        var after = OffsetAt(local + SecondsPerDay);
        var earlier = local - Math.Max(before, after);
        if (ToLocal(earlier) == local) return earlier;
        var later = local - Math.Min(before, after);
        if (ToLocal(later) == local) return later;

        isSkipped = true;
        return FirstAtOrAfter(local);
    }

    /// <summary>The least local time that clocks show at or after an instant: lower than the instant's own if clocks are about to be set back.</summary>
    public long LeastLocalFrom(long utc)
    {
        var local = ToLocal(utc);
        if (_isFixed) return local;
        var offset = OffsetAt(utc);
        var dayLater = utc + SecondsPerDay;
        var laterOffset = OffsetAt(dayLater);
        if (laterOffset >= offset) return local;
        var transition = FirstWithOffset(utc, dayLater, laterOffset);
        return Math.Min(local, transition + laterOffset);
    }

    /// <summary>True if the local time is repeated and the instant is its later occurrence; <paramref name="end"/> is the first local time that is not repeated.</summary>
    public bool IsSecondPass(long utc, out long end)
    {
        end = 0;
        if (_isFixed) return false;
        var offset = OffsetAt(utc);
        var dayEarlier = utc - SecondsPerDay;
        var earlierOffset = OffsetAt(dayEarlier);
        if (earlierOffset <= offset) return false;
        end = FirstWithOffset(dayEarlier, utc, offset) + earlierOffset;
        return utc + offset < end;
    }

    private static long Middle(long low, long high) => low + (high - low) / 2;

    private long FirstAtOrAfter(long local)
    {
        var (low, high) = (local - SecondsPerDay, local + SecondsPerDay);
        while (low < high)
        {
            var middle = Middle(low, high);
            if (ToLocal(middle) >= local) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private long FirstWithOffset(long low, long high, long offset)
    {
        while (low < high)
        {
            var middle = Middle(low, high);
            if (OffsetAt(middle) == offset) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <summary>A local day whose neighbourhood has one offset: no zone has changed it twice within three days.</summary>
    private sealed record QuietDay(long Day, long Offset);
}
