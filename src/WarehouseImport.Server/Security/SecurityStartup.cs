using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Server.Security.Secrets;

namespace WarehouseImport.Server.Security;

/// <summary>Prepares the keys after the schema and before anything listens. A new API key is shown on the console here and never again.</summary>
internal sealed class SecurityStartup(WrappingKey wrappingKey, ApiKeyRegistry apiKeys) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await wrappingKey.InitialiseAsync(cancellationToken);
        if (await apiKeys.InitialiseAsync(cancellationToken) is not { } made) return;

        await Console.Out.WriteLineAsync(
            $"""

            API key (shown only now; keep it safe): {made}
            Set {ApiKeyRegistry.EnvironmentVariable} to replace it.

            """);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
