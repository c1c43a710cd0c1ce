namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>Declares a table: <c>schema.Table("CUSTOMERS", t => t.Column("ID", SnowflakeType.Number()).Column("MODIFIED_AT", SnowflakeType.TimestampNtz(9)))</c>.</summary>
public sealed class TableBuilder
{
    private readonly List<ColumnDefinition> _columns = [];
    private readonly List<string> _primaryKey = [];
    private readonly List<string> _clustering = [];

    internal IReadOnlyList<ColumnDefinition> Columns => _columns;

    internal IReadOnlyList<string> Key => _primaryKey;

    internal IReadOnlyList<string> Clustering => _clustering;

    internal RelationKind RelationKind { get; private set; }

    internal string? Description { get; private set; }

    internal string? PartitionColumn { get; private set; }

    internal bool IsPartitionFilterRequired { get; private set; }

    internal IReadOnlyList<string>? Roles { get; private set; }

    public TableBuilder Column(string name, SqlType type, bool nullable = true, string? comment = null)
    {
        _columns.Add(new ColumnDefinition(name, type, nullable, comment));
        return this;
    }

    /// <summary>Declared, never enforced, as in both warehouses.</summary>
    public TableBuilder PrimaryKey(params string[] columns)
    {
        _primaryKey.AddRange(columns);
        return this;
    }

    public TableBuilder Kind(RelationKind kind)
    {
        RelationKind = kind;
        return this;
    }

    public TableBuilder Comment(string text)
    {
        Description = text;
        return this;
    }

    /// <summary>BigQuery: partitions by day of this DATE, DATETIME or TIMESTAMP column.</summary>
    /// <param name="requireFilter">Refuse a query whose WHERE has no usable constant on it.</param>
    public TableBuilder PartitionBy(string column, bool requireFilter = false)
    {
        PartitionColumn = column;
        IsPartitionFilterRequired = requireFilter;
        return this;
    }

    public TableBuilder ClusterBy(params string[] columns)
    {
        _clustering.AddRange(columns);
        return this;
    }

    /// <summary>Only these roles see it; without the call everyone does.</summary>
    public TableBuilder VisibleTo(params string[] roles)
    {
        Roles = roles;
        return this;
    }
}
