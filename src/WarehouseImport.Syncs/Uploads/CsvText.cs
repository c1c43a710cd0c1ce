using System.Globalization;
using System.Text;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Decodes a file as UTF-8, or as UTF-16 if it begins with that byte order mark (profile-import-rules 14.1). The mark is no part of the text.</summary>
internal sealed class CsvText(Stream stream)
{
    private const int BufferBytes = 64 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _bytes = new byte[BufferBytes];
    private Decoder? _decoder;
    private long _consumed;
    private int _start;
    private int _end;
    private bool _isOver;

    /// <summary>Fills a part of the buffer; 0 only at the end of the file. At least 8 characters of room are needed.</summary>
    /// <exception cref="CsvFileException"><c>csv_bad_encoding</c> with the number of the first unreadable byte.</exception>
    public async ValueTask<int> ReadAsync(Memory<char> room, CancellationToken cancellationToken)
    {
        _decoder ??= await ChooseAsync(cancellationToken);
        while (true)
        {
            if (_start == _end && !_isOver) await FillAsync(cancellationToken);
            try
            {
                var flush = _isOver && _start == _end;
                _decoder.Convert(_bytes.AsSpan(_start, _end - _start), room.Span, flush, out var used, out var characters, out _);
                _start += used;
                _consumed += used;
                if (characters > 0 || (_isOver && _start == _end && flush)) return characters;
            }
            catch (DecoderFallbackException exception)
            {
                var number = Math.Max(1, _consumed + exception.Index + 1);
                throw new CsvFileException(ProblemCatalogue.Fill(ProblemCodes.CsvBadEncoding, ("n", number.ToString(CultureInfo.InvariantCulture))));
            }
        }
    }

    private async Task<Decoder> ChooseAsync(CancellationToken cancellationToken)
    {
        while (_end < 3 && !_isOver)
        {
            var read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
            _end += read;
            _isOver = read == 0;
        }

        var (encoding, mark) = _bytes.AsSpan(0, _end) switch
        {
            [0xEF, 0xBB, 0xBF, ..] => ((Encoding)Utf8, 3),
            [0xFF, 0xFE, ..] => (new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true), 2),
            [0xFE, 0xFF, ..] => (new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true), 2),
            _ => (Utf8, 0),
        };
        _start = _consumed == 0 ? mark : _start;
        _consumed = mark;
        return encoding.GetDecoder();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await stream.ReadAsync(_bytes, cancellationToken);
        _isOver = _end == 0;
    }
}
