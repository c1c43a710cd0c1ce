using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>A Snowflake schema or a BigQuery dataset.</summary>
public sealed class EmulatedSchema
{
    private readonly ConcurrentDictionary<string, EmulatedTable> _tables = new(StringComparer.Ordinal);

    internal EmulatedSchema(EmulatedDatabase database, string name)
    {
        Database = database;
        Name = name;
        CreatedOn = database.Catalogue.Clock.GetUtcNow();
    }

    public string Name { get; }

    /// <value>Roles that see it; null for everyone.</value>
    public IReadOnlySet<string>? VisibleTo { get; set; }

    /// <value>BigQuery: where the dataset lives.</value>
    public string Location { get; set; } = "US";

    public IReadOnlyList<EmulatedTable> Tables => [.. _tables.Values.OrderBy(t => t.Name, StringComparer.Ordinal)];

    internal EmulatedDatabase Database { get; }

    internal DateTimeOffset CreatedOn { get; }

    /// <summary>Creates a table, in the place of one with the same name.</summary>
    public EmulatedTable Table(string name, Action<TableBuilder> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        var builder = new TableBuilder();
        build(builder);
        return _tables[name] = new EmulatedTable(this, name, builder);
    }

    /// <summary>An existing table or view.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public EmulatedTable Table(string name) =>
        TryFind(name, out var table) ? table : throw new KeyNotFoundException($"'{Name}' has no table '{name}'; it has {string.Join(", ", Tables.Select(t => t.Name))}.");

    /// <summary>Creates a view over a SELECT in the emulated dialect; its columns are those of the query at that moment.</summary>
    public EmulatedTable View(string name, string selectSql, RelationKind kind = RelationKind.View)
    {
        var builder = new TableBuilder().Kind(kind);
        foreach (var column in Database.Catalogue.DescribeView(Database.Catalogue, selectSql)) builder.Column(column.Name, column.Type, column.IsNullable);
        return _tables[name] = new EmulatedTable(this, name, builder, selectSql);
    }

    public void Drop(string name) => _tables.TryRemove(name, out _);

    public void Rename(string name, string newName)
    {
        var table = Table(name);
        _tables.TryRemove(name, out _);
        table.Name = newName;
        _tables[newName] = table;
    }

    internal bool TryFind(string name, [NotNullWhen(true)] out EmulatedTable? table) => _tables.TryGetValue(name, out table);
}
