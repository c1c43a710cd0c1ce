namespace WarehouseImport.Syncs.Runs;

/// <summary>What a sync remembers about its schedule besides its runs. Everything else about a sync lives in its own tables.</summary>
[GenerateSerializer, Alias("sync-alarm")]
public sealed class SyncAlarm
{
    /// <summary>Name of the persistent state.</summary>
    public const string StateName = "alarm";

    /// <summary>Name of the grain storage provider that keeps it.</summary>
    public const string StorageName = "alarms";

    /// <summary>The due time that is waited for or missed; null for a manual or paused sync.</summary>
    [Id(0)]
    public DateTimeOffset? NextDue { get; set; }

    /// <summary>When a failed run is tried again; takes the place of <see cref="NextDue"/> while it is set.</summary>
    [Id(1)]
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>The schedule <see cref="NextDue"/> was computed from.</summary>
    [Id(2)]
    public string? Schedule { get; set; }

    /// <summary>The sync's consecutive failures when it was last looked at.</summary>
    [Id(3)]
    public int FailuresSeen { get; set; }

    /// <summary>The sync's consecutive failures when a person last resumed it: those before do not count towards the automatic pause.</summary>
    [Id(4)]
    public int FailuresForgiven { get; set; }

    /// <summary>True while the sync is paused.</summary>
    [Id(5)]
    public bool IsPaused { get; set; }
}
