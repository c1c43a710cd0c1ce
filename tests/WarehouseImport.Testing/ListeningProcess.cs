using System.Collections.Concurrent;
using System.Diagnostics;

namespace WarehouseImport.Testing;

/// <summary>A server's own executable as a child process on a free port of this machine.</summary>
public sealed class ListeningProcess : IAsyncDisposable
{
    private const string ListeningLine = "Now listening on: ";

    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ListeningProcess(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Process Process { get; }

    /// <summary>What it has said so far, for messages.</summary>
    public string Output => string.Join('\n', _output);

    /// <param name="assembly">Path of the server's assembly; it is started with the verb <c>serve</c>.</param>
    /// <param name="settings">Names with colons, as in configuration files.</param>
    public static ListeningProcess Start(string assembly, string folder, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", assembly, "serve"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["URLS"] = "http://127.0.0.1:0";
        return new ListeningProcess(Process.Start(start) ?? throw new InvalidOperationException("The server did not start."));
    }

    /// <exception cref="InvalidOperationException">It ended before it listened; the message holds what it said.</exception>
    public async Task<Uri> WhenListeningAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_listening.Task, Process.WaitForExitAsync(cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return _listening.Task.IsCompleted ? await _listening.Task : throw new InvalidOperationException($"The server ended before it listened:\n{Output}");
    }

    /// <summary><c>kill -9</c>, if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        var at = line.IndexOf(ListeningLine, StringComparison.Ordinal);
        if (at >= 0) _listening.TrySetResult(new Uri(line[(at + ListeningLine.Length)..].Trim()));
    }
}
