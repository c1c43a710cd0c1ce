using System.Buffers;
using System.Text.Json;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// Feeds a <see cref="Utf8JsonReader"/> from a stream in pieces. The buffer holds one token at least and grows only for a cell that is larger.
/// </summary>
internal sealed class JsonPump(Stream stream, int maxTokenBytes, string what) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private bool _isFinal;
    private JsonReaderState _state;

    /// <summary>True once the stream has ended and every token was read.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>A reader over what is there; hand it back with <see cref="Return"/>.</summary>
    public Utf8JsonReader Reader() => new(_buffer.AsSpan(_start, _end - _start), _isFinal, _state);

    /// <param name="isDrained">True if the reader found no further token.</param>
    public void Return(ref Utf8JsonReader reader, bool isDrained)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        IsAtEnd = isDrained && _isFinal;
    }

    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= maxTokenBytes)
            {
                throw new WarehouseException(
                    WarehouseErrors.AnswerTooLarge,
                    FormattableString.Invariant($"{what} was stopped: a cell is larger than {maxTokenBytes} bytes."),
                    "Leave the column out, or add a view that shortens it.");
            }

            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer.Length * 2, maxTokenBytes));
            Buffer.BlockCopy(_buffer, 0, larger, 0, _end);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += count;
        _isFinal = count == 0;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
