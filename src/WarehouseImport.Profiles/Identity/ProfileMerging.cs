using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Views;

namespace WarehouseImport.Profiles.Identity;

public enum MergeStatus
{
    Merged,

    /// <summary>There is no profile with the id in <see cref="MergeResult.ProfileId"/>; it may have been merged into another (<see cref="MergeResult.ForwardedTo"/>).</summary>
    ProfileUnknown,

    /// <summary>Both ids mean one profile.</summary>
    SameProfile,

    /// <summary>Together they break a limit (<see cref="MergeResult.Problem"/>).</summary>
    TooLarge,
}

/// <param name="Profile">The kept profile after the merge.</param>
/// <param name="MergeId">For an undo; null for a preview.</param>
public sealed record MergeResult(
    MergeStatus Status, StoredProfile? Profile = null, Ulid? MergeId = null, Ulid? ProfileId = null, Ulid? ForwardedTo = null, Problem? Problem = null);

public enum UndoStatus
{
    Undone,

    MergeUnknown,

    AlreadyUndone,

    /// <summary>Something changed since (<see cref="UndoResult.Obstacles"/>).</summary>
    Blocked,
}

/// <param name="Obstacles">What changed since the merge, each in a phrase.</param>
public sealed record UndoResult(UndoStatus Status, StoredMerge? Merge, IReadOnlyList<string> Obstacles);

/// <summary>Merges two profiles on request, shows what a merge would give, and takes merges back (profile-import-rules 3.4).</summary>
public sealed class ProfileMerging(IProfileStore store, IIdentityStore identity, TimeProvider time)
{
    /// <summary>The result of a merge; writes nothing.</summary>
    public async Task<MergeResult> PreviewAsync(Ulid kept, Ulid other, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= ProfileBatchApplier.MaxAttempts; attempt++)
        {
            if (await TryMergeAsync(kept, other, by: null, isPreview: true, cancellationToken) is { } result) return result;
        }

        throw new ProfileContentionException(Key(default));
    }

    /// <param name="by">Who asks; stands in the history.</param>
    /// <exception cref="ProfileContentionException">Every attempt lost a race against an import; nothing was written.</exception>
    public async Task<MergeResult> MergeAsync(Ulid kept, Ulid other, string by, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= ProfileBatchApplier.MaxAttempts; attempt++)
        {
            if (await TryMergeAsync(kept, other, by, isPreview: false, cancellationToken) is { } result) return result;
        }

        throw new ProfileContentionException(Key(default));
    }

    /// <summary>
    /// Restores both profiles as they were. Possible as long as the kept profile's canonical content is what the merge made of it and no other profile took one of
    /// the identifiers or was made of one since; reading unchanged rows again in between does no harm.
    /// </summary>
    /// <exception cref="ProfileContentionException">Every attempt lost a race against an import; nothing was written.</exception>
    public async Task<UndoResult> UndoAsync(Ulid mergeId, string by, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= ProfileBatchApplier.MaxAttempts; attempt++)
        {
            if (await TryUndoAsync(mergeId, by, cancellationToken) is { } result) return result;
        }

        throw new ProfileContentionException(Key(default));
    }

    private static BatchKey Key(Guid runId) => new(ManualSource.Id, runId, null, 0, 0);

    private static Identifier IdOf(Ulid profileId) => new(IdentifierKind.Id, profileId.ToString());

    /// <returns>Null if a race was lost.</returns>
    private async Task<MergeResult?> TryMergeAsync(Ulid keptId, Ulid otherId, string? by, bool isPreview, CancellationToken cancellationToken)
    {
        if (keptId == otherId) return new MergeResult(MergeStatus.SameProfile, ProfileId: keptId);
        var now = time.GetUtcNow();
        var key = Key(Guid.CreateVersion7(now));
        var loaded = new LoadedProfiles();
        var snapshot = await store.LoadAsync(key, [IdOf(keptId), IdOf(otherId)], cancellationToken);
        loaded.TryAdd(snapshot, []);
        foreach (var id in (Ulid[])[keptId, otherId])
        {
            if (loaded.Profiles.ContainsKey(id) && !snapshot.Forwards.ContainsKey(id)) continue;
            Ulid? forward = snapshot.Forwards.TryGetValue(id, out var keeper) ? keeper : null;
            if (forward == keptId || forward == otherId) return new MergeResult(MergeStatus.SameProfile, ProfileId: id, ForwardedTo: forward);
            return new MergeResult(MergeStatus.ProfileUnknown, ProfileId: id, ForwardedTo: forward);
        }

        var identifiers = ProfileJoin.Claimed(loaded.Profiles[keptId]).Union(ProfileJoin.Claimed(loaded.Profiles[otherId])).ToList();
        if (!loaded.TryAdd(await store.LoadAsync(key, identifiers, cancellationToken), identifiers)) return null;

        var join = new ProfileJoin(loaded.Profiles, loaded.Claims, new ChangeIds(now), now);
        var merge = join.Join(keptId, otherId, new JoinSource(key.SyncId, key.RunId, key.Page, by));
        if (ProfileLimits.Check(loaded.Profiles[keptId]) is { } problem) return new MergeResult(MergeStatus.TooLarge, ProfileId: keptId, Problem: problem);
        if (isPreview) return new MergeResult(MergeStatus.Merged, merge.KeptAfter);

        var commit = Commit(key, loaded, join, [keptId], now) with { Merges = [merge] };
        var status = await store.CommitAsync(commit, cancellationToken);
        return status == CommitStatus.Committed ? new MergeResult(MergeStatus.Merged, merge.KeptAfter, merge.Id) : null;
    }

    private async Task<UndoResult?> TryUndoAsync(Ulid mergeId, string by, CancellationToken cancellationToken)
    {
        if (await identity.GetMergeAsync(mergeId, cancellationToken) is not { } merge) return new UndoResult(UndoStatus.MergeUnknown, null, []);
        if (merge.UndoneAt is not null) return new UndoResult(UndoStatus.AlreadyUndone, merge, []);

        var now = time.GetUtcNow();
        var key = Key(Guid.CreateVersion7(now));
        var (keptId, removedId) = (merge.KeptAfter.Id, merge.Removed.Id);
        var loaded = new LoadedProfiles();
        var snapshot = await store.LoadAsync(key, [IdOf(keptId)], cancellationToken);
        if (snapshot.Forwards.TryGetValue(keptId, out var keeper))
            return new UndoResult(UndoStatus.Blocked, merge, [$"the kept profile {keptId} was merged into {keeper}; undo that merge first"]);
        if (snapshot.Profiles.FirstOrDefault(profile => profile.Id == keptId) is not { } current)
            return new UndoResult(UndoStatus.Blocked, merge, [$"the kept profile {keptId} is gone"]);
        if (ChangedFields(merge.KeptAfter, current) is { Count: > 0 } changed) return new UndoResult(UndoStatus.Blocked, merge, changed);
        loaded.TryAdd(snapshot, []);

        var (kept, removed) = (ProfileCodec.Decode(merge.KeptBefore with { RowVersion = current.RowVersion }), ProfileCodec.Decode(merge.Removed));
        var identifiers = ProfileJoin.Claimed(loaded.Profiles[keptId]).Union(ProfileJoin.Claimed(kept)).Union(ProfileJoin.Claimed(removed)).ToList();
        if (!loaded.TryAdd(await store.LoadAsync(key, identifiers, cancellationToken), identifiers)) return null;

        var join = new ProfileJoin(loaded.Profiles, loaded.Claims, new ChangeIds(now), now);
        var obstacles = join.Split(kept, removed, merge.MergedAt, new JoinSource(key.SyncId, key.RunId, key.Page, by));
        if (obstacles.Count > 0) return new UndoResult(UndoStatus.Blocked, merge, obstacles);

        var restored = ProfileCodec.Encode(removed);
        loaded.Profiles.Remove(removedId);
        var commit = Commit(key, loaded, join, [keptId], now) with { Undo = new MergeUndo(mergeId, keptId, restored, by) };
        var status = await store.CommitAsync(commit, cancellationToken);
        return status == CommitStatus.Committed ? new UndoResult(UndoStatus.Undone, merge with { UndoneAt = now, UndoneBy = by }, []) : null;
    }

    private static ProfileCommit Commit(BatchKey key, LoadedProfiles loaded, ProfileJoin join, Ulid[] sides, DateTimeOffset now)
    {
        var written = sides.Union(join.Touched).Union(loaded.Claims.Witnesses()).Where(loaded.Profiles.ContainsKey).Order().Select(id => ProfileCodec.Encode(loaded.Profiles[id]));
        return new ProfileCommit(key, [.. written], [.. loaded.Claims.Changed()], join.Changes, [], OutcomeCounts.None, now);
    }

    /// <summary>Fields whose content is not what it was; versions raised by reading the same rows again do not count.</summary>
    private static List<string> ChangedFields(StoredProfile before, StoredProfile now)
    {
        if (CanonicalProfile.Encode(before).AsSpan().SequenceEqual(CanonicalProfile.Encode(now))) return [];

        var (was, stands) = (Contents(before), Contents(now));
        List<string> changed = [.. was.Keys.Union(stands.Keys).Where(field => was.GetValueOrDefault(field) != stands.GetValueOrDefault(field)).Order(StringComparer.Ordinal)
            .Select(field => $"{field} has changed")];
        return changed.Count > 0 ? changed : ["consent has changed"];

        static Dictionary<string, (string?, FieldState, SourceInstant)> Contents(StoredProfile profile) =>
            ProfileView.From(profile).Fields.ToDictionary(field => field.Field, field => (field.Json, field.State, field.Version.Instant), StringComparer.Ordinal);
    }

    /// <summary>Profiles and claims of several loads that belong together.</summary>
    private sealed class LoadedProfiles
    {
        public Dictionary<Ulid, Profile> Profiles { get; } = [];

        public IdentifierClaims Claims { get; } = new();

        /// <returns>False if a profile changed between two loads.</returns>
        public bool TryAdd(ProfileSnapshot snapshot, IEnumerable<Identifier> lookedUp)
        {
            foreach (var stored in snapshot.Profiles)
            {
                if (!Profiles.TryGetValue(stored.Id, out var loaded)) Profiles.Add(stored.Id, ProfileCodec.Decode(stored));
                else if (loaded.RowVersion != stored.RowVersion) return false;
            }

            foreach (var stored in snapshot.Identifiers) Claims.Add(stored);
            foreach (var identifier in lookedUp) Claims.AddUnknown(identifier);
            return true;
        }
    }
}
