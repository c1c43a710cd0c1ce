using System.Globalization;
using System.Text.Json;

namespace WarehouseImport.Benchmarks.Throughput;

/// <param name="Rows">Rows read, by all syncs of the phase.</param>
/// <param name="WrittenBytes">See <see cref="StoreUnderTest.WrittenBytesAsync"/>.</param>
/// <param name="FloorCpuSeconds">Of the sending process and of the database.</param>
sealed record PhaseResult(
    string Name,
    long Rows,
    double Seconds,
    double SiloCpuSeconds,
    double DatabaseCpuSeconds,
    double PeakMebibytes,
    long WrittenBytes,
    long TableBytes,
    FloorResult Floor,
    double FloorCpuSeconds,
    long FloorTableBytes)
{
    private const double Mebibyte = 1024 * 1024;

    public double RowsPerSecond => Rows / Seconds;

    public double Ratio => RowsPerSecond / Floor.RowsPerSecond;

    /// <summary>CPU of the floor for the same rows, divided by CPU of the import: the ratio that a busy machine does not change.</summary>
    public double CpuRatio => FloorCpuSeconds / (SiloCpuSeconds + DatabaseCpuSeconds);

    public static void Show(IEnumerable<PhaseResult> phases)
    {
        Console.WriteLine("phase         rows/s  floor rows/s  ratio  silo CPU s  database CPU s  floor CPU s  CPU ratio  peak MiB  written MiB  tables MiB  floor tables MiB");
        foreach (var phase in phases)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{phase.Name,-11} {phase.RowsPerSecond,8:0} {phase.Floor.RowsPerSecond,13:0} {phase.Ratio,6:0.00} {phase.SiloCpuSeconds,11:0.0} {phase.DatabaseCpuSeconds,15:0.0} {phase.FloorCpuSeconds,12:0.0} {phase.CpuRatio,10:0.00} {phase.PeakMebibytes,9:0} {phase.WrittenBytes / Mebibyte,12:0} {phase.TableBytes / Mebibyte,11:0} {phase.FloorTableBytes / Mebibyte,17:0}"));
        }
    }

    public static void Write(string path, ThroughputOptions options, IEnumerable<PhaseResult> phases)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("rows", options.Rows);
        json.WriteString("store", options.Store.ToString().ToLowerInvariant());
        json.WriteString("source", "duckdb");
        json.WriteStartArray("phases");
        foreach (var phase in phases)
        {
            json.WriteStartObject();
            json.WriteString("name", phase.Name);
            json.WriteNumber("rows", phase.Rows);
            json.WriteNumber("rowsPerSecond", phase.RowsPerSecond);
            json.WriteNumber("floorRowsPerSecond", phase.Floor.RowsPerSecond);
            json.WriteNumber("ratio", phase.Ratio);
            json.WriteNumber("siloCpuSeconds", phase.SiloCpuSeconds);
            json.WriteNumber("databaseCpuSeconds", phase.DatabaseCpuSeconds);
            json.WriteNumber("floorCpuSeconds", phase.FloorCpuSeconds);
            json.WriteNumber("cpuRatio", phase.CpuRatio);
            json.WriteNumber("peakMiB", phase.PeakMebibytes);
            json.WriteNumber("writtenBytes", phase.WrittenBytes);
            json.WriteNumber("tableBytes", phase.TableBytes);
            json.WriteNumber("floorTableBytes", phase.FloorTableBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
