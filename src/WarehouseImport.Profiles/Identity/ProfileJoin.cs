using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Identity;

/// <summary>Who does it, and where the history says so.</summary>
readonly record struct JoinSource(Guid SyncId, Guid RunId, int Page, string? By);

/// <summary>
/// Merges one loaded profile into another: state, identifier claims, history. The identifiers of both must be loaded with everybody who claims them.
/// </summary>
sealed class ProfileJoin(Dictionary<Ulid, Profile> profiles, IdentifierClaims claims, ChangeIds changeIds, DateTimeOffset at)
{
    private readonly SourceInstant _instant = SourceInstant.FromDateTimeOffset(at);

    /// <value>Profiles other than the two whose identifiers moved.</value>
    public HashSet<Ulid> Touched { get; } = [];

    public List<Change> Changes { get; } = [];

    public StoredMerge Join(Ulid keptId, Ulid removedId, JoinSource source)
    {
        var (kept, removed) = (profiles[keptId], profiles[removedId]);
        var (keptBefore, removedBefore) = (ProfileCodec.Encode(kept), ProfileCodec.Encode(removed));
        var values = new Dictionary<string, string>(ProfileCodec.EffectiveValues(kept), StringComparer.Ordinal);
        var consent = kept.ShowConsent();
        var identifiers = Claimed(kept).Union(Claimed(removed)).ToList();

        var merged = ProfileMerger.Merge(kept, removed);
        merged.UpdatedAt = at;
        profiles[keptId] = merged;
        profiles.Remove(removedId);
        foreach (var identifier in identifiers)
        {
            if (Says(merged, identifier)) claims.Claim(identifier, keptId);
            claims.Release(identifier, removedId);
            if (!Says(merged, identifier)) claims.Release(identifier, keptId);
        }

        Settle(identifiers, [keptId, removedId], source);
        RecordMerge(merged, values, consent, removedId, source);
        return new StoredMerge(Ulid.NewUlid(at), keptBefore, removedBefore, ProfileCodec.Encode(merged), source.SyncId, source.RunId, source.By, at);
    }

    /// <summary>Takes a merge back: both profiles get the states given, and their identifiers are settled anew.</summary>
    /// <param name="mergedAt">When the merge was.</param>
    /// <returns>What stands in the way, in words; empty if nothing does.</returns>
    public List<string> Split(Profile kept, Profile removed, DateTimeOffset mergedAt, JoinSource source)
    {
        var merged = profiles[kept.Id];
        var held = Claimed(kept).Where(identifier => !kept.IsReleased(identifier.Kind)).Select(identifier => (Owner: kept, Identifier: identifier))
            .Concat(Claimed(removed).Where(identifier => !removed.IsReleased(identifier.Kind)).Select(identifier => (Owner: removed, Identifier: identifier)))
            .ToList();
        var identifiers = Claimed(merged).Union(Claimed(kept)).Union(Claimed(removed)).ToList();
        profiles[kept.Id] = kept;
        profiles[removed.Id] = removed;
        foreach (var identifier in identifiers)
        {
            foreach (var side in (ReadOnlySpan<Profile>)[kept, removed])
            {
                if (Says(side, identifier)) claims.Claim(identifier, side.Id);
                else claims.Release(identifier, side.Id);
            }
        }

        var losers = Settle(identifiers, [kept.Id, removed.Id], source);

        // One that the merge gave an identifier back to gives it up again; one that was made of an identifier the merge had freed would be left with nothing.
        var obstacles = losers.Where(loss => profiles[loss.Loser].CreatedAt > mergedAt).Select(loss => $"{loss.Identifier} is held by profile {loss.Loser} now").ToList();
        foreach (var (owner, identifier) in held)
        {
            if (claims.Holder(identifier) is { } holder && holder != owner.Id) obstacles.Add($"{identifier} is held by profile {holder} now");
        }

        Changes.Add(Entry(kept.Id, ChangeKind.MergeUndone, "id", CanonicalJson.OfText(removed.Id.ToString()), null, source));
        Changes.Add(Entry(removed.Id, ChangeKind.MergeUndone, "id", CanonicalJson.OfText(kept.Id.ToString()), CanonicalJson.OfText(removed.Id.ToString()), source));
        return obstacles;
    }

    /// <summary>Everything a profile's registers state, held or released.</summary>
    public static IEnumerable<Identifier> Claimed(Profile profile)
    {
        foreach (var kind in (IdentifierKind[])[IdentifierKind.ExternalId, IdentifierKind.Email, IdentifierKind.PhoneNumber])
        {
            if (profile.Claim(kind)?.Value is { } json && CanonicalJson.TryGetText(json, out var text)) yield return new Identifier(kind, text);
        }
    }

    private static bool Says(Profile profile, Identifier identifier) => profile.Claim(identifier.Kind)?.Value == CanonicalJson.OfText(identifier.Value);

    /// <returns>Identifiers that profiles other than the two lost.</returns>
    private List<(Identifier Identifier, Ulid Loser)> Settle(List<Identifier> identifiers, Ulid[] sides, JoinSource source)
    {
        var losses = new List<(Identifier, Ulid)>();
        foreach (var identifier in identifiers)
        {
            var (before, after) = claims.Settle(identifier, profiles);
            foreach (var side in sides)
            {
                if (profiles.TryGetValue(side, out var profile) && Says(profile, identifier)) profile.SetReleased(identifier.Kind, after != side);
            }

            if (before == after) continue;
            if (before is { } loserId && !sides.Contains(loserId))
            {
                losses.Add((identifier, loserId));
                Move(loserId, identifier, ChangeKind.Released, source);
            }

            if (after is { } winnerId && !sides.Contains(winnerId)) Move(winnerId, identifier, ChangeKind.Regained, source);
        }

        return losses;
    }

    private void Move(Ulid id, Identifier identifier, ChangeKind kind, JoinSource source)
    {
        var profile = profiles[id];
        var json = CanonicalJson.OfText(identifier.Value);
        profile.SetReleased(identifier.Kind, kind == ChangeKind.Released);
        profile.UpdatedAt = at;
        Touched.Add(id);
        Changes.Add(kind == ChangeKind.Released
            ? Entry(id, kind, identifier.Kind.FieldName(), json, null, source)
            : Entry(id, kind, identifier.Kind.FieldName(), null, json, source));
    }

    private void RecordMerge(Profile merged, Dictionary<string, string> values, ShownConsent consent, Ulid removedId, JoinSource source)
    {
        var (kept, gone) = (CanonicalJson.OfText(merged.Id.ToString()), CanonicalJson.OfText(removedId.ToString()));
        Changes.Add(Entry(removedId, ChangeKind.MergedInto, "id", gone, kept, source));
        Changes.Add(Entry(merged.Id, ChangeKind.Merged, "id", null, gone, source));
        var now = new Dictionary<string, string>(ProfileCodec.EffectiveValues(merged), StringComparer.Ordinal);
        foreach (var field in values.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (old, value) = (values.GetValueOrDefault(field), now.GetValueOrDefault(field));
            if (old != value) Changes.Add(Entry(merged.Id, ChangeKind.Merged, field, old, value, source));
        }

        var shown = merged.ShowConsent();
        foreach (var kind in ConsentRegisterKinds.All)
        {
            var (old, value) = (Describe(consent.Register(kind)), Describe(shown.Register(kind)));
            if (old != value) Changes.Add(Entry(merged.Id, ChangeKind.Merged, kind.FieldName(), old, value, source));
        }

        foreach (var reason in SuppressionReasons.All)
        {
            var (old, value) = (Describe(consent, reason), Describe(shown, reason));
            if (old != value) Changes.Add(Entry(merged.Id, ChangeKind.Merged, BatchMerge.SuppressionPrefix + reason.Name(), old, value, source));
        }
    }

    private static string? Describe(ShownRegister register) => BatchMerge.ConsentJson(register.Standing.Status, register.Address, register.Standing.Deciding?.Method);

    private static string? Describe(ShownConsent consent, SuppressionReason reason) =>
        consent.Suppressions.TryGetValue(reason, out var since) ? CanonicalJson.OfText(since.ToString()) : null;

    private Change Entry(Ulid profileId, ChangeKind kind, string field, string? oldValue, string? newValue, JoinSource source) =>
        new(changeIds.Next(), profileId, kind, field, oldValue, newValue, null, _instant, source.SyncId, source.RunId, source.Page, 0, null, at) { By = source.By };
}
