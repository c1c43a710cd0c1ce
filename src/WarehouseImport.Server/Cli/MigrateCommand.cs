using WarehouseImport.Server.Hosting;
using WarehouseImport.Storage.Migrations;

namespace WarehouseImport.Server.Cli;

internal static class MigrateCommand
{
    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = ServerHost.Build(settings);
        var applied = await app.Services.GetRequiredService<SchemaMigrator>().MigrateAsync(cancellationToken);
        foreach (var script in applied) await Console.Out.WriteLineAsync($"Applied {script}.");
        await Console.Out.WriteLineAsync(applied.Count == 0 ? "The schema is up to date." : $"The schema is up to date; {applied.Count} scripts were applied.");
        return 0;
    }
}
