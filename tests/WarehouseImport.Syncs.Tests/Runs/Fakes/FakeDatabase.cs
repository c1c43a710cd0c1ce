using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <summary>What survives the end of a process. Access it through <see cref="FakeStores"/> or under <see cref="Gate"/>.</summary>
sealed class FakeDatabase
{
    private readonly List<(Func<FakeDatabase, bool> Condition, TaskCompletionSource Met)> _waiters = [];

    public Lock Gate { get; } = new();

    public Dictionary<Guid, SyncRecord> Syncs { get; } = [];

    public Dictionary<(Guid Sync, int Mapping), SyncDefinition> Definitions { get; } = [];

    public Dictionary<Guid, RunRecord> Runs { get; } = [];

    public Dictionary<Guid, SortedDictionary<int, FakePage>> Pages { get; } = [];

    public Dictionary<Guid, OutcomeCounts> Unbatched { get; } = [];

    public Dictionary<Guid, List<RunErrorRow>> Errors { get; } = [];

    public Dictionary<Ulid, StoredProfile> Profiles { get; } = [];

    public Dictionary<Identifier, StoredIdentifier> Identifiers { get; } = [];

    public Dictionary<(Guid Run, int Page, int Partition), (byte[] Entry, OutcomeCounts Counts)> Ledger { get; } = [];

    public List<Change> Changes { get; } = [];

    /// <summary>Raised to make one coming completion find other counts than the pages told.</summary>
    public bool CorruptNextCompletion { get; set; }

    public void AddSync(SyncRecord sync)
    {
        Syncs[sync.Id] = sync;
        Definitions[(sync.Id, sync.MappingVersion)] = sync.Definition;
    }

    /// <summary>Completes as soon as a write makes the condition true.</summary>
    public Task WhenAsync(Func<FakeDatabase, bool> condition)
    {
        lock (Gate)
        {
            if (condition(this)) return Task.CompletedTask;
            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((condition, met));
            return met.Task;
        }
    }

    /// <summary>Called under <see cref="Gate"/> after every write.</summary>
    public void Written()
    {
        foreach (var waiter in _waiters.Where(waiter => waiter.Condition(this)).ToList())
        {
            _waiters.Remove(waiter);
            waiter.Met.SetResult();
        }
    }

    /// <summary>Profiles by identifier with their documents: what a crash must not change.</summary>
    public IReadOnlyList<string> Dump()
    {
        lock (Gate)
        {
            return [.. Identifiers.Values
                .Where(stored => stored.Holder is not null)
                .Select(stored => $"{stored.Identifier} {Profiles[stored.Holder!.Value].Document}")
                .Order(StringComparer.Ordinal)];
        }
    }
}

sealed record FakePage(RecordedPage Page, bool IsAcknowledged, IReadOnlyList<RowDigest> Kept);
