using System.Collections.Concurrent;
using System.Diagnostics;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;

namespace WarehouseImport.Cluster.Tests.Processes;

/// <summary>The server's own executable as a child process on a free port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What <c>SIGKILL</c> leaves as exit code.</summary>
    public const int KilledExitCode = 137;

    private const string ListeningLine = "Now listening on: ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>What it has said so far, for messages.</summary>
    public string Output => string.Join('\n', _output);

    /// <param name="fault">The switch that ends the process at a fault point, or null.</param>
    public static async Task<ServerProcess> StartAsync(TestStorage storage, string apiKey, string? fault, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ServerHost).Assembly.Location, "serve"])
        {
            WorkingDirectory = storage.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in storage.Settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        foreach (var (name, value) in settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["URLS"] = "http://127.0.0.1:0";
        start.Environment[ApiKeyRegistry.EnvironmentVariable] = apiKey;
        start.Environment[FaultSwitch.EnvironmentVariable] = fault;

        var server = new ServerProcess(Process.Start(start) ?? throw new InvalidOperationException("The server did not start."));
        var ended = server._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Task.WhenAny(server._listening.Task, ended).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(server._listening.Task.IsCompleted, $"The server ended before it listened:\n{server.Output}");
        server.Address = await server._listening.Task;
        return server;
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    public async Task<int> WaitForEndAsync()
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server still runs after {Patience}:\n{Output}");
        }

        return _process.ExitCode;
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task<int> KillAsync()
    {
        _process.Kill();
        return await WaitForEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
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
