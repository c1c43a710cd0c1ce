using System.Collections.ObjectModel;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;

namespace WarehouseImport.Profiles.Storage;

/// <summary>
/// The write side of profiles. The database is the only arbiter (R9): every write is guarded by the row version it was computed from,
/// so two activations of one partition, or two partitions that touch one profile, cannot lose each other's fields (G12, G13).
/// </summary>
public interface IProfileStore
{
    /// <summary>
    /// Loads, in a fixed number of SQL commands, what a batch needs: whether its fence is the current one, its ledger entry, the given identifiers,
    /// and every profile that holds or contends for one of them (for <see cref="IdentifierKind.Id"/>: the profile itself).
    /// </summary>
    Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken);

    /// <summary>
    /// Writes everything or nothing in one transaction and a fixed number of SQL commands. The transaction locks and checks the fence,
    /// inserts the ledger entry, and checks the expected row version of every profile and identifier.
    /// </summary>
    Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken);
}

public enum CommitStatus
{
    Committed,

    /// <summary>A row version or a unique identifier did not match; nothing was written. Load and merge again.</summary>
    Conflict,

    /// <summary>The fence was raised by a newer runner; nothing was written.</summary>
    Fenced,

    /// <summary>The ledger already has this batch; nothing was written.</summary>
    AlreadyApplied,
}

/// <param name="FenceHeld">True if the key's fence is the sync's current fence and its run is still active, or the key has no fence.</param>
/// <param name="LedgerEntry">The result stored with this batch, or null if it was never applied. Opaque to the store.</param>
public sealed record ProfileSnapshot(
    bool FenceHeld,
    byte[]? LedgerEntry,
    IReadOnlyList<StoredIdentifier> Identifiers,
    IReadOnlyList<StoredProfile> Profiles)
{
    /// <value>Of the ids asked for, those of removed profiles, with the profile each was merged into; that one is among <see cref="Profiles"/>.</value>
    public IReadOnlyDictionary<Ulid, Ulid> Forwards { get; init; } = ReadOnlyDictionary<Ulid, Ulid>.Empty;
}

/// <summary>A profile as stored.</summary>
/// <param name="RowVersion">Guards the next write; 0 means not yet stored.</param>
/// <param name="Document">The current values as one plain JSON document: what a person queries.</param>
/// <param name="Versions">The compact column beside it: field versions, clear markers, list elements. Opaque to the store.</param>
/// <param name="FirstSource">Sync (or import) that created the profile.</param>
public sealed record StoredProfile(
    Ulid Id,
    long RowVersion,
    string Document,
    byte[] Versions,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    Guid FirstSource,
    Guid LastSource);

/// <summary>A canonical identifier and who claims it. At most one profile holds it (G13).</summary>
/// <param name="Holder">The profile with the greatest claim, or null if it was released and nobody claims it.</param>
/// <param name="Contenders">Profiles whose register still says this value but whose claim is smaller; empty for nearly every identifier.</param>
/// <param name="RowVersion">Guards the next write; 0 means not yet stored.</param>
public sealed record StoredIdentifier(Identifier Identifier, Ulid? Holder, IReadOnlyList<Ulid> Contenders, long RowVersion)
{
    /// <value>A profile that stated the identifier once and does so no longer; it may have been merged into another since.</value>
    public Ulid? Former { get; init; }
}

/// <summary>A batch's writes. <see cref="StoredProfile.RowVersion"/> and <see cref="StoredIdentifier.RowVersion"/> are the expected (old) versions; the store writes them plus one.</summary>
/// <param name="LedgerEntry">Stored under the key and returned by later loads of it.</param>
/// <param name="Counts">The same result's counts in plain columns, so that the closing transaction can add them up (R7).</param>
public sealed record ProfileCommit(
    BatchKey Key,
    IReadOnlyList<StoredProfile> Profiles,
    IReadOnlyList<StoredIdentifier> Identifiers,
    IReadOnlyList<Change> Changes,
    byte[] LedgerEntry,
    OutcomeCounts Counts,
    DateTimeOffset AppliedAt)
{
    /// <value>Pairs of profiles to list; their number of SQL commands is fixed too, and zero without any.</value>
    public IReadOnlyList<DuplicateSighting> Duplicates { get; init; } = [];

    /// <value>Merges in their order. Each deletes the removed profile, guarded by its row version, and forwards its id.</value>
    public IReadOnlyList<StoredMerge> Merges { get; init; } = [];

    /// <value>The merge that is taken back, or null.</value>
    public MergeUndo? Undo { get; init; }
}

/// <summary>Makes stores that live for one dry run and leave nothing behind.</summary>
public interface IScratchProfileStores
{
    /// <summary>An empty store in a temporary place, removed when disposed. It has no fences: every fence is held.</summary>
    Task<IScratchProfileStore> CreateAsync(CancellationToken cancellationToken);
}

public interface IScratchProfileStore : IProfileStore, IAsyncDisposable;
