using System.Buffers;
using System.IO.Compression;

namespace WarehouseImport.Warehouses.Http;

/// <summary>
/// A body as it came over the wire, usually still compressed and so about a tenth of what it says. It can be read any number of times.
/// </summary>
internal sealed class StoredBody(bool isZipped) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly List<byte[]> _chunks = [];
    private bool _isDisposed;

    /// <summary>Bytes held.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var used = (int)(Length % ChunkBytes);
            if (used == 0) _chunks.Add(ArrayPool<byte>.Shared.Rent(ChunkBytes));
            var count = Math.Min(bytes.Length, ChunkBytes - used);
            bytes[..count].CopyTo(_chunks[^1].AsSpan(used));
            Length += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The decompressed bytes from the start.</summary>
    public Stream OpenRead() => isZipped ? new GZipStream(new Reader(this), CompressionMode.Decompress) : new Reader(this);

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (var chunk in _chunks) ArrayPool<byte>.Shared.Return(chunk);
        _chunks.Clear();
    }

    private sealed class Reader(StoredBody body) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => body.Length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(body._isDisposed, body);
            var offset = (int)(_position % ChunkBytes);
            var count = (int)Math.Min(Math.Min(buffer.Length, ChunkBytes - offset), body.Length - _position);
            if (count == 0) return 0;
            body._chunks[(int)(_position / ChunkBytes)].AsSpan(offset, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
