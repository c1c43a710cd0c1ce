using System.Collections.Concurrent;
using System.Diagnostics;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>The server's own executable as a child process, so that its use of the processor is its own.</summary>
sealed class ServerUnderTest : IAsyncDisposable
{
    private const string ListeningLine = "Now listening on: ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerUnderTest(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    public string ApiKey { get; private init; } = "";

    public string Address { get; private set; } = "";

    public static async Task<ServerUnderTest> StartAsync(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ServerHost).Assembly.Location, "serve"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["URLS"] = "http://127.0.0.1:0";
        var apiKey = Server.Security.ApiKeys.ApiKey.Generate();
        start.Environment[ApiKeyRegistry.EnvironmentVariable] = apiKey;
        var server = new ServerUnderTest(Process.Start(start) ?? throw new InvalidOperationException("The server did not start.")) { ApiKey = apiKey };
        await Task.WhenAny(server._listening.Task, server._process.WaitForExitAsync());
        if (!server._listening.Task.IsCompleted) throw new InvalidOperationException($"The server ended before it listened:\n{string.Join('\n', server._output)}");
        server.Address = (await server._listening.Task).ToString().TrimEnd('/');
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        var at = line.IndexOf(ListeningLine, StringComparison.Ordinal);
        if (at >= 0) _listening.TrySetResult(new Uri(line[(at + ListeningLine.Length)..].Trim()));
    }
}
