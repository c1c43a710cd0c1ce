namespace WarehouseImport.Profiles.Values;

/// <summary>Local times of a zone to instants (profile-import-rules 7.7, H8).</summary>
internal static class LocalTime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// The offset to subtract from a local time. A time that happens twice takes the earlier instant; a time that the clock skips moves forward by
    /// the gap, which is the same as reading it with the offset before the change.
    /// </summary>
    public static TimeSpan OffsetOf(TimeZoneInfo zone, DateTime local)
    {
        if (zone.Id == TimeZoneInfo.Utc.Id) return TimeSpan.Zero;

        // No zone is 24 hours from UTC, so the two offsets are those before and after any change near the local time.
        var before = zone.GetUtcOffset(Utc(local, -Day));
        var after = zone.GetUtcOffset(Utc(local, Day));
        if (before == after) return before;
        if (zone.GetUtcOffset(Utc(local, -before)) == before) return before;
        return zone.GetUtcOffset(Utc(local, -after)) == after ? after : before;
    }

    private static DateTime Utc(DateTime local, TimeSpan shift)
    {
        var ticks = Math.Clamp(local.Ticks + shift.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new DateTime(ticks, DateTimeKind.Utc);
    }
}
