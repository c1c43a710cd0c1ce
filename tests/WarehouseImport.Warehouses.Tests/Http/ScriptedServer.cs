using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WarehouseImport.Warehouses.Tests.Http;

/// <summary>
/// Answers each request on a loopback port with the next step of a script, byte by byte where a step wants to: resets, halves of answers, silence. One request per connection.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Func<ScriptedConnection, Task>> _steps;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public ScriptedServer(params Func<ScriptedConnection, Task>[] steps)
    {
        _steps = new ConcurrentQueue<Func<ScriptedConnection, Task>>(steps);
        _listener.Start();
        _running = RunAsync();
    }

    /// <summary>The requests as received: request line, headers and body.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int Connections { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static Func<ScriptedConnection, Task> Answer(string status, string body = "", params string[] headers) =>
        connection => connection.SendAsync(Head(status, Encoding.UTF8.GetByteCount(body), headers) + body);

    public static Func<ScriptedConnection, Task> Zipped(byte[] zipped) => async connection =>
    {
        await connection.SendAsync(Head("200 OK", zipped.Length, "Content-Encoding: gzip"));
        await connection.SendAsync(zipped);
    };

    /// <summary>A chunked answer whose gzip ends in the middle although the framing says it is complete.</summary>
    public static Func<ScriptedConnection, Task> CutGzip(string body) => Zipped(Zip(body)[..^30]);

    /// <summary>Fewer bytes than the answer promised.</summary>
    public static Func<ScriptedConnection, Task> CutBody(string body) => connection => connection.SendAsync(Head("200 OK", body.Length + 10) + body);

    public static Func<ScriptedConnection, Task> Reset() => connection =>
    {
        connection.Reset();
        return Task.CompletedTask;
    };

    public static byte[] Zip(string body)
    {
        var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Fastest)) zip.Write(Encoding.UTF8.GetBytes(body));
        return bytes.ToArray();
    }

    public static string Head(string status, int length, params string[] headers) =>
        string.Concat([$"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n", .. headers.Select(header => header + "\r\n"), "\r\n"]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var disposing = client;
        try
        {
            await using var stream = client.GetStream();
            Requests.Enqueue(await ReadRequestAsync(stream, _stop.Token));
            var step = _steps.TryDequeue(out var next) ? next : Answer("501 Script is over");
            await step(new ScriptedConnection(client, stream, _stop.Token));
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client went away, or the test is over.
            return;
        }
    }

    private static async Task<string> ReadRequestAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
            var received = text.ToString();
            var end = received.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (count == 0) return received;
            if (end < 0) continue;
            var length = received.Split("\r\n").Select(line => line.Split(':')).Where(parts => parts[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                .Select(parts => int.Parse(parts[1].Trim(), System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
            if (received.Length >= end + 4 + length) return received;
        }
    }
}

public sealed class ScriptedConnection(TcpClient client, NetworkStream stream, CancellationToken stopped)
{
    public CancellationToken Stopped => stopped;

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await stream.WriteAsync(bytes, stopped);

    /// <summary>Says nothing more until the server is stopped.</summary>
    public async Task StaySilentAsync()
    {
        var silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopped.Register(() => silence.TrySetCanceled(stopped));
        await silence.Task;
    }

    public void Reset()
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }
}
