using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Testing;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>The server's own executable as a child process, so that its use of the processor is its own.</summary>
sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly ListeningProcess _process;

    private ServerUnderTest(ListeningProcess process, string apiKey, Uri address)
    {
        _process = process;
        ApiKey = apiKey;
        Address = address.ToString().TrimEnd('/');
    }

    public int ProcessId => _process.Process.Id;

    public string ApiKey { get; }

    public string Address { get; }

    public static async Task<ServerUnderTest> StartAsync(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var apiKey = Server.Security.ApiKeys.ApiKey.Generate();
        var process = ListeningProcess.Start(
            typeof(ServerHost).Assembly.Location,
            folder,
            [.. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)), new(ApiKeyRegistry.EnvironmentVariable, apiKey)]);
        try
        {
            return new ServerUnderTest(process, apiKey, await process.WhenListeningAsync(CancellationToken.None));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
