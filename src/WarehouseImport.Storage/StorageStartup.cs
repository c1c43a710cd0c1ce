using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage;

/// <summary>Runs before every other hosted service, the silo included: schema first, then whatever reads it.</summary>
internal sealed class StorageStartup(
    SchemaMigrator migrator,
    Database database,
    IStorageMaintenance maintenance,
    IOptions<StorageOptions> options,
    TimeProvider clock,
    ILogger<StorageStartup> logger) : IHostedLifecycleService
{
    /// <exception cref="StorageException">The schema is not this version's, or the database's settings could lose finished work.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.MigrateAtStart)
        {
            foreach (var script in await migrator.MigrateAsync(cancellationToken).ConfigureAwait(false)) StorageLog.ScriptApplied(logger, script);
        }
        else
        {
            var status = await migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            if (!status.IsCurrent)
            {
                throw new StorageException(
                    $"The database's schema is not this version's (missing: {List(status.Missing)}; unknown: {List(status.Unknown)}), and Storage:MigrateAtStart is false. "
                    + "Run the 'migrate' command, or the version that knows the unknown scripts.");
            }
        }

        if (database.AssertDurable() is { } warning) StorageLog.NotDurable(logger, warning);
        await maintenance.PrepareHistoryAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}

internal static partial class StorageLog
{
    [LoggerMessage(3001, LogLevel.Information, "Migration script {Script} was applied")]
    public static partial void ScriptApplied(ILogger logger, string script);

    [LoggerMessage(3002, LogLevel.Warning, "{Warning}")]
    public static partial void NotDurable(ILogger logger, string warning);
}
