using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.Processes;

/// <summary>The server's own executable as a child process on a free port, with a patience.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What <c>SIGKILL</c> leaves as exit code.</summary>
    public const int KilledExitCode = 137;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ListeningProcess _process;

    private ServerProcess(ListeningProcess process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>What it has said so far, for messages.</summary>
    public string Output => _process.Output;

    /// <param name="fault">The switch that ends the process at a fault point, or null.</param>
    public static async Task<ServerProcess> StartAsync(TestStorage storage, string apiKey, string? fault, params (string Name, string Value)[] settings)
    {
        var process = ListeningProcess.Start(
            typeof(ServerHost).Assembly.Location,
            storage.Folder,
            [
                .. storage.Settings,
                .. settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)),
                new(ApiKeyRegistry.EnvironmentVariable, apiKey),
                new(FaultSwitch.EnvironmentVariable, fault),
            ]);
        try
        {
            var cancellation = TestContext.Current.CancellationToken;
            return new ServerProcess(process, await process.WhenListeningAsync(cancellation).WaitAsync(Patience, cancellation));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    public async Task<int> WaitForEndAsync()
    {
        try
        {
            await _process.Process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server still runs after {Patience}:\n{Output}");
        }

        return _process.Process.ExitCode;
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task<int> KillAsync()
    {
        _process.Process.Kill();
        return await WaitForEndAsync();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
