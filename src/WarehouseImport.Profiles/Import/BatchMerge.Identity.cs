using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Import;

/// <summary>
/// Possible duplicates and absorbed profiles (profile-import-rules 3.3, scope of G9). Nothing here is allocated by a batch whose rows share no identifier
/// with a second profile.
/// </summary>
sealed partial class BatchMerge
{
    private Dictionary<ProfilePair, DuplicateSighting>? _sightings;
    private List<(Ulid Loser, Ulid Winner)>? _orphans;
    private List<StoredMerge>? _merges;

    private void See(Ulid one, Ulid other, DuplicateReason reason, Identifier identifier)
    {
        _sightings ??= [];
        var pair = ProfilePair.Of(one, other);
        if (!_sightings.TryGetValue(pair, out var known) || known.Reason < reason) _sightings[pair] = new DuplicateSighting(pair, reason, identifier);
    }

    private void NoteOrphan(Profile loser, Profile winner, Identifier identifier)
    {
        if (HoldsAny(loser)) return;
        See(loser.Id, winner.Id, DuplicateReason.NoIdentifierLeft, identifier);
        (_orphans ??= []).Add((loser.Id, winner.Id));
    }

    private static bool HoldsAny(Profile profile) =>
        profile.Held(IdentifierKind.ExternalId) is not null || profile.Held(IdentifierKind.Email) is not null || profile.Held(IdentifierKind.PhoneNumber) is not null;

    /// <summary>At the end of the batch, so that a profile that got an identifier back within it stays.</summary>
    private void AbsorbOrphans()
    {
        if (_orphans is null || batch.Orphans != OrphanPolicy.Absorb) return;

        var join = new ProfileJoin(_profiles, _claims, _changeIds, appliedAt);
        foreach (var (loserId, firstWinner) in _orphans)
        {
            var winnerId = firstWinner;
            while (_forwards.TryGetValue(winnerId, out var further)) winnerId = further;
            if (winnerId == loserId || !_profiles.TryGetValue(loserId, out var loser) || HoldsAny(loser) || IsTooLarge(_profiles[winnerId], loser)) continue;

            var group = _profiles[winnerId].Group is { } own && own.RunId == batch.Key.RunId ? own : loser.Group;
            (_merges ??= []).Add(join.Join(winnerId, loserId, new JoinSource(batch.Key.SyncId, batch.Key.RunId, batch.Key.Page, null)));
            _profiles[winnerId].Group = group;
            _profiles[winnerId].LastSource = batch.Key.SyncId;
            _forwards[loserId] = winnerId;
            _touched.Add(winnerId);
        }

        _touched.UnionWith(join.Touched);
        _touched.IntersectWith(_profiles.Keys);
        _changes.AddRange(join.Changes);
    }

    /// <summary>Tried on copies: a merge uses both sides up. The pair stays listed, and a person can decide.</summary>
    private static bool IsTooLarge(Profile winner, Profile loser) =>
        ProfileLimits.Check(ProfileMerger.Merge(ProfileCodec.Decode(ProfileCodec.Encode(winner)), ProfileCodec.Decode(ProfileCodec.Encode(loser)))) is not null;
}
