using System.Globalization;
using System.Text;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>Durations as people write them: <c>15m</c>, <c>1h</c>, <c>1d12h</c>, <c>500ms</c>. Units d, h, m, s, ms, each at most once and in this order.</summary>
public static class DurationText
{
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text.IsEmpty) return false;
        Int128 ticks = 0;
        var nextUnit = 0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 12) return false;
            var number = long.Parse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            text = text[digits..];
            var letters = text.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? text : text[..letters];
            text = text[unit.Length..];

            while (nextUnit < Units.Length && !unit.SequenceEqual(Units[nextUnit].Unit)) nextUnit++;
            if (nextUnit == Units.Length) return false;
            ticks += (Int128)number * Units[nextUnit++].Ticks;
        }

        if (ticks > TimeSpan.MaxValue.Ticks) return false;
        duration = new TimeSpan((long)ticks);
        return true;
    }

    /// <summary>The shortest text; zero is <c>0s</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or not a whole number of milliseconds.</exception>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero || duration.Ticks % TimeSpan.TicksPerMillisecond != 0)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "A duration is a whole number of milliseconds and not negative.");
        if (duration == TimeSpan.Zero) return "0s";

        var text = new StringBuilder();
        var rest = duration.Ticks;
        foreach (var (unit, size) in Units)
        {
            var number = Math.DivRem(rest, size, out rest);
            if (number > 0) text.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
        }

        return text.ToString();
    }
}
