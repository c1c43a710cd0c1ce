using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Tests.Import;

/// <summary>The contract of <see cref="IProfileStore"/> over dictionaries. <see cref="BeforeCommit"/> lets a test slip another writer in between load and commit.</summary>
sealed class InMemoryProfileStore : IProfileStore, IIdentityStore
{
    private readonly Dictionary<BatchKey, byte[]> _ledger = [];

    public Dictionary<Ulid, StoredProfile> Profiles { get; } = [];

    public Dictionary<Identifier, StoredIdentifier> Identifiers { get; } = [];

    public List<Change> Changes { get; } = [];

    public Dictionary<ProfilePair, DuplicateSighting> Sightings { get; } = [];

    public HashSet<ProfilePair> Dismissed { get; } = [];

    public Dictionary<Ulid, StoredMerge> Merges { get; } = [];

    /// <summary>Removed profiles and what each was merged into, one step at a time.</summary>
    public Dictionary<Ulid, Ulid> MergedInto { get; } = [];

    /// <summary>The pairs that are two profiles now.</summary>
    public IEnumerable<ProfilePair> Pairs => Sightings.Keys.Select(pair => ProfilePair.Of(End(pair.Low), End(pair.High))).Where(pair => pair.Low != pair.High).Distinct();

    public long CurrentFence { get; set; }

    public Func<Task>? BeforeCommit { get; set; }

    public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken)
    {
        var found = identifiers.Where(Identifiers.ContainsKey).Select(i => Identifiers[i]).ToList();
        var forwards = identifiers.Where(i => i.Kind == IdentifierKind.Id).Select(i => Ulid.Parse(i.Value)).Where(MergedInto.ContainsKey).ToDictionary(id => id, End);
        var ids = found.SelectMany(f => f.Contenders.Concat(f.Holder is { } holder ? [holder] : []))
            .Concat(identifiers.Where(i => i.Kind == IdentifierKind.Id).Select(i => Ulid.Parse(i.Value)))
            .Concat(forwards.Values)
            .Distinct();
        return Task.FromResult(new ProfileSnapshot(
            key.Fence is null || key.Fence == CurrentFence,
            _ledger.GetValueOrDefault(key with { Fence = null }),
            found,
            [.. ids.Where(Profiles.ContainsKey).Select(id => Profiles[id])])
        { Forwards = forwards });
    }

    public async Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken)
    {
        if (BeforeCommit is { } hook)
        {
            BeforeCommit = null;
            await hook();
        }

        var ledgerKey = commit.Key with { Fence = null };
        if (commit.Key.Fence is { } fence && fence != CurrentFence) return CommitStatus.Fenced;
        if (_ledger.ContainsKey(ledgerKey)) return CommitStatus.AlreadyApplied;
        if (commit.Profiles.Any(p => (Profiles.GetValueOrDefault(p.Id)?.RowVersion ?? 0) != p.RowVersion)) return CommitStatus.Conflict;
        if (commit.Identifiers.Any(i => (Identifiers.GetValueOrDefault(i.Identifier)?.RowVersion ?? 0) != i.RowVersion)) return CommitStatus.Conflict;

        if (commit.Merges.Any(m => (Profiles.GetValueOrDefault(m.Removed.Id)?.RowVersion ?? 0) != m.Removed.RowVersion)) return CommitStatus.Conflict;
        if (commit.Undo is { } checkedUndo && Merges[checkedUndo.MergeId].UndoneAt is not null) return CommitStatus.Conflict;

        foreach (var profile in commit.Profiles) Profiles[profile.Id] = profile with { RowVersion = profile.RowVersion + 1 };
        foreach (var identifier in commit.Identifiers) Identifiers[identifier.Identifier] = identifier with { RowVersion = identifier.RowVersion + 1 };
        Changes.AddRange(commit.Changes);
        _ledger.Add(ledgerKey, commit.LedgerEntry);
        foreach (var merge in commit.Merges)
        {
            Profiles.Remove(merge.Removed.Id);
            Merges.Add(merge.Id, merge);
            MergedInto.Add(merge.Removed.Id, merge.KeptAfter.Id);
        }

        if (commit.Undo is { } undo)
        {
            Merges[undo.MergeId] = Merges[undo.MergeId] with { UndoneAt = commit.AppliedAt, UndoneBy = undo.By };
            MergedInto.Remove(undo.Restored.Id);
            Profiles.Add(undo.Restored.Id, undo.Restored with { RowVersion = undo.Restored.RowVersion + 1 });
        }

        foreach (var sighting in commit.Duplicates) Sightings[sighting.Pair] = sighting;
        return CommitStatus.Committed;
    }

    public Task<IReadOnlyList<PossibleDuplicate>> ListDuplicatesAsync(bool dismissed, ProfilePair? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PossibleDuplicate>>([.. Sightings.Values
            .Where(s => Dismissed.Contains(s.Pair) == dismissed)
            .Take(limit)
            .Select(s => new PossibleDuplicate(s.Pair, s.Reason, s.Identifier, default, default, default, default, null, null))]);

    public Task<bool> DismissAsync(ProfilePair pair, string by, DateTimeOffset at, CancellationToken cancellationToken) => Task.FromResult(Dismissed.Add(pair));

    public Task<StoredMerge?> GetMergeAsync(Ulid mergeId, CancellationToken cancellationToken) => Task.FromResult(Merges.GetValueOrDefault(mergeId));

    public Task<IReadOnlyList<StoredMerge>> ListMergesAsync(Ulid profileId, Ulid? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredMerge>>([.. Merges.Values
            .Where(merge => (merge.KeptAfter.Id == profileId || merge.Removed.Id == profileId) && (before is not { } last || merge.Id.CompareTo(last) < 0))
            .OrderByDescending(merge => merge.Id)
            .Take(limit)]);

    public Task<Ulid?> FindForwardAsync(Ulid removed, CancellationToken cancellationToken) =>
        Task.FromResult<Ulid?>(MergedInto.ContainsKey(removed) ? End(removed) : null);

    private Ulid End(Ulid id)
    {
        while (MergedInto.TryGetValue(id, out var further)) id = further;
        return id;
    }
}
