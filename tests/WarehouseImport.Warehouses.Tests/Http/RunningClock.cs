using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace WarehouseImport.Warehouses.Tests.Http;

/// <summary>
/// A fake clock on which somebody who waits for a stated time has waited it at once. Watchdogs, which are created without a time, pass only when a test advances the clock.
/// </summary>
public sealed class RunningClock() : FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
        {
            Waits.Enqueue(dueTime);
            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }

        return timer;
    }
}
