namespace WarehouseImport.Emulators.Hosting;

/// <summary>The emulated service's clock: another clock, shifted. Token expiry, retention and running times follow it, so no test waits for them.</summary>
public sealed class EmulatorClock(TimeProvider inner) : TimeProvider
{
    private long _shiftTicks;

    /// <value>How far it is ahead of the inner clock; negative when behind.</value>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _shiftTicks));
        set => Interlocked.Exchange(ref _shiftTicks, value.Ticks);
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _shiftTicks, time.Ticks);

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Shift;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
