using System.Diagnostics;
using System.Globalization;
using Sylvan.Data.Csv;
using WarehouseImport.Server.Cli;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Benchmarks.Uploads;

static class UploadSpeed
{
    public static async Task<int> RunAsync(long bytes)
    {
        var folder = Directory.CreateTempSubdirectory("warehouse-import-benchmark-");
        try
        {
            var path = Path.Combine(folder.FullName, "people.csv");
            var rows = PeopleFile.Write(path, bytes, null);

            // Once for the page cache and the compiler, once for the clock.
            await LibraryAsync(path);
            var library = await TimeAsync(() => LibraryAsync(path));
            await ReaderAsync(path);
            var reader = await TimeAsync(() => ReaderAsync(path));
            var check = await TimeAsync(() => CheckAsync(path, folder.FullName));

            Show("CSV library alone (every cell as text)", rows, library, library);
            Show("our reader alone (every cell as text)", rows, reader, library);
            Show("check", rows, check, library);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static async Task<int> CheckAsync(string path, string folder)
    {
        var code = await FileCommand.RunAsync(
            new FileCommandOptions(path, true, null, [], true, null, null, false, [], null, Path.Combine(folder, "data"), long.MaxValue), CancellationToken.None);
        return code == FileCommand.Refused ? 0 : throw new InvalidOperationException($"The check ended with {code}.");
    }

    private static async Task<int> LibraryAsync(string path)
    {
        await using var reader = await CsvDataReader.CreateAsync(new StreamReader(path));
        var length = 0;
        while (await reader.ReadAsync())
            for (var cell = 0; cell < reader.FieldCount; cell++) length += reader.GetString(cell).Length;
        return length;
    }

    private static async Task<int> ReaderAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17, FileOptions.SequentialScan | FileOptions.Asynchronous);
        var reader = await CsvReader.OpenAsync(file, CancellationToken.None);
        var length = 0;
        while (await reader.ReadAsync(CancellationToken.None) is { } record)
            foreach (var cell in record.Cells) length += cell?.Length ?? 0;
        return length;
    }

    // The time on the clock says what a person waits for; the processor's stays the same on a busy machine.
    private static async Task<(TimeSpan Clock, TimeSpan Processor)> TimeAsync(Func<Task<int>> work)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        await work();
        var clock = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        return (clock, process.TotalProcessorTime - before);
    }

    private static void Show(string what, long rows, (TimeSpan Clock, TimeSpan Processor) time, (TimeSpan Clock, TimeSpan Processor) library) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-42} {rows} rows in {time.Clock.TotalSeconds:0.00} s = {rows / time.Clock.TotalSeconds:0} rows/s, {time.Processor.TotalSeconds:0.00} s of CPU; ratio {time.Clock / library.Clock:0.0}, by CPU {time.Processor / library.Processor:0.0}"));
}
