using System.Globalization;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Passes a file through to its reader and keeps it in chunks on the way; stops at the limit.</summary>
internal sealed class ReceivingStream(Stream body, Guid id, IUploadStore store, long maxBytes) : ReadOnlyStream
{
    /// <summary>Large enough to make a round trip worth it, small enough to hold two of them in memory for every upload.</summary>
    private const int ChunkBytes = 512 * 1024;

    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _filled;
    private int _chunks;

    public long Received { get; private set; }

    /// <exception cref="CsvFileException"><c>csv_too_large</c>.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        Received += read;
        if (Received > maxBytes)
        {
            throw new CsvFileException(ProblemCatalogue.Fill(
                ProblemCodes.CsvTooLarge, ("n", "more than " + maxBytes.ToString(CultureInfo.InvariantCulture)), ("max", maxBytes.ToString(CultureInfo.InvariantCulture))));
        }

        for (var rest = buffer[..read]; !rest.IsEmpty;)
        {
            var part = Math.Min(rest.Length, ChunkBytes - _filled);
            rest[..part].CopyTo(_chunk.AsMemory(_filled));
            _filled += part;
            rest = rest[part..];
            if (_filled == ChunkBytes) await StoreAsync(cancellationToken);
        }

        return read;
    }

    /// <summary>Receives what the reader left unread, and the last chunk.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        var rest = new byte[64 * 1024];
        while (await ReadAsync(rest, cancellationToken) > 0)
        {
        }

        if (_filled > 0) await StoreAsync(cancellationToken);
    }

    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        await store.AppendAsync(id, _chunks++, _chunk.AsSpan(0, _filled).ToArray(), cancellationToken);
        _filled = 0;
    }
}

/// <summary>Reads a stored file chunk by chunk.</summary>
internal sealed class StoredStream(Guid id, IUploadStore store) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _rest;
    private int _next;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty)
        {
            if (await store.GetChunkAsync(id, _next, cancellationToken) is not { } chunk) return 0;
            _next++;
            _rest = chunk;
        }

        var part = Math.Min(buffer.Length, _rest.Length);
        _rest[..part].CopyTo(buffer);
        _rest = _rest[part..];
        return part;
    }
}

/// <summary>A stream that is read forward and asynchronously, and nothing else.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The file is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
