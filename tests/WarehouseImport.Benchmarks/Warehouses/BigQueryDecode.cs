using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.BigQuery.Storage;

namespace WarehouseImport.Benchmarks.Warehouses;

/// <summary>
/// What the streaming decoder of BigQuery's answers costs against the plain way (a document, then a string of every cell), and what the same rows cost as batches of
/// the Storage Read API. Network and service are left out.
/// </summary>
static class BigQueryDecode
{
    private static readonly BigQueryField[] Fields =
    [
        new("id", "INTEGER"), new("changed", "TIMESTAMP"), new("email", "STRING"), new("country", "STRING"), new("points", "NUMERIC"),
        new("is_active", "BOOLEAN"), new("born", "DATE"), new("score", "FLOAT"), new("city", "STRING"), new("note", "STRING"),
    ];

    private const int BatchRows = 5000;

    public static async Task<int> RunAsync(int rows)
    {
        var answer = Answer(rows);
        var batches = Batches(Document(answer, rows), rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows} rows, {answer.Length / 1048576.0:0.0} MiB"));

        // Once for the compiler, once for the clock.
        Document(answer, rows);
        await DecoderAsync(answer, rows);
        Arrow(batches, rows);
        var document = await MeasureAsync(() => Task.FromResult(Document(answer, rows)));
        var decoder = await MeasureAsync(() => DecoderAsync(answer, rows));

        Show("JsonDocument, GetString of every cell", document, document, rows);
        Show("our decoder (with exact forms)", decoder, document, rows);
        var arrow = await MeasureAsync(() => Task.FromResult(Arrow(batches, rows)));
        Show($"Arrow batches of the Storage API, {batches.Sum(batch => batch.Length) / 1048576.0:0.0} MiB", arrow, document, rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Storage API against REST, decoding alone: {decoder.Time / arrow.Time:0.00} times as fast, {(double)batches.Sum(batch => batch.Length) / answer.Length:0.00} of the bytes before gzip"));
        return 0;
    }

    private static string?[][] Arrow(byte[][] batches, int rows)
    {
        var cells = new string?[Fields.Length][];
        for (var column = 0; column < cells.Length; column++) cells[column] = new string?[rows];
        var converters = Fields.Select(ArrowCells.For).ToArray();
        var first = 0;
        foreach (var bytes in batches)
        {
            using var reader = new ArrowStreamReader(new ReadOnlyMemory<byte>(bytes));
            using var batch = reader.ReadNextRecordBatch();
            for (var column = 0; column < cells.Length; column++)
            {
                var array = batch.Column(column);
                for (var row = 0; row < batch.Length; row++) cells[column][first + row] = converters[column](array, row);
            }

            first += batch.Length;
        }

        return cells;
    }

    private static byte[][] Batches(string?[][] cells, int rows)
    {
        var batches = new List<byte[]>();
        for (var first = 0; first < rows; first += BatchRows)
        {
            var count = Math.Min(BatchRows, rows - first);
            var builder = new RecordBatch.Builder();
            for (var column = 0; column < Fields.Length; column++) builder.Append(Fields[column].Name, true, Array(Fields[column].Type, cells[column].AsSpan(first, count)));
            using var batch = builder.Build();
            var stream = new MemoryStream();
            using (var writer = new ArrowStreamWriter(stream, batch.Schema, leaveOpen: true)) writer.WriteRecordBatch(batch);
            batches.Add(stream.ToArray());
        }

        return [.. batches];
    }

    private static IArrowArray Array(string type, ReadOnlySpan<string?> cells)
    {
        switch (type)
        {
            case "INTEGER":
                var integers = new Int64Array.Builder();
                foreach (var cell in cells) integers.Append(long.Parse(cell!, CultureInfo.InvariantCulture));
                return integers.Build();
            case "TIMESTAMP":
                var instants = new ArrowBuffer.Builder<long>();
                foreach (var cell in cells) instants.Append(long.Parse(cell!, CultureInfo.InvariantCulture));
                return new TimestampArray(new TimestampType(TimeUnit.Microsecond, "UTC"), instants.Build(), ArrowBuffer.Empty, cells.Length, 0, 0);
            case "NUMERIC":
                var numbers = new Decimal128Array.Builder(new Decimal128Type(38, 9));
                foreach (var cell in cells) numbers.Append(decimal.Parse(cell!, CultureInfo.InvariantCulture));
                return numbers.Build();
            case "BOOLEAN":
                var flags = new BooleanArray.Builder();
                foreach (var cell in cells) flags.Append(cell == "true");
                return flags.Build();
            case "DATE":
                var dates = new Date32Array.Builder();
                foreach (var cell in cells) dates.Append(DateOnly.ParseExact(cell!, "yyyy-MM-dd", CultureInfo.InvariantCulture));
                return dates.Build();
            case "FLOAT":
                var doubles = new DoubleArray.Builder();
                foreach (var cell in cells) doubles.Append(double.Parse(cell!, CultureInfo.InvariantCulture));
                return doubles.Build();
            default:
                var texts = new StringArray.Builder();
                foreach (var cell in cells)
                {
                    if (cell is null) texts.AppendNull();
                    else texts.Append(cell);
                }

                return texts.Build();
        }
    }

    private static string?[][] Document(byte[] answer, int rows)
    {
        using var document = JsonDocument.Parse(answer);
        var cells = new string?[Fields.Length][];
        for (var column = 0; column < cells.Length; column++) cells[column] = new string?[rows];
        var row = 0;
        foreach (var sent in document.RootElement.GetProperty("rows").EnumerateArray())
        {
            var column = 0;
            foreach (var cell in sent.GetProperty("f").EnumerateArray()) cells[column++][row] = cell.GetProperty("v").GetString();
            row++;
        }

        return cells;
    }

    private static async Task<string?[][]> DecoderAsync(byte[] answer, int rows)
    {
        var target = new BigQueryRows(Fields.Length, rows);
        await new BigQueryAnswerReader(Fields, target).ReadAsync(new MemoryStream(answer), CancellationToken.None);
        return target.Take(0, Fields.Length);
    }

    private static async Task<(TimeSpan Time, long Allocated)> MeasureAsync(Func<Task<string?[][]>> run)
    {
        const int Rounds = 5;
        var best = TimeSpan.MaxValue;
        var allocated = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var clock = Stopwatch.StartNew();
            GC.KeepAlive(await run());
            if (clock.Elapsed < best) best = clock.Elapsed;
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return (best, allocated);
    }

    private static void Show(string name, (TimeSpan Time, long Allocated) measured, (TimeSpan Time, long Allocated) against, int rows) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-40} {rows / measured.Time.TotalSeconds,10:0} rows/s  time x {measured.Time / against.Time:0.00}  allocated {measured.Allocated / 1048576.0:0.0} MiB (x {(double)measured.Allocated / against.Allocated:0.00})"));

    private static byte[] Answer(int rows)
    {
        string[] countries = ["DE", "FR", "US", "GB", "NL"];
        string[] cities = ["Berlin", "Lyon", "Austin", "Leeds", "Utrecht", "Kyoto", "Oslo"];
        var random = new Random(7);
        var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("kind", "bigquery#getQueryResultsResponse");
            json.WriteBoolean("jobComplete", true);
            json.WriteString("totalRows", rows.ToString(CultureInfo.InvariantCulture));
            json.WriteStartArray("rows");
            for (var row = 0; row < rows; row++)
            {
                json.WriteStartObject();
                json.WriteStartArray("f");
                Cell(row.ToString(CultureInfo.InvariantCulture));
                Cell((1_704_067_200_000_000 + (row * 1_234_567L)).ToString(CultureInfo.InvariantCulture));
                Cell($"person{random.Next(1_000_000)}@example.com");
                Cell(countries[random.Next(countries.Length)]);
                Cell((random.Next(1_000_000) / 100m).ToString(CultureInfo.InvariantCulture));
                Cell(random.Next(2) == 0 ? "true" : "false");
                Cell($"19{random.Next(50, 99)}-0{random.Next(1, 10)}-1{random.Next(0, 10)}");
                Cell(random.NextDouble().ToString("R", CultureInfo.InvariantCulture));
                Cell(cities[random.Next(cities.Length)]);
                Cell(random.Next(3) == 0 ? null : "Called on Tuesday; wants to hear about the spring offers \"again\".");
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();

            void Cell(string? value)
            {
                json.WriteStartObject();
                json.WriteString("v", value);
                json.WriteEndObject();
            }
        }

        return stream.ToArray();
    }
}
