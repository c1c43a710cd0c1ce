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
        // Borrowed, because a page takes megabytes: as garbage it would be a large object per page, which only a full collection frees.
        var length = Length(page);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var writer = new Writer(rented);
            writer.WriteNumber(page.Rows.RowCount);
            writer.WriteNumber(page.Rows.Columns.Length);
            foreach (var skipped in page.Skipped) writer.WriteByte(skipped ? (byte)1 : (byte)0);
            foreach (var cursor in page.Rows.Cursor) writer.WriteText(cursor);
            foreach (var column in page.Rows.Columns)
            {
                foreach (var cell in column) writer.WriteText(cell);
            }

            using var output = new MemoryStream(length / 3 + HeaderBytes);
            Span<byte> header = stackalloc byte[HeaderBytes];
            header[0] = Format;
            BinaryPrimitives.WriteInt32LittleEndian(header[1..], length);
            output.Write(header);
            using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(rented, 0, length);
            return output.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
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

    private static int Length(RunPage page)
    {
        long length = NumberLength(page.Rows.RowCount) + NumberLength(page.Rows.Columns.Length) + page.Skipped.Length;
        foreach (var cursor in page.Rows.Cursor) length += TextLength(cursor);
        foreach (var column in page.Rows.Columns)
        {
            foreach (var cell in column) length += TextLength(cell);
        }

        return checked((int)length);
    }

    private static int TextLength(string? text)
    {
        if (text is null) return 1;
        var count = Encoding.UTF8.GetByteCount(text);
        return NumberLength(count + 1) + count;
    }

    private static int NumberLength(int value)
    {
        var length = 1;
        for (var rest = (uint)value; rest >= 0x80; rest >>= 7) length++;
        return length;
    }

    // A text is its byte count plus one (zero is NULL) and its bytes. Unpaired surrogates cannot be stored by any warehouse and become U+FFFD.
    private ref struct Writer(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _position;

        public void WriteByte(byte value) => _bytes[_position++] = value;

        public void WriteText(string? text)
        {
            if (text is null)
            {
                WriteNumber(0);
                return;
            }

            WriteNumber(Encoding.UTF8.GetByteCount(text) + 1);
            _position += Encoding.UTF8.GetBytes(text, _bytes[_position..]);
        }

        public void WriteNumber(int value)
        {
            var rest = (uint)value;
            while (rest >= 0x80)
            {
                _bytes[_position++] = (byte)(rest | 0x80);
                rest >>= 7;
            }

            _bytes[_position++] = (byte)rest;
        }
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
