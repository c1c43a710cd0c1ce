using WarehouseImport.Emulators.Engine.Catalogue;

namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>How one query reads one stored table: what a dry run is estimated by, and what a required partition filter is checked by.</summary>
internal sealed class TableUse(EmulatedTable table)
{
    public EmulatedTable Table => table;

    public HashSet<ColumnDefinition> Columns { get; } = [];

    /// <value>Conditions over the day of the partition column, ready for DuckDB.</value>
    public List<string> PartitionConditions { get; } = [];
}
