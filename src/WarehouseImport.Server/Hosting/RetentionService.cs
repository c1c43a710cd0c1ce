using Microsoft.Extensions.Options;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Hosting;

/// <summary>
/// Drops what is past its retention and prepares the next month of history, at start and every six hours after. Every node does it; doing it twice changes nothing.
/// </summary>
internal sealed class RetentionService(
    IRunStore runs,
    IStorageMaintenance maintenance,
    IOptions<StorageOptions> options,
    TimeProvider time,
    ILogger<RetentionService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await ApplyAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The database may be away for a while; nothing is lost by keeping rows until the next round.
                RetentionLog.Failed(logger, exception.GetType().FullName!, Interval);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await maintenance.PrepareHistoryAsync(now, cancellationToken);
        var rows = await runs.ApplyRetentionAsync(now - options.Value.ErrorRetention, now - options.Value.RunRetention, cancellationToken);
        var history = options.Value.HistoryRetention is { } retention ? await maintenance.DropHistoryAsync(now - retention, cancellationToken) : 0;
        if (rows + history > 0) RetentionLog.Applied(logger, rows, history);
    }
}

/// <summary>Event ids 3100–3109.</summary>
internal static partial class RetentionLog
{
    [LoggerMessage(3100, LogLevel.Information, "Dropped {Rows} rows of runs and errors and {History} parts of the history past their retention.")]
    public static partial void Applied(ILogger logger, long rows, long history);

    [LoggerMessage(3101, LogLevel.Warning, "Could not apply the retention ({ExceptionType}); tried again in {Interval}.")]
    public static partial void Failed(ILogger logger, string exceptionType, TimeSpan interval);
}
