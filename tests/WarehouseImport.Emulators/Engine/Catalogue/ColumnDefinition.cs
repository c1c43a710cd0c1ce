namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>A declared column.</summary>
/// <param name="Name">The stored name, as it must be quoted.</param>
/// <param name="IsNullable">A hint only, as in the warehouses.</param>
public sealed record ColumnDefinition(string Name, SqlType Type, bool IsNullable = true, string? Comment = null)
{
    /// <value>The generated name in DuckDB, where quoted names that differ only in case cannot live together.</value>
    internal string StorageName { get; init; } = "";
}
