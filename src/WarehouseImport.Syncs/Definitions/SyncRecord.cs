using WarehouseImport.Profiles;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>A sync as stored: its definition and its durable progress.</summary>
/// <param name="MappingVersion">Raised when dataset, identifier, cursor, fields or value policies change; every run names the one it used.</param>
/// <param name="Version">Grows with every change of the definition or status; the ETag.</param>
/// <param name="Fence">Raised by every run and every takeover; writes with a lower one are refused (R1).</param>
/// <param name="ActiveRunId">The run in progress, or null.</param>
/// <param name="LastRunSeq">Number of the newest run.</param>
/// <param name="Watermark">Greatest source instant all work is finished for; null before the first run.</param>
/// <param name="BoundaryRunId">The completed run whose last tie group is remembered for the next one (H4), or null.</param>
/// <param name="ConsecutiveFailures">Failed runs since the last success.</param>
public sealed record SyncRecord(
    Guid Id,
    SyncDefinition Definition,
    int MappingVersion,
    SyncStatus Status,
    long Version,
    long Fence,
    Guid? ActiveRunId,
    long LastRunSeq,
    SourceInstant? Watermark,
    Guid? BoundaryRunId,
    int ConsecutiveFailures,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

public enum SyncStatus
{
    Active,
    Paused,

    /// <summary>Paused by the system after too many consecutive failures.</summary>
    PausedAutomatically,
}
