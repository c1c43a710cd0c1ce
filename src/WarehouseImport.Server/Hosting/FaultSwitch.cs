using System.Diagnostics;
using System.Globalization;
using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Hosting;

/// <summary>
/// The switch that lets a test end this process at a fault point (guarantees section 6), as hard as <c>kill -9</c> does: no handler runs and nothing is flushed.
/// Without the environment variable no handler is installed.
/// </summary>
internal static class FaultSwitch
{
    /// <summary><c>FPnn:k</c> ends the process at the k-th time the point is reached; without <c>:k</c> at the first.</summary>
    public const string EnvironmentVariable = "WAREHOUSEIMPORT_FAULT";

    /// <exception cref="InvalidOperationException">The switch names no fault point.</exception>
    public static void Install(string? setting)
    {
        if (string.IsNullOrEmpty(setting)) return;

        var (point, occurrence) = Parse(setting);
        var left = occurrence;
        FaultPoint.Install(id =>
        {
            if (id != point || Interlocked.Decrement(ref left) != 0) return Task.CompletedTask;
            Process.GetCurrentProcess().Kill();

            // The signal may take a moment; nothing after the point may happen meanwhile.
            return new TaskCompletionSource().Task;
        });
    }

    /// <exception cref="InvalidOperationException">The switch names no fault point.</exception>
    public static (FaultPointId Point, int Occurrence) Parse(string setting)
    {
        var parts = setting.Split(':');
        var occurrence = 1;
        if (parts.Length <= 2
            && parts[0].StartsWith("FP", StringComparison.Ordinal)
            && int.TryParse(parts[0].AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Enum.IsDefined((FaultPointId)number)
            && (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out occurrence) && occurrence > 0)))
        {
            return ((FaultPointId)number, occurrence);
        }

        var known = string.Join(", ", Enum.GetValues<FaultPointId>().Select(point => string.Create(CultureInfo.InvariantCulture, $"FP{(int)point:00}")));
        throw new InvalidOperationException($"{EnvironmentVariable} is '{setting}'; it must be one of {known}, or one of them with a count as in FP08:3.");
    }
}
