using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>BigQuery's types.</summary>
public static class BigQueryType
{
    public static SqlType Int64 { get; } = new(SqlTypeKind.Integer);

    public static SqlType Float64 { get; } = new(SqlTypeKind.Float);

    public static SqlType String { get; } = new(SqlTypeKind.Text);

    public static SqlType Bool { get; } = new(SqlTypeKind.Boolean);

    public static SqlType Bytes { get; } = new(SqlTypeKind.Binary);

    public static SqlType Date { get; } = new(SqlTypeKind.Date);

    public static SqlType Time { get; } = new(SqlTypeKind.Time, Scale: 6);

    public static SqlType DateTime { get; } = new(SqlTypeKind.TimestampNtz, Scale: 6);

    public static SqlType Timestamp { get; } = new(SqlTypeKind.TimestampLtz, Scale: 6);

    public static SqlType Numeric { get; } = new(SqlTypeKind.Number, 38, 9);

    public static SqlType BigNumeric { get; } = new(SqlTypeKind.BigNumeric);

    public static SqlType Json { get; } = new(SqlTypeKind.Json);

    public static SqlType Geography { get; } = new(SqlTypeKind.Geography);

    public static SqlType Interval { get; } = new(SqlTypeKind.Interval);

    /// <summary>Values are text such as <c>[2020-01-01, UNBOUNDED)</c>.</summary>
    public static SqlType Range(SqlType element) => new(SqlTypeKind.Range) { Element = element };

    /// <summary>Values are JSON objects by field name.</summary>
    public static SqlType Struct(params SqlField[] fields) => new(SqlTypeKind.Record) { Fields = fields };

    /// <summary>Values are JSON arrays; an absent array is an empty one.</summary>
    public static SqlType Array(SqlType element) => new(SqlTypeKind.Repeated) { Element = element };

    /// <summary>A type no client knows; values are text.</summary>
    public static SqlType Unknown(string name) => new(SqlTypeKind.Unknown) { Name = name };
}
