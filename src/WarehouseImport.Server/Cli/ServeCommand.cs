using WarehouseImport.Server.Hosting;

namespace WarehouseImport.Server.Cli;

internal static class ServeCommand
{
    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellationToken)
    {
        FaultSwitch.Install(Environment.GetEnvironmentVariable(FaultSwitch.EnvironmentVariable));
        await using var app = ServerHost.Build(settings);
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
