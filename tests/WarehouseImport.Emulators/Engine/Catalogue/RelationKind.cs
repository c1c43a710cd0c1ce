namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>What a relation is listed as.</summary>
public enum RelationKind
{
    Table,
    View,
    MaterializedView,

    /// <summary>Snowflake only.</summary>
    DynamicTable,
    ExternalTable,

    /// <summary>BigQuery only.</summary>
    Snapshot,
}
