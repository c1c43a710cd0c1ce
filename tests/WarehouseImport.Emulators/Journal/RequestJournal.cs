namespace WarehouseImport.Emulators.Journal;

/// <summary>Every request an emulator got, in order.</summary>
public sealed class RequestJournal
{
    private readonly List<JournalEntry> _entries = [];
    private readonly List<(Func<JournalEntry, bool> Condition, TaskCompletionSource<JournalEntry> Found)> _waiters = [];
    private readonly Lock _gate = new();
    private int _number;

    /// <value>A copy of all entries so far.</value>
    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_gate) return [.. _entries];
        }
    }

    /// <value>Statements the emulator did not know. A test suite should end with none, except those it means to refuse.</value>
    public IReadOnlyList<JournalEntry> UnknownStatements => [.. Entries.Where(e => e.UnknownSql is not null)];

    /// <summary>Waits for the first answered or cut request that fits, among those of the past too.</summary>
    public async Task<JournalEntry> WaitForAsync(Func<JournalEntry, bool> condition, CancellationToken cancellation = default)
    {
        var found = new TaskCompletionSource<JournalEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_entries.Find(e => condition(e)) is { } entry) return entry;
            _waiters.Add((condition, found));
        }

        return await found.Task.WaitAsync(cancellation);
    }

    public void Clear()
    {
        lock (_gate) _entries.Clear();
    }

    internal int NextNumber() => Interlocked.Increment(ref _number);

    internal void Add(JournalEntry entry)
    {
        lock (_gate) _entries.Add(entry);
    }

    /// <summary>Tells waiters that an entry changed.</summary>
    internal void Changed(JournalEntry entry)
    {
        lock (_gate)
        {
            foreach (var (condition, found) in _waiters.ToArray())
            {
                if (condition(entry)) found.TrySetResult(entry);
            }

            _waiters.RemoveAll(w => w.Found.Task.IsCompleted);
        }
    }
}
