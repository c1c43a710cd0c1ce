using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Limits how many runs read from one connection at the same time in this process (H27); the others wait in order.</summary>
public sealed class RunSlots(IOptions<RunEngineOptions> options)
{
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _connections = new();

    /// <summary>Waits for a place. Disposing the answer frees it.</summary>
    public async Task<IDisposable> EnterAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        var connection = _connections.GetOrAdd(connectionId, static (_, places) => new SemaphoreSlim(places), options.Value.ConcurrentRunsPerConnection);
        await connection.WaitAsync(cancellationToken);
        return new Slot(connection);
    }

    private sealed class Slot(SemaphoreSlim connection) : IDisposable
    {
        private SemaphoreSlim? _connection = connection;

        public void Dispose() => Interlocked.Exchange(ref _connection, null)?.Release();
    }
}
