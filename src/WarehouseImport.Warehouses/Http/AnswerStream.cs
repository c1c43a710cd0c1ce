namespace WarehouseImport.Warehouses.Http;

/// <summary>A read-only stream that lets a base see what passes.</summary>
internal abstract class AnswerStream(Stream inner) : Stream
{
    protected Stream Inner { get; } = inner;

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await ReadInnerAsync(buffer, cancellationToken);
        BytesRead += count;
        OnRead();
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected virtual ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Inner.ReadAsync(buffer, cancellationToken);

    protected virtual void OnRead()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The bytes on the wire. The watchdog runs only while a read waits, so a slow consumer is never taken for a broken connection.</summary>
internal sealed class WireStream(Stream inner, AttemptDeadline deadline, TimeSpan stallTimeout, StoredBody? store) : AnswerStream(inner)
{
    protected override async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        deadline.Start(stallTimeout);
        try
        {
            var count = await Inner.ReadAsync(buffer, cancellationToken);
            store?.Append(buffer.Span[..count]);
            return count;
        }
        finally
        {
            deadline.Stop();
        }
    }
}

/// <summary>The decompressed bytes, bounded in number and in relation to those on the wire (S14).</summary>
internal sealed class BodyStream(Stream inner, WireStream wire, StoredBody? store, long maxBytes, int? maxRatio, string what) : AnswerStream(inner)
{
    // Small answers of equal rows compress far better than 100 : 1 and harm nobody.
    private const long FreeBytes = 64L * 1024 * 1024;

    private StoredBody? _store = store;

    /// <summary>The bytes read so far; the caller disposes them.</summary>
    public StoredBody TakeStored() =>
        Interlocked.Exchange(ref _store, null) ?? throw new InvalidOperationException("The body was not kept, or was taken before.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) Interlocked.Exchange(ref _store, null)?.Dispose();
        base.Dispose(disposing);
    }

    protected override void OnRead()
    {
        if (BytesRead > maxBytes) throw TooLarge(FormattableString.Invariant($"more than {maxBytes} bytes"));
        if (maxRatio is { } ratio && BytesRead > FreeBytes && BytesRead > wire.BytesRead * ratio)
        {
            throw TooLarge(FormattableString.Invariant($"more than {ratio} times what was sent"));
        }
    }

    private WarehouseException TooLarge(string found) => new(
        WarehouseErrors.AnswerTooLarge,
        $"{what} was stopped: the answer unpacks to {found}.",
        $"The limits are {WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.MaxAnswerBytes)} and {nameof(WarehouseNetworkOptions.MaxDecompressionRatio)}.");
}

/// <summary>Cancels an attempt's token when a wait lasts too long, on the injected clock.</summary>
internal sealed class AttemptDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private bool _hasPassed;

    public AttemptDeadline(TimeProvider clock, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = clock.CreateTimer(static state => ((AttemptDeadline)state!).Pass(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    public bool HasPassed => Volatile.Read(ref _hasPassed);

    public void Start(TimeSpan after) => _timer.Change(after, Timeout.InfiniteTimeSpan);

    public void Stop() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void Pass()
    {
        Volatile.Write(ref _hasPassed, true);
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait ended at the same moment.
            return;
        }
    }
}
