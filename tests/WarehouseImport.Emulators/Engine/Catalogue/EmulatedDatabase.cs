using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>A Snowflake database or a BigQuery project.</summary>
public sealed class EmulatedDatabase
{
    private readonly ConcurrentDictionary<string, EmulatedSchema> _schemas = new(StringComparer.Ordinal);

    internal EmulatedDatabase(EmulatedCatalogue catalogue, string name)
    {
        Catalogue = catalogue;
        Name = name;
        CreatedOn = catalogue.Clock.GetUtcNow();
    }

    public string Name { get; }

    /// <value>As <c>SHOW DATABASES</c> says it; <c>STANDARD</c>.</value>
    public string Kind { get; set; } = "STANDARD";

    /// <value>Roles that see it; null for everyone.</value>
    public IReadOnlySet<string>? VisibleTo { get; set; }

    public IReadOnlyList<EmulatedSchema> Schemas => [.. _schemas.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];

    internal EmulatedCatalogue Catalogue { get; }

    internal DateTimeOffset CreatedOn { get; }

    /// <summary>The schema (dataset) with this stored name, created if it is new.</summary>
    public EmulatedSchema Schema(string name) => _schemas.GetOrAdd(name, n => new EmulatedSchema(this, n));

    public void DropSchema(string name) => _schemas.TryRemove(name, out _);

    internal bool TryFind(string name, [NotNullWhen(true)] out EmulatedSchema? schema) => _schemas.TryGetValue(name, out schema);
}
