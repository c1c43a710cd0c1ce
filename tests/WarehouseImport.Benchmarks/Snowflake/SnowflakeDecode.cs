using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Reading;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Benchmarks.Snowflake;

/// <summary>
/// A partition of ten typical columns, beside the two that a window adds. The library parses the same bytes and takes every cell as a string; once as it is, and once
/// turned into the exact text of its kind, which is what our decoder delivers.
/// </summary>
static class SnowflakeDecode
{
    private const int Rounds = 7;
    private const int PageRows = 5_000;

    private static readonly SnowflakeColumn[] Columns =
    [
        Column("KIND", "fixed", 0), Column("CURSOR", "timestamp_ntz", 9), Column("ID", "fixed", 0), Column("EMAIL", "text", 0), Column("FIRST_NAME", "text", 0),
        Column("COUNTRY", "text", 0), Column("IS_ACTIVE", "boolean", 0), Column("POINTS", "fixed", 4), Column("BORN", "date", 0), Column("CREATED", "timestamp_tz", 9),
        Column("SCORE", "real", 0), Column("ATTRIBUTES", "variant", 0),
    ];

    public static async Task<int> RunAsync(int rows)
    {
        var bytes = Partition(rows);
        using var body = new StoredBody(isZipped: false);
        body.Append(bytes.Span);

        // Once for the compiler; then in turns, so that a busy machine is busy for both.
        await OursAsync(body);
        await LibraryAsync(body, null);
        await LibraryAsync(body, Converters());
        var (ours, library, converted) = (new List<Sample>(), new List<Sample>(), new List<Sample>());
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(await MeasureAsync(() => OursAsync(body)));
            library.Add(await MeasureAsync(() => LibraryAsync(body, null)));
            converted.Add(await MeasureAsync(() => LibraryAsync(body, Converters())));
        }

        var same = converted.MinBy(sample => sample.Seconds)!;
        Show("JsonDocument, cells as exact text", same, same);
        Show("JsonDocument, cells as they are", library.MinBy(sample => sample.Seconds)!, same);
        Show("our decoder, cells as exact text in columns", ours.MinBy(sample => sample.Seconds)!, same);
        return 0;

        void Show(string what, Sample sample, Sample baseline) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-46} {bytes.Length / sample.Seconds / 1e6,8:0} MB/s  {rows / sample.Seconds,10:0} rows/s  time {sample.Seconds / baseline.Seconds:0.00}  allocated {(double)sample.Allocated / baseline.Allocated:0.00} ({sample.Allocated / 1e6:0} MB)"));
    }

    private static async Task<long> OursAsync(StoredBody body)
    {
        var decoder = new SnowflakeRows(Columns, 16 * 1024 * 1024, "Decoding");
        var cells = 0L;
        await foreach (var page in decoder.ReadPagesAsync(body, 0, 1, 2, new PageBuilder(Columns.Length - 2, PageRows, 0, long.MaxValue), CancellationToken.None))
        {
            cells += page.RowCount * (long)Columns.Length;
        }

        return cells;
    }

    private static SnowflakeCells[] Converters() => [.. Columns.Select(column => new SnowflakeCells(column.Form))];

    private static async Task<long> LibraryAsync(StoredBody body, SnowflakeCells[]? converters)
    {
        await using var stream = body.OpenRead();
        using var document = await JsonDocument.ParseAsync(stream);
        var cells = 0L;
        foreach (var row in document.RootElement.GetProperty("data").EnumerateArray())
        {
            var column = 0;
            foreach (var cell in row.EnumerateArray())
            {
                var text = cell.GetString();
                if (text is not null) _ = converters?[column].Convert(Encoding.UTF8.GetBytes(text));
                column++;
                cells++;
            }
        }

        return cells;
    }

    private static async Task<Sample> MeasureAsync(Func<Task<long>> decode)
    {
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var watch = Stopwatch.StartNew();
        await decode();
        return new Sample(watch.Elapsed.TotalSeconds, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }

    private static ReadOnlyMemory<byte> Partition(int rows)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes);
        string[] countries = ["DE", "GB", "US", "FR", "JP"];
        writer.WriteStartObject();
        writer.WriteStartArray("data");
        for (var row = 0; row < rows; row++)
        {
            string?[] cells =
            [
                "1", Text($"{1_700_000_000 + row}.{row % 1_000_000_000:000000000}"), Text($"{row}"), Text($"person{row}@example.com"), Text($"Name {row % 1000}"),
                countries[row % 5], row % 2 == 0 ? "true" : "false", Text($"{row % 10_000}.{row % 10_000:0000}"), row % 10 == 0 ? null : Text($"{row % 20_000}"),
                Text($"{1_600_000_000 + row}.123000000 1500"), Text($"{row / 7.0:R}"), Text($"{{\n  \"plan\": \"gold\",\n  \"visits\": {row}\n}}"),
            ];
            writer.WriteStartArray();
            foreach (var cell in cells) writer.WriteStringValue(cell);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenMemory;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static SnowflakeColumn Column(string name, string type, int scale) => new(name, type, 38, scale, 0, true, null, null);

    private sealed record Sample(double Seconds, long Allocated);
}
