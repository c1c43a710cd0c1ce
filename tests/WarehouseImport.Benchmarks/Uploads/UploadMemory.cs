using System.Diagnostics;
using System.Globalization;

namespace WarehouseImport.Benchmarks.Uploads;

static class UploadMemory
{
    public static async Task<int> RunAsync(long? rows)
    {
        var folder = Directory.CreateTempSubdirectory("warehouse-import-benchmark-");
        try
        {
            var path = Path.Combine(folder.FullName, "people.csv");
            var written = PeopleFile.Write(path, rows is null ? PeopleFile.FiftyMegabytes : null, rows);
            await UploadSpeed.CheckAsync(path, folder.FullName);
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{written} rows, {new FileInfo(path).Length / 1e6:0} MB: greatest working set {process.PeakWorkingSet64 / 1048576.0:0} MiB in {process.TotalProcessorTime.TotalSeconds:0} s of CPU"));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
