using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WarehouseImport.Server.Hosting;

/// <summary>
/// Takes the first free port of a short row that belongs to the cluster's database, and keeps others on this machine from taking it. A process that replaces a killed
/// one so gets the port of its predecessor, which tells the cluster that the predecessor is gone; with a port of its own it would have to wait until the silence of
/// the old one is noticed.
/// </summary>
internal sealed class SiloPortClaim : IDisposable
{
    // Below the ports that systems give out for outgoing connections.
    private const int First = 12_000;
    private const int Last = 31_999;
    private const int RowLength = 100;

    private readonly FileStream _lock;

    private SiloPortClaim(int port, FileStream held)
    {
        Port = port;
        _lock = held;
    }

    public int Port { get; }

    /// <param name="cluster">Names the cluster and its database: the same text begins at the same port.</param>
    /// <exception cref="IOException">All ports of the row are taken.</exception>
    public static SiloPortClaim Take(string cluster)
    {
        var start = (int)(XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(cluster)) % (Last - First + 1 - RowLength)) + First;
        for (var port = start; port < start + RowLength; port++)
        {
            if (TryLock(port) is not { } held) continue;
            if (IsFree(port)) return new SiloPortClaim(port, held);
            held.Dispose();
        }

        throw new IOException($"The ports {start} to {start + RowLength - 1} for traffic between processes are all taken. Choose one with Cluster:SiloPort.");
    }

    public void Dispose() => _lock.Dispose();

    // Between the look at the port and the silo's own bind another process could take it; the lock, which ends with the process however it ends, closes that gap.
    private static FileStream? TryLock(int port)
    {
        var path = Path.Combine(Path.GetTempPath(), FormattableString.Invariant($"warehouse-import-silo-{port}.lock"));
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Any, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
