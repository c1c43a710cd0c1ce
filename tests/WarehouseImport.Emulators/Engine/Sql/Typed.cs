namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>A translated expression.</summary>
/// <param name="Sql">Over DuckDB.</param>
/// <param name="IsConstant">No column is in it, so that it can prune partitions.</param>
/// <param name="IsCoercible">A literal or parameter, which takes the type of what it is compared with.</param>
internal readonly record struct Typed(string Sql, SqlType Type, bool IsNullable = true, bool IsConstant = false, bool IsCoercible = false)
{
    public static readonly SqlType Boolean = new(SqlTypeKind.Boolean);
    public static readonly SqlType Null = new(SqlTypeKind.Null);

    /// <value>What is compared and sorted by: the instant alone of a timestamp with an offset.</value>
    public string Key => Type.Kind == SqlTypeKind.TimestampTz ? $"struct_extract({Sql}, 'i')" : Sql;
}

/// <summary>A column of a result.</summary>
/// <param name="Source">The table column it is a plain copy of, if it is one.</param>
internal sealed record OutputColumn(string Name, SqlType Type, bool IsNullable, Catalogue.EmulatedTable? Source = null);
