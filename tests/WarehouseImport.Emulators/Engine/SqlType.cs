using System.Globalization;

namespace WarehouseImport.Emulators.Engine;

/// <summary>A declared warehouse type. Made by <c>SnowflakeType</c> and <c>BigQueryType</c>.</summary>
/// <param name="Precision">Digits of a number; 0 where the type has none.</param>
/// <param name="Scale">Fraction digits of a number, a time or a timestamp.</param>
/// <param name="Length">Greatest length of text (characters) or binary (bytes); 0 where the type has none.</param>
public sealed record SqlType(SqlTypeKind Kind, int Precision = 0, int Scale = 0, int Length = 0)
{
    /// <value>Element type of an array or a range.</value>
    public SqlType? Element { get; init; }

    /// <value>Fields of a struct, in order.</value>
    public IReadOnlyList<SqlField> Fields { get; init; } = [];

    /// <value>The name on the wire of a type nobody knows.</value>
    public string? Name { get; init; }

    internal bool IsNumeric => Kind is SqlTypeKind.Number or SqlTypeKind.Integer or SqlTypeKind.Float or SqlTypeKind.DecFloat or SqlTypeKind.BigNumeric;

    internal bool IsTimestamp => Kind is SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz or SqlTypeKind.TimestampTz;

    internal bool IsSemiStructured => Kind is SqlTypeKind.Variant or SqlTypeKind.Object or SqlTypeKind.Array or SqlTypeKind.Json;

    /// <summary>The DuckDB type that holds it. Times are whole nanoseconds, because DuckDB cuts an instant with a zone to microseconds.</summary>
    internal string Storage => Kind switch
    {
        SqlTypeKind.Number => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({Precision},{Scale})"),
        SqlTypeKind.Integer or SqlTypeKind.Time => "BIGINT",
        SqlTypeKind.Float => "DOUBLE",
        SqlTypeKind.Boolean => "BOOLEAN",
        SqlTypeKind.Binary => "BLOB",
        SqlTypeKind.Date => "INTEGER",
        SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz => "HUGEINT",
        SqlTypeKind.TimestampTz => "STRUCT(i HUGEINT, o SMALLINT)",
        _ => "VARCHAR",
    };
}

/// <summary>One field of a struct.</summary>
public sealed record SqlField(string Name, SqlType Type);
