using System.Reflection;
using System.Text;
using CsCheck;
using Sylvan.Data.Csv;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.ErrorFile;

public sealed class ErrorFileWriterTests
{
    private static readonly Guid RunId = new("3f2504e0-4f89-41d3-9a0c-0305e82c3301");

    [Fact]
    public async Task WriteAsync_OneRow_Follows_14_3()
    {
        var row = Row(0, ["jane@@example.com", "=1+1", null, "a \"b\",\r\nc"]) with
        {
            Problems = [Problem("email_invalid", "email", "“x” is bad"), Problem("number_invalid", "n", "not a number")],
            ModifiedAt = "2024-05-06T07:08:09Z",
        };

        var bytes = await WriteAsync(["email", "n", "note", "_row"], [row]);

        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        Assert.Equal(
            "email,n,note,_row,_outcome,_error_codes,_error_columns,_error_messages,_row_2,_modified_at,_run\r\n"
            + "jane@@example.com,'=1+1,,\"a \"\"b\"\",\r\nc\",failed,email_invalid;number_invalid,email;n,“x” is bad; not a number,2/0,2024-05-06T07:08:09Z,"
            + RunId + "\r\n",
            Encoding.UTF8.GetString(bytes[3..]));
    }

    [Fact]
    public async Task WriteAsync_ErrorsOnly_LeavesOutWarnings()
    {
        var warning = Row(0, ["a"]) with { Outcome = Outcome.Updated, Problems = [Problem("zip_numeric", "a", "w") with { Problem = new Problem("zip_numeric", ProblemSeverity.Warning, "w") }] };

        var all = await WriteAsync(["a"], [warning, Row(1, ["b"])]);
        var errors = await WriteAsync(["a"], [warning, Row(1, ["b"])], ErrorFileContent.ErrorsOnly);

        Assert.Equal(3, Lines(all));
        Assert.Equal(2, Lines(errors));
    }

    [Fact]
    public async Task WriteAsync_MoreRowsThanABatch_WritesEachOnceInOrder()
    {
        var rows = Enumerable.Range(0, 2_500).Select(row => Row(row, [row.ToString(System.Globalization.CultureInfo.InvariantCulture)])).ToList();

        var cells = await ReadBackAsync(await WriteAsync(["n"], rows), 1);

        Assert.Equal(rows.Select(row => row.Cells[0]), cells.Select(row => row[0]));
    }

    [Fact]
    public async Task WriteAsync_AnyCells_ReadBackAsTheyWere()
    {
        var cell = Gen.Select(Gen.OneOf("", "'", "''", "=", "+", "-", "@", "\t", "\r", "\n", "\0", "\"", ",", " "), Gen.OneOf("", "=x", "'", "\"", ",", "\r\n", "\0", "ü", " ", "1"), (start, end) => start + end);

        await Gen.Select(cell, cell, cell).Array[1, 5].SampleAsync(async rows =>
        {
            var written = rows.Select((row, index) => Row(index, [row.Item1, row.Item2, row.Item3])).ToList();
            var bytes = await WriteAsync(["=a", "b", "c"], written);
            var read = await ReadBackAsync(bytes, 3);
            return read.Count == rows.Length && read.Zip(written).All(pair => pair.First.Select(FormulaSafe.Unescape).SequenceEqual(pair.Second.Cells))
                && read.All(row => row.All(value => value.Length == 0 || !"=+-@\t\r\n\0".Contains(value[0])));
        }, iter: 20_000);
    }

    private static int Lines(byte[] file) => Encoding.UTF8.GetString(file).Split("\r\n").Length - 1;

    private static RunErrorRow Row(int row, IReadOnlyList<string?> cells) =>
        new(2, row, Outcome.Failed, null, null, [Problem("email_invalid", "email", "bad")], cells);

    private static RowProblem Problem(string code, string column, string detail) => new(new Problem(code, ProblemSeverity.Error, detail), column, null, null);

    private static async Task<byte[]> WriteAsync(IReadOnlyList<string> columns, IReadOnlyList<RunErrorRow> rows, ErrorFileContent content = ErrorFileContent.All)
    {
        var run = new RunRecord
        {
            Id = RunId,
            SyncId = Guid.Empty,
            Seq = 1,
            Fence = 1,
            Trigger = RunTrigger.Manual,
            Status = RunStatus.SucceededWithRowErrors,
            MappingVersion = 1,
            Partitions = 1,
            RequestId = Guid.Empty,
            StartedAt = DateTimeOffset.UnixEpoch,
            Window = new RunWindow(null, SourceInstant.MaxValue, PagingLevel.Snapshot, columns, new CursorStatistics(0, 0, 0, null)),
        };
        var output = new MemoryStream();
        await new ErrorFileWriter(ErrorRows.Of(rows)).WriteAsync(run, output, content, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    private static async Task<List<string[]>> ReadBackAsync(byte[] file, int columns)
    {
        await using var reader = await CsvDataReader.CreateAsync(new StreamReader(new MemoryStream(file)), new CsvDataReaderOptions { HasHeaders = true, Delimiter = ',' });
        var rows = new List<string[]>();
        while (await reader.ReadAsync()) rows.Add([.. Enumerable.Range(0, columns).Select(reader.GetString)]);
        return rows;
    }

    /// <summary>A run store that has error rows and nothing else.</summary>
    public class ErrorRows : DispatchProxy
    {
        private IReadOnlyList<RunErrorRow> _rows = [];

        public static IRunStore Of(IReadOnlyList<RunErrorRow> rows)
        {
            var store = Create<IRunStore, ErrorRows>();
            ((ErrorRows)(object)store)._rows = rows;
            return store;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(IRunStore.GetErrorsAsync), targetMethod!.Name);
            var after = ((int Page, int Row)?)args![1];
            return Task.FromResult<IReadOnlyList<RunErrorRow>>([.. _rows.Where(row => after is not { } last || (row.Page, row.Row).CompareTo(last) > 0).Take((int)args[3]!)]);
        }
    }
}
