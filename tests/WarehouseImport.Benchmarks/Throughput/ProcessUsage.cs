using System.Globalization;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>What a process used, from <c>/proc</c>. CPU seconds stay the same on a busy machine; the clock's do not.</summary>
static class ProcessUsage
{
    private const double TicksPerSecond = 100;
    private const int ParentField = 1;
    private const int UserTicksField = 11;

    /// <summary>CPU seconds of a process, without its children.</summary>
    public static double CpuSeconds(int process) => Ticks(Stat(process), 2) / TicksPerSecond;

    /// <summary>CPU seconds of a process, its children that live and those it has waited for: a PostgreSQL server with its backends.</summary>
    public static double TreeCpuSeconds(int root)
    {
        var sum = Ticks(Stat(root), 4);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(System.IO.Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process)) continue;
            try
            {
                var stat = Stat(process);
                if (int.Parse(stat[ParentField], CultureInfo.InvariantCulture) == root) sum += Ticks(stat, 2);
            }
            catch (IOException)
            {
                // It ended meanwhile, and its parent's count of ended children holds it.
            }
        }

        return sum / TicksPerSecond;
    }

    public static int ParentOf(int process) => int.Parse(Stat(process)[ParentField], CultureInfo.InvariantCulture);

    /// <summary>Forgets the greatest working set so far. Needs Linux and the right to write to the process's folder.</summary>
    public static void ResetPeak(int process) => File.WriteAllText($"/proc/{process}/clear_refs", "5");

    public static double PeakMebibytes(int process) => Number($"/proc/{process}/status", "VmHWM:") / 1024.0;

    /// <summary>Bytes handed to the system by write calls, whatever it did with them.</summary>
    public static long WrittenBytes(int process) => Number($"/proc/{process}/io", "wchar:");

    private static long Number(string file, string name)
    {
        var line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    // The second field is the name in parentheses and may hold spaces; what follows it is counted from the state.
    private static string[] Stat(int process)
    {
        var text = File.ReadAllText($"/proc/{process}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double Ticks(string[] stat, int fields)
    {
        double sum = 0;
        for (var field = 0; field < fields; field++) sum += long.Parse(stat[UserTicksField + field], CultureInfo.InvariantCulture);
        return sum;
    }
}
