namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>How the service writes a value, once per type (bigquery-api section 3).</summary>
internal enum BigQueryForm
{
    Text,
    Integer,
    Float,
    Boolean,
    Decimal,
    Date,
    DateTime,
    Timestamp,
    Time,
    Json,
    Record,

    /// <summary>BYTES, GEOGRAPHY, INTERVAL, RANGE and types yet to come: no column of ours, but inside a record their text is passed on.</summary>
    Other,
}

/// <summary>A column of a dataset together with the field it came from.</summary>
internal sealed record BigQueryColumn(DatasetColumn Column, BigQueryField Field)
{
    public static BigQueryColumn From(BigQueryField field) =>
        new(new DatasetColumn(field.Name, BigQueryTypes.NameOf(field), BigQueryTypes.KindOf(field), field.IsNullable), field);
}

/// <summary>BigQuery's types and what they mean here (profile-import-rules 7.7).</summary>
internal static class BigQueryTypes
{
    public static BigQueryForm FormOf(BigQueryField field) => field.Type.ToUpperInvariant() switch
    {
        "STRING" => BigQueryForm.Text,
        "INTEGER" or "INT64" => BigQueryForm.Integer,
        "FLOAT" or "FLOAT64" => BigQueryForm.Float,
        "BOOLEAN" or "BOOL" => BigQueryForm.Boolean,
        "NUMERIC" or "BIGNUMERIC" => BigQueryForm.Decimal,
        "DATE" => BigQueryForm.Date,
        "DATETIME" => BigQueryForm.DateTime,
        "TIMESTAMP" => BigQueryForm.Timestamp,
        "TIME" => BigQueryForm.Time,
        "JSON" => BigQueryForm.Json,
        "RECORD" or "STRUCT" => BigQueryForm.Record,
        _ => BigQueryForm.Other,
    };

    public static ColumnKind KindOf(BigQueryField field)
    {
        var form = FormOf(field);
        if (form is BigQueryForm.Other) return ColumnKind.Unreadable;
        if (form is BigQueryForm.Record) return ColumnKind.Json;
        if (field.IsRepeated) return form is BigQueryForm.Json ? ColumnKind.Json : ColumnKind.List;
        return form switch
        {
            BigQueryForm.Text => ColumnKind.Text,
            BigQueryForm.Integer => ColumnKind.Integer,
            BigQueryForm.Float => ColumnKind.Float,
            BigQueryForm.Boolean => ColumnKind.Boolean,
            BigQueryForm.Decimal => ColumnKind.Decimal,
            BigQueryForm.Date => ColumnKind.Date,
            BigQueryForm.DateTime => ColumnKind.Timestamp,
            BigQueryForm.Timestamp => ColumnKind.TimestampWithZone,
            BigQueryForm.Time => ColumnKind.Time,
            BigQueryForm.Json => ColumnKind.Json,
            _ => throw new InvalidOperationException($"Form {form} has no kind."),
        };
    }

    /// <summary>The name GoogleSQL uses, for people and for parameters.</summary>
    public static string NameOf(BigQueryField field)
    {
        var name = field.Type.ToUpperInvariant() switch
        {
            "INTEGER" => "INT64",
            "FLOAT" => "FLOAT64",
            "BOOLEAN" => "BOOL",
            "RECORD" or "STRUCT" => $"STRUCT<{string.Join(", ", (field.Fields ?? []).Select(inner => $"{inner.Name} {NameOf(inner)}"))}>",
            var other => other,
        };
        return field.IsRepeated ? $"ARRAY<{name}>" : name;
    }

    /// <summary>The same as a type in a statement: names of fields quoted.</summary>
    public static string SqlOf(BigQueryField field)
    {
        var name = FormOf(field) switch
        {
            BigQueryForm.Record => $"STRUCT<{string.Join(", ", (field.Fields ?? []).Select(inner => $"{BigQuerySql.Identifier(inner.Name)} {SqlOf(inner)}"))}>",
            _ when field.RangeElementType is { } element => $"RANGE<{element.Type}>",
            _ => NameOf(field with { Mode = null }),
        };
        return field.IsRepeated ? $"ARRAY<{name}>" : name;
    }
}
