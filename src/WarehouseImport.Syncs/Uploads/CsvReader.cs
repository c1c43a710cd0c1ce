using System.Buffers;
using System.Globalization;
using System.Text;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Mapping;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>
/// Reads a CSV file record by record as profile-import-rules 14.1 says: RFC 4180 with a header; comma, or semicolon, tab or bar as the header line shows; any line
/// break; line breaks inside quotes belong to the cell; lines without any character are skipped.
/// </summary>
/// <remarks>
/// Strict, and exact about faults: the line on which a record begins although cells span lines, the number of its cells, a record of any size as one refused row,
/// and the line of a broken quote. The CSV library at hand knows none of the four (a record beyond its buffer ends the reading), which is why this reader exists.
/// Memory holds one record and at most <see cref="MaxRecordCharacters"/>.
/// </remarks>
public sealed class CsvReader
{
    /// <summary>A record longer than this exceeds 1 MiB whatever is quoted in it: at most every character is a doubled quote, and 64 Ki are separators.</summary>
    public const int MaxRecordCharacters = (2 * 1024 * 1024) + (64 * 1024);

    private const int FirstBuffer = 64 * 1024;
    private const int SmallestRoom = 4 * 1024;
    private const string Delimiters = ",;\t|";

    private static readonly string[] IgnoredPrefixes = ["_error", "_outcome", "_row", "_modified_at", "_run"];

    private readonly CsvText _text;
    private char[] _buffer = new char[FirstBuffer];
    private int _start;
    private int _end;
    private bool _isOver;
    private bool _isStopped;
    private int _line = 1;
    private char _delimiter;
    private SearchValues<char> _stops = SearchValues.Create("");
    private int[] _columnOf = [];
    private int _headerCells;
    private string?[] _cells = [];

    private CsvReader(Stream stream) => _text = new CsvText(stream);

    /// <summary>The imported columns, in order: all but those an error file added (14.3).</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>Cells of the header line, ignored columns included.</summary>
    public int HeaderCells => _headerCells;

    public char Delimiter => _delimiter;

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="CsvFileException"><c>csv_empty</c>, <c>csv_no_header</c>, <c>csv_duplicate_header</c>, <c>csv_bad_quote</c>, <c>csv_bad_encoding</c> or <c>row_too_large</c>.</exception>
    public static async Task<CsvReader> OpenAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = new CsvReader(stream);
        await reader.ReadHeaderAsync(cancellationToken);
        return reader;
    }

    /// <summary>The next record; null at the end of the file.</summary>
    /// <exception cref="CsvFileException"><c>csv_bad_encoding</c>.</exception>
    public async ValueTask<CsvRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_isStopped)
        {
            if (TryParse(out var record, out var isEmpty))
            {
                if (!isEmpty) return record;
                continue;
            }

            if (_end - _start > MaxRecordCharacters) return await SkipAsync(cancellationToken);
            if (!await FillAsync(cancellationToken) && _start == _end) return null;
        }

        return null;
    }

    private static bool IsIgnored(string name) => Array.Exists(IgnoredPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static CsvFileException Fault(string code, params ReadOnlySpan<(string, string)> holes) => new(ProblemCatalogue.Fill(code, holes));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        // The whole header line is needed to choose the separator, so it is read first and parsed as a record afterwards.
        while (true)
        {
            while (_start < _end && _buffer[_start] is '\r' or '\n')
            {
                var isPair = _buffer[_start] == '\r' && _start + 1 < _end && _buffer[_start + 1] == '\n';
                _start += isPair ? 2 : 1;
                _line++;
            }

            if (_start < _end && (_isOver || HeaderLength() >= 0)) break;
            if (_end - _start > MaxRecordCharacters) throw Fault(ProblemCodes.RowTooLarge, ("max", "1 MiB"));
            if (await FillAsync(cancellationToken)) continue;
            if (_start == _end) throw Fault(ProblemCodes.CsvEmpty);
        }

        Choose(_buffer.AsSpan(_start, HeaderLength() is >= 0 and var length ? length : _end - _start));
        _headerCells = int.MaxValue;
        _cells = new string?[1024];
        if (await ReadAsync(cancellationToken) is not { } header) throw Fault(ProblemCodes.CsvEmpty);
        if (header.Fault == CsvFault.BadQuote) throw Fault(ProblemCodes.CsvBadQuote, ("n", Text(header.Line)));
        Name([.. header.Cells.Take(header.CellCount).Select(cell => cell!.Trim())]);
    }

    // Up to the line break outside quotes; -1 if it is not in the buffer.
    private int HeaderLength()
    {
        var isQuoted = false;
        for (var position = _start; position < _end; position++)
        {
            var c = _buffer[position];
            if (c == '"') isQuoted = !isQuoted;
            else if (!isQuoted && c is '\r' or '\n') return position - _start;
        }

        return -1;
    }

    private void Choose(ReadOnlySpan<char> header)
    {
        Span<int> counts = stackalloc int[Delimiters.Length];
        var isQuoted = false;
        foreach (var c in header)
        {
            if (c == '"') isQuoted = !isQuoted;
            else if (!isQuoted && Delimiters.IndexOf(c, StringComparison.Ordinal) is >= 0 and var index) counts[index]++;
        }

        var best = 0;
        for (var index = 1; index < counts.Length; index++)
            if (counts[index] > counts[best]) best = index;
        _delimiter = Delimiters[best];
        _stops = SearchValues.Create([_delimiter, '"', '\r', '\n']);
    }

    private void Name(string[] names)
    {
        // A NUL in the header is UTF-16 without its byte order mark.
        if (names.Any(name => name.Contains('\0', StringComparison.Ordinal))) throw Fault(ProblemCodes.CsvBadEncoding, ("n", "1"));
        if (names.Any(name => name.Length == 0) || names.All(IsData)) throw Fault(ProblemCodes.CsvNoHeader);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            if (!seen.Add(name)) throw Fault(ProblemCodes.CsvDuplicateHeader, ("value", name));

        _headerCells = names.Length;
        _columnOf = new int[names.Length];
        var columns = new List<string>(names.Length);
        for (var cell = 0; cell < names.Length; cell++)
        {
            _columnOf[cell] = IsIgnored(names[cell]) ? -1 : columns.Count;
            if (_columnOf[cell] >= 0) columns.Add(names[cell]);
        }

        Columns = columns;
        if (columns.Count == 0) throw Fault(ProblemCodes.CsvNoHeader);

        static bool IsData(string name) =>
            decimal.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out _) || new EmailCanonicaliser().Canonicalise(name).Value is not null;
    }

    /// <returns>False if the record does not end within the buffer.</returns>
    private bool TryParse(out CsvRecord record, out bool isEmpty)
    {
        record = default;
        isEmpty = false;
        var span = _buffer.AsSpan(0, _end);
        var position = _start;
        var cells = _headerCells == int.MaxValue ? _cells : new string?[Columns.Count];
        var count = 0;
        var lines = 0;
        if (position == _end) return false;

        while (true)
        {
            string cell;
            if (position < _end && span[position] == '"')
            {
                if (!TryQuoted(span, ref position, ref lines, out cell, out var isBroken)) return false;
                if (isBroken)
                {
                    record = new CsvRecord(_line, cells, count, CsvFault.BadQuote);
                    _isStopped = true;
                    return true;
                }
            }
            else
            {
                var length = span[position..].IndexOfAny(_stops);
                if (length < 0)
                {
                    if (!_isOver) return false;
                    length = _end - position;
                }
                else if (span[position + length] == '"')
                {
                    record = new CsvRecord(_line, cells, count, CsvFault.BadQuote);
                    _isStopped = true;
                    return true;
                }

                cell = length == 0 ? "" : new string(span.Slice(position, length));
                position += length;
            }

            Keep(ref cells, count++, cell);
            if (position == _end)
            {
                if (!_isOver) return false;
                break;
            }

            if (span[position] == _delimiter)
            {
                // A separator at the very end of the file is followed by one more, empty cell.
                if (++position < _end) continue;
                if (!_isOver) return false;
                Keep(ref cells, count++, "");
                break;
            }

            if (span[position] == '\n')
            {
                position++;
                lines++;
                break;
            }

            // A carriage return at the end of the buffer may be half a line break.
            if (position + 1 == _end && !_isOver) return false;
            position += position + 1 < _end && span[position + 1] == '\n' ? 2 : 1;
            lines++;
            break;
        }

        isEmpty = count == 1 && cells.Length > 0 && IsLineEmpty(span);
        record = new CsvRecord(_line, cells, count, _headerCells == int.MaxValue || count == _headerCells ? CsvFault.None : CsvFault.WrongColumns);
        _line += lines;
        _start = position;
        return true;
    }

    private bool IsLineEmpty(ReadOnlySpan<char> span) => _start < span.Length && span[_start] is '\r' or '\n';

    private void Keep(ref string?[] cells, int cell, string value)
    {
        if (_headerCells == int.MaxValue)
        {
            if (cell == cells.Length) Array.Resize(ref cells, cell * 2);
            cells[cell] = FormulaSafe.Unescape(value);
        }
        else if (cell < _headerCells && _columnOf[cell] is >= 0 and var column)
        {
            cells[column] = value.Length > 0 && value[0] == '\'' ? FormulaSafe.Unescape(value) : value;
        }
    }

    /// <returns>False if the closing quote is not in the buffer yet.</returns>
    private bool TryQuoted(ReadOnlySpan<char> span, ref int position, ref int lines, out string cell, out bool isBroken)
    {
        cell = "";
        isBroken = false;
        var from = position + 1;
        var at = from;
        var isDoubled = false;
        while (true)
        {
            var next = span[at..].IndexOf('"');
            if (next < 0)
            {
                isBroken = _isOver;
                return _isOver;
            }

            at += next;
            if (at + 1 == span.Length)
            {
                if (!_isOver) return false;
                break;
            }

            if (span[at + 1] != '"') break;
            isDoubled = true;
            at += 2;
        }

        var content = span[from..at];
        position = at + 1;
        if (position < span.Length && span[position] != _delimiter && span[position] is not ('\r' or '\n'))
        {
            isBroken = true;
            return true;
        }

        lines += LineBreaks(content);
        cell = isDoubled ? content.ToString().Replace("\"\"", "\"", StringComparison.Ordinal) : content.ToString();
        return true;
    }

    private static int LineBreaks(ReadOnlySpan<char> text)
    {
        var lines = 0;
        while (text.IndexOfAny('\r', '\n') is >= 0 and var at)
        {
            lines++;
            text = text[(at + (text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1))..];
        }

        return lines;
    }

    /// <returns>False at the end of the file.</returns>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isOver) return false;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_buffer.Length - _end < SmallestRoom) Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await _text.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _isOver = read == 0;
        return read > 0;
    }

    /// <summary>Reads over a record that is larger than any row may be, keeping the beginnings of its cells.</summary>
    private async Task<CsvRecord> SkipAsync(CancellationToken cancellationToken)
    {
        var line = _line;
        var cells = new string?[Columns.Count];
        var cell = new StringBuilder();
        var (count, isQuoted, isFresh, afterQuote, afterReturn) = (0, false, true, false, false);
        while (true)
        {
            while (_start < _end)
            {
                var c = _buffer[_start];
                if (afterReturn)
                {
                    if (c == '\n') _start++;
                    return End();
                }

                _start++;
                if (isQuoted)
                {
                    if (c == '"') (isQuoted, afterQuote) = (false, true);
                    else Append(c);
                    if (c == '\n') _line++;
                }
                else if (c == '"' && (isFresh || afterQuote))
                {
                    if (afterQuote) Append(c);
                    (isQuoted, isFresh, afterQuote) = (true, false, false);
                }
                else if (c == _delimiter)
                {
                    Close();
                }
                else if (c is '\r' or '\n')
                {
                    _line++;
                    if (c == '\n') return End();
                    afterReturn = true;
                }
                else if (c == '"' || afterQuote)
                {
                    _isStopped = true;
                    return new CsvRecord(line, cells, count, CsvFault.BadQuote);
                }
                else
                {
                    isFresh = false;
                    Append(c);
                }
            }

            if (await FillAsync(cancellationToken)) continue;
            _isStopped = isQuoted;
            return isQuoted ? new CsvRecord(line, cells, count, CsvFault.BadQuote) : End();
        }

        void Append(char c)
        {
            if (cell.Length < MapperLimits.KeptCharacters) cell.Append(c);
        }

        void Close()
        {
            Keep(ref cells, count++, cell.Length == MapperLimits.KeptCharacters ? cell.Append('…').ToString() : cell.ToString());
            cell.Clear();
            (isFresh, afterQuote) = (true, false);
        }

        CsvRecord End()
        {
            Close();
            return new CsvRecord(line, cells, count, CsvFault.TooLarge);
        }
    }
}
