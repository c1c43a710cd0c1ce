using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Tests.Import;

/// <summary>The contract of <see cref="IProfileStore"/> over dictionaries. <see cref="BeforeCommit"/> lets a test slip another writer in between load and commit.</summary>
sealed class InMemoryProfileStore : IProfileStore
{
    private readonly Dictionary<BatchKey, byte[]> _ledger = [];

    public Dictionary<Ulid, StoredProfile> Profiles { get; } = [];

    public Dictionary<Identifier, StoredIdentifier> Identifiers { get; } = [];

    public List<Change> Changes { get; } = [];

    public long CurrentFence { get; set; }

    public Func<Task>? BeforeCommit { get; set; }

    public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken)
    {
        var found = identifiers.Where(Identifiers.ContainsKey).Select(i => Identifiers[i]).ToList();
        var ids = found.SelectMany(f => f.Contenders.Concat(f.Holder is { } holder ? [holder] : []))
            .Concat(identifiers.Where(i => i.Kind == IdentifierKind.Id).Select(i => Ulid.Parse(i.Value)))
            .Distinct();
        return Task.FromResult(new ProfileSnapshot(
            key.Fence is null || key.Fence == CurrentFence,
            _ledger.GetValueOrDefault(key with { Fence = null }),
            found,
            [.. ids.Where(Profiles.ContainsKey).Select(id => Profiles[id])]));
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

        foreach (var profile in commit.Profiles) Profiles[profile.Id] = profile with { RowVersion = profile.RowVersion + 1 };
        foreach (var identifier in commit.Identifiers) Identifiers[identifier.Identifier] = identifier with { RowVersion = identifier.RowVersion + 1 };
        Changes.AddRange(commit.Changes);
        _ledger.Add(ledgerKey, commit.LedgerEntry);
        return CommitStatus.Committed;
    }
}
