using Microsoft.Extensions.Logging;

namespace WarehouseImport.Profiles.Import;

/// <summary>Event ids 1000–1099.</summary>
static partial class ProfileLog
{
    [LoggerMessage(1000, LogLevel.Warning, "Refused page {Page}, partition {Partition} of run {RunId}: a newer runner holds the fence.")]
    public static partial void BatchFenced(ILogger logger, Guid runId, int page, int partition);
}
