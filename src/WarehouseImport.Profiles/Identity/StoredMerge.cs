using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Identity;

/// <summary>A merge with both profiles in full as they were, so that it can be undone (profile-import-rules 3.4 rule 7).</summary>
/// <param name="KeptAfter">What the merge made; an undo compares it with what the kept profile is then.</param>
/// <param name="SyncId">The sync that absorbed the profile, or <see cref="ManualSource.Id"/>.</param>
/// <param name="By">Who merged: a person, or null for a sync.</param>
public sealed record StoredMerge(
    Ulid Id,
    StoredProfile KeptBefore,
    StoredProfile Removed,
    StoredProfile KeptAfter,
    Guid SyncId,
    Guid RunId,
    string? By,
    DateTimeOffset MergedAt,
    DateTimeOffset? UndoneAt = null,
    string? UndoneBy = null);

/// <summary>Takes a merge back.</summary>
/// <param name="Restored">The removed profile as it is to be stored again.</param>
public sealed record MergeUndo(Ulid MergeId, Ulid KeptId, StoredProfile Restored, string By);
