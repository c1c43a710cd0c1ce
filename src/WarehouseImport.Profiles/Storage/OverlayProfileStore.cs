using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;

namespace WarehouseImport.Profiles.Storage;

/// <summary>
/// Shows the real profiles and writes to a scratch store: what a dry run merges into. Rows of the real store count as not yet stored (row version 0) until the
/// scratch store has them, so the first write of each copies it. The real store's fence still holds, so a dry run stops when it is taken over.
/// </summary>
public sealed class OverlayProfileStore(IProfileStore under, IProfileStore scratch) : IProfileStore
{
    public async Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken)
    {
        var real = await under.LoadAsync(key, identifiers, cancellationToken);

        // A real profile may have been copied under another of its identifiers, so copies are asked for by profile as well.
        var asked = identifiers.Concat(real.Profiles.Select(profile => new Identifier(IdentifierKind.Id, profile.Id.ToString()))).ToHashSet();
        var copied = await scratch.LoadAsync(key, asked, cancellationToken);

        var copiedIdentifiers = copied.Identifiers.Select(stored => stored.Identifier).ToHashSet();
        var copiedProfiles = copied.Profiles.Select(profile => profile.Id).ToHashSet();
        return new ProfileSnapshot(
            real.FenceHeld,
            copied.LedgerEntry,
            [.. copied.Identifiers, .. real.Identifiers.Where(stored => !copiedIdentifiers.Contains(stored.Identifier)).Select(stored => stored with { RowVersion = 0 })],
            [.. copied.Profiles, .. real.Profiles.Where(profile => !copiedProfiles.Contains(profile.Id)).Select(profile => profile with { RowVersion = 0 })])
        {
            Forwards = Forwards(real, copied),
        };
    }

    // What the dry run merged comes on top of what was merged before it.
    private static Dictionary<Ulid, Ulid> Forwards(ProfileSnapshot real, ProfileSnapshot copied)
    {
        var forwards = new Dictionary<Ulid, Ulid>(copied.Forwards);
        foreach (var (removed, kept) in real.Forwards) forwards.TryAdd(removed, copied.Forwards.TryGetValue(kept, out var further) ? further : kept);
        return forwards;
    }

    public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken) => scratch.CommitAsync(commit, cancellationToken);
}
