using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Snowflake's types, with its defaults.</summary>
public static class SnowflakeType
{
    public const int DefaultTextLength = 16_777_216;

    public static SqlType Float { get; } = new(SqlTypeKind.Float);

    public static SqlType Boolean { get; } = new(SqlTypeKind.Boolean);

    public static SqlType Date { get; } = new(SqlTypeKind.Date);

    public static SqlType Variant { get; } = new(SqlTypeKind.Variant);

    public static SqlType Object { get; } = new(SqlTypeKind.Object);

    public static SqlType Array { get; } = new(SqlTypeKind.Array);

    public static SqlType Geography { get; } = new(SqlTypeKind.Geography);

    public static SqlType Vector { get; } = new(SqlTypeKind.Vector);

    public static SqlType DecFloat { get; } = new(SqlTypeKind.DecFloat);

    public static SqlType Number(int precision = 38, int scale = 0) => new(SqlTypeKind.Number, precision, scale);

    public static SqlType Varchar(int length = DefaultTextLength) => new(SqlTypeKind.Text, Length: length);

    public static SqlType Binary(int length = 8_388_608) => new(SqlTypeKind.Binary, Length: length);

    public static SqlType Time(int scale = 9) => new(SqlTypeKind.Time, Scale: scale);

    public static SqlType TimestampNtz(int scale = 9) => new(SqlTypeKind.TimestampNtz, Scale: scale);

    public static SqlType TimestampLtz(int scale = 9) => new(SqlTypeKind.TimestampLtz, Scale: scale);

    public static SqlType TimestampTz(int scale = 9) => new(SqlTypeKind.TimestampTz, Scale: scale);

    /// <summary>A type no client knows; values are text.</summary>
    public static SqlType Unknown(string name) => new(SqlTypeKind.Unknown) { Name = name };

    /// <summary>The name in <c>rowType</c>, lower case.</summary>
    internal static string WireName(SqlType type) => type.Kind switch
    {
        SqlTypeKind.Number or SqlTypeKind.Integer => "fixed",
        SqlTypeKind.Float => "real",
        SqlTypeKind.DecFloat => "decfloat",
        SqlTypeKind.Text => "text",
        SqlTypeKind.Boolean => "boolean",
        SqlTypeKind.Binary => "binary",
        SqlTypeKind.Date => "date",
        SqlTypeKind.Time => "time",
        SqlTypeKind.TimestampNtz => "timestamp_ntz",
        SqlTypeKind.TimestampLtz => "timestamp_ltz",
        SqlTypeKind.TimestampTz => "timestamp_tz",
        SqlTypeKind.Variant => "variant",
        SqlTypeKind.Object or SqlTypeKind.Geography => "object",
        SqlTypeKind.Array => "array",
        SqlTypeKind.Vector => "vector",
        _ => type.Name ?? "text",
    };

    /// <summary>The name in <c>INFORMATION_SCHEMA.COLUMNS</c> and in the JSON of <c>SHOW COLUMNS</c>.</summary>
    internal static string CatalogueName(SqlType type, bool isShow) => type.Kind switch
    {
        SqlTypeKind.Number or SqlTypeKind.Integer => isShow ? "FIXED" : "NUMBER",
        SqlTypeKind.Float => isShow ? "REAL" : "FLOAT",
        SqlTypeKind.Geography => "GEOGRAPHY",
        _ => WireName(type).ToUpperInvariant(),
    };
}
