using System.Text;
using CsCheck;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Syncs.Tests.Uploads;

/// <summary>profile-import-rules 14.1.</summary>
public sealed class CsvReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Files => new()
    {
        { "14.1 comma, CRLF", "a,b\r\n1,2\r\n3,4\r\n", "2: 1|2; 3: 3|4" },
        { "14.1 LF", "a,b\n1,2\n3,4\n", "2: 1|2; 3: 3|4" },
        { "14.1 CR", "a,b\r1,2\r3,4\r", "2: 1|2; 3: 3|4" },
        { "14.1 no line break at the end", "a,b\n1,2", "2: 1|2" },
        { "14.1 empty last cell at the end of the file", "a,b\n1,", "2: 1|" },
        { "14.1 semicolon", "a;b\n1,5;2\n", "2: 1,5|2" },
        { "14.1 tab", "a\tb\n1\t2\n", "2: 1|2" },
        { "14.1 bar", "a|b\n1|2\n", "2: 1|2" },
        { "14.1 separators inside a quoted name do not count", "\"a;;;\",b\n1,2\n", "2: 1|2" },
        { "14.1 quoted line break belongs to the cell, lines are physical", "a,b\n\"1\r\n\n2\",3\n4,5\n", "2: 1\r\n\n2|3; 5: 4|5" },
        { "14.1 doubled quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", "2: say \"hi\"|\"" },
        { "14.1 empty lines are skipped and counted", "\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n", "5: 1|2; 8: 3|4" },
        { "14.1 a line of separators is a row", "a,b\n,\n", "2: |" },
        { "14.1 a quoted empty cell is no empty line", "a\n\"\"\n", "2: " },
        { "14.1 apostrophe", "a,b\n'+49 1,'=x\n'abc,''+1\n", "2: +49 1|=x; 3: 'abc|'+1" },
        { "14.3 added columns are ignored", "a,_outcome,b,_error_codes,_row,_modified_at,_run\n1,failed,2,x,7,t,r\n", "2: 1|2" },
        { "13 too few cells", "a,b\n1\n2,3\n", "2: 1|~ WrongColumns 1; 3: 2|3" },
        { "13 too many cells", "a,b\n1,2,3\n", "2: 1|2 WrongColumns 3" },
        { "13 a quote inside an unquoted cell stops there", "a,b\n1,2\n3,4\"5\n6,7\n", "2: 1|2; 3: 3|~ BadQuote 1" },
        { "13 text after a closing quote stops there", "a,b\n\"1\"x,2\n6,7\n", "2: ~|~ BadQuote 0" },
        { "13 a quote that is never closed names the line it opens on", "a,b\n1,2\n\"3,4\n5,6\n", "2: 1|2; 3: ~|~ BadQuote 0" },
    };

    public static TheoryData<string, byte[], string> BadFiles => new()
    {
        { "13 nothing", [], "csv_empty" },
        { "13 empty lines only", "\n\r\n\n"u8.ToArray(), "csv_empty" },
        { "13 byte order mark only", [0xEF, 0xBB, 0xBF], "csv_empty" },
        { "13 unnamed column", "a,,b\n1,2,3\n"u8.ToArray(), "csv_no_header" },
        { "13 a row in place of the header", "ann@example.com,12\nbob@example.com,13\n"u8.ToArray(), "csv_no_header" },
        { "13 duplicate name", "a,b,a\n1,2,3\n"u8.ToArray(), "csv_duplicate_header" },
        { "13 duplicate name but for spaces", "a,b, a \n1,2,3\n"u8.ToArray(), "csv_duplicate_header" },
        { "13 broken quote in the header", "a,\"b\n1,2\n"u8.ToArray(), "csv_bad_quote" },
        { "13 not UTF-8", [.. "a,b\nx,"u8, 0xE4, (byte)'\n'], "csv_bad_encoding" },
        { "13 UTF-8 cut in a character", [.. "a,b\nx,"u8, 0xC3], "csv_bad_encoding" },
        { "13 UTF-16 without its mark", Encoding.Unicode.GetBytes("a,b\n1,2\n"), "csv_bad_encoding" },
    };

    // Few letters, so that quotes, separators and line breaks meet; '=' and the apostrophe for the unescaping.
    private static readonly Gen<string> Cell = Pick.From('a', 'é', '"', ',', ';', '\r', '\n', '\'', '=', ' ').Array[0, 5].Select(letters => new string(letters));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task ReadAsync_Records_AreAsWritten(string section, string file, string expected) =>
        Assert.True(expected == await ShowAsync(Encoding.UTF8.GetBytes(file)), $"{section}: {await ShowAsync(Encoding.UTF8.GetBytes(file))}");

    [Fact]
    public async Task ReadAsync_EveryEncoding_GivesTheSameRecords()
    {
        const string File = "näme,b\nÄnn 😀,2\n";
        Encoding[] encodings = [new UTF8Encoding(false), new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true)];

        foreach (var encoding in encodings) Assert.Equal("2: Änn 😀|2", await ShowAsync([.. encoding.GetPreamble(), .. encoding.GetBytes(File)]));
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task ReadAsync_FileThatCannotBeRead_IsRefused(string section, byte[] file, string code)
    {
        var refused = await Assert.ThrowsAsync<CsvFileException>(() => UploadScan.ReadAsync(new MemoryStream(file), Cancellation));

        Assert.True(code == refused.Problem.Code, $"{section}: {refused.Problem.Code}");
    }

    [Fact]
    public async Task ReadAsync_UnreadableByte_IsNamed()
    {
        var refused = await Assert.ThrowsAsync<CsvFileException>(() => UploadScan.ReadAsync(new MemoryStream([.. "a,b\nx,"u8, 0xE4, (byte)'\n']), Cancellation));

        Assert.Contains("byte 7 ", refused.Problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadAsync_RecordLargerThanAnyRow_IsOneFaultAndReadingGoesOn(bool isQuoted)
    {
        var huge = new string('x', CsvReader.MaxRecordCharacters * 2);
        var file = isQuoted ? $"a,b\n1,\"{huge}\n\"\"{huge}\"\n2,3\n" : $"a,b\n1,{huge}\r\n2,3\n";
        await using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        var reader = await CsvReader.OpenAsync(stream, Cancellation);

        var first = await reader.ReadAsync(Cancellation);
        var second = await reader.ReadAsync(Cancellation);

        Assert.Equal((2, CsvFault.TooLarge, 2), (first!.Value.Line, first.Value.Fault, first.Value.CellCount));
        Assert.Equal("1", first.Value.Cells[0]);
        Assert.True(first.Value.Cells[1]!.Length < 2000);
        Assert.Equal((isQuoted ? 4 : 3, "2"), (second!.Value.Line, second.Value.Cells[0]));
        Assert.Null(await reader.ReadAsync(Cancellation));
    }

    /// <summary>Whatever cells are written by RFC 4180, the same come back, with the lines they begin on, however the bytes arrive.</summary>
    [Fact]
    public async Task ReadAsync_WrittenRecords_ComeBack() => await Gen.Select(Cell.Array[2].Array[1, 6], Pick.From(",", ";", "\t", "|"), Pick.From("\r\n", "\n", "\r"), Gen.Int[1, 7]).SampleAsync(
        async (rows, delimiter, lineBreak, bytesAtOnce) =>
        {
            var file = new StringBuilder($"first{delimiter}second{lineBreak}");
            var expected = new List<string>();
            var line = 2;
            foreach (var row in rows)
            {
                expected.Add($"{line}: {string.Join('|', row.Select(FormulaSafe.Unescape))}");
                var text = string.Join(delimiter, row.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + lineBreak;
                file.Append(text);
                line += text.Replace("\r\n", "\n", StringComparison.Ordinal).Count(c => c is '\r' or '\n');
            }

            await using var stream = new TricklingStream(Encoding.UTF8.GetBytes(file.ToString()), bytesAtOnce);
            Assert.Equal(string.Join("; ", expected), await ShowAsync(stream));
        },
        iter: 20_000);

    private static async Task<string> ShowAsync(byte[] file) => await ShowAsync(new MemoryStream(file));

    private static async Task<string> ShowAsync(Stream stream)
    {
        var reader = await CsvReader.OpenAsync(stream, CancellationToken.None);
        var records = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None) is { } record)
        {
            var fault = record.Fault == CsvFault.None ? "" : $" {record.Fault} {record.CellCount}";
            records.Add($"{record.Line}: {string.Join('|', record.Cells.Select(cell => cell ?? "~"))}{fault}");
        }

        return string.Join("; ", records);
    }

    private sealed class TricklingStream(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, atOnce)], cancellationToken);
    }
}
