using WarehouseImport.Emulators.Engine.Catalogue;

namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>Everything a statement depends on besides its text.</summary>
internal sealed record StatementContext(EmulatedCatalogue Catalogue)
{
    public string? Database { get; init; }

    public string? Schema { get; init; }

    public string? Role { get; init; }

    public string? Warehouse { get; init; }

    public string User { get; init; } = "";

    public string Account { get; init; } = "";

    public string TimeZone { get; init; } = "UTC";

    /// <value>Whether a table that asks for a partition filter refuses a query without one; reading its pages directly does not.</value>
    public bool ChecksPartitionFilters { get; init; } = true;

    /// <value>Nanoseconds since 1970, the same for the whole statement.</value>
    public Int128 Now { get; init; }

    /// <summary>Parameters by name, or by their number as text.</summary>
    public IReadOnlyDictionary<string, Typed> Parameters { get; init; } = new Dictionary<string, Typed>();

    public bool Sees(IReadOnlySet<string>? roles) => roles is null || (Role is not null && roles.Contains(Role));

    public bool Sees(EmulatedTable table) => Sees(table.VisibleTo) && Sees(table.Schema);

    public bool Sees(EmulatedSchema schema) => Sees(schema.VisibleTo) && Sees(schema.Database.VisibleTo);
}
