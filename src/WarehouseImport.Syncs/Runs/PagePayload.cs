using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>A page as recorded: its rows, and which of them are skipped because the previous run already imported them (H4).</summary>
/// <param name="Skipped">
/// One flag per row. Decided once, when the page is recorded, so that a replayed page makes the very same batches under the same ledger keys.
/// </param>
internal sealed record RunPage(RowPage Rows, bool[] Skipped)
{
    public int Number => Rows.Number;

    public int SkippedRows => Skipped.Count(skipped => skipped);
}

/// <summary>
/// The stored form of a page: a format byte, the uncompressed length, and a Deflate stream of the cells column by column as length-prefixed UTF-8.
/// </summary>
/// <remarks>Cells of one column resemble each other, which is why they lie together.</remarks>
internal static class PagePayload
{
    private const byte Format = 1;
    private const int HeaderBytes = 1 + sizeof(int);

    public static byte[] Encode(RunPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        WriteNumber(buffer, page.Rows.RowCount);
        WriteNumber(buffer, page.Rows.Columns.Length);
        foreach (var skipped in page.Skipped) buffer.Write([skipped ? (byte)1 : (byte)0]);
        foreach (var cursor in page.Rows.Cursor) WriteText(buffer, cursor);
        foreach (var column in page.Rows.Columns)
        {
            foreach (var cell in column) WriteText(buffer, cell);
        }

        using var output = new MemoryStream(buffer.WrittenCount / 3 + HeaderBytes);
        Span<byte> header = stackalloc byte[HeaderBytes];
        header[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], buffer.WrittenCount);
        output.Write(header);
        using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(buffer.WrittenSpan);
        return output.ToArray();
    }

    /// <exception cref="InvalidDataException">The payload was written by a newer version or is damaged.</exception>
    public static RunPage Decode(int number, byte[] payload)
    {
        if (payload.Length < HeaderBytes || payload[0] != Format)
        {
            throw new InvalidDataException($"Page {number} is stored in format {(payload.Length == 0 ? "none" : payload[0])}; this version reads format {Format}.");
        }

        var bytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(1))];
        using (var deflate = new DeflateStream(new MemoryStream(payload, HeaderBytes, payload.Length - HeaderBytes), CompressionMode.Decompress))
        {
            deflate.ReadExactly(bytes);
        }

        var reader = new Reader(bytes);
        var rows = reader.ReadNumber();
        var columnCount = reader.ReadNumber();
        var skipped = new bool[rows];
        for (var row = 0; row < rows; row++) skipped[row] = reader.ReadByte() != 0;
        var cursor = new string[rows];
        for (var row = 0; row < rows; row++)
        {
            cursor[row] = reader.ReadText() ?? throw new InvalidDataException($"Page {number} has a row without cursor.");
        }

        var columns = new string?[columnCount][];
        for (var column = 0; column < columnCount; column++)
        {
            columns[column] = new string?[rows];
            for (var row = 0; row < rows; row++) columns[column][row] = reader.ReadText();
        }

        return new RunPage(new RowPage(number, cursor, columns), skipped);
    }

    // A text is its byte count plus one (zero is NULL) and its bytes. Unpaired surrogates cannot be stored by any warehouse and become U+FFFD.
    private static void WriteText(ArrayBufferWriter<byte> buffer, string? text)
    {
        if (text is null)
        {
            WriteNumber(buffer, 0);
            return;
        }

        var count = Encoding.UTF8.GetByteCount(text);
        WriteNumber(buffer, count + 1);
        Encoding.UTF8.GetBytes(text, buffer.GetSpan(count));
        buffer.Advance(count);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> buffer, int value)
    {
        var span = buffer.GetSpan(5);
        var length = 0;
        var rest = (uint)value;
        while (rest >= 0x80)
        {
            span[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[length++] = (byte)rest;
        buffer.Advance(length);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _position;

        public byte ReadByte() => _bytes[_position++];

        public int ReadNumber()
        {
            var value = 0u;
            for (var shift = 0; ; shift += 7)
            {
                var part = _bytes[_position++];
                value |= (uint)(part & 0x7F) << shift;
                if (part < 0x80) return (int)value;
            }
        }

        public string? ReadText()
        {
            var length = ReadNumber();
            if (length == 0) return null;
            var text = Encoding.UTF8.GetString(_bytes.Slice(_position, length - 1));
            _position += length - 1;
            return text;
        }
    }
}
