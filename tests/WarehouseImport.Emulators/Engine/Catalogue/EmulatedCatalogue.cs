using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>
/// What one emulated account or project holds. Every write is kept with its commit time on the emulator's clock, so that time travel, frozen results
/// and late commits behave as in the services.
/// </summary>
public sealed class EmulatedCatalogue
{
    private readonly ConcurrentDictionary<string, EmulatedDatabase> _databases = new(StringComparer.Ordinal);
    private int _names;

    internal EmulatedCatalogue(DuckStore store, TimeProvider clock, Func<EmulatedCatalogue, string, IReadOnlyList<OutputColumn>> describeView)
    {
        Store = store;
        Clock = clock;
        DescribeView = describeView;
    }

    /// <value>Every database (project), by name.</value>
    public IReadOnlyList<EmulatedDatabase> Databases => [.. _databases.Values.OrderBy(d => d.Name, StringComparer.Ordinal)];

    internal DuckStore Store { get; }

    internal TimeProvider Clock { get; }

    internal Func<EmulatedCatalogue, string, IReadOnlyList<OutputColumn>> DescribeView { get; }

    /// <summary>The database with this stored name, created if it is new.</summary>
    public EmulatedDatabase Database(string name) => _databases.GetOrAdd(name, n => new EmulatedDatabase(this, n));

    public void DropDatabase(string name) => _databases.TryRemove(name, out _);

    internal bool TryFind(string name, [NotNullWhen(true)] out EmulatedDatabase? database) => _databases.TryGetValue(name, out database);

    internal string NextName(char prefix) => $"{prefix}{Interlocked.Increment(ref _names)}";

    internal Int128 Now() => CivilTime.Nanos(Clock.GetUtcNow());
}
