using System.Globalization;
using System.Text.Json;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>How the cells of a column are written in an answer (snowflake-sql-api section 4).</summary>
internal enum SnowflakeForm
{
    /// <summary>The text is the value.</summary>
    Plain,
    Real,
    DecFloat,
    Boolean,
    Days,
    SecondsOfDay,

    /// <summary>Seconds since the epoch of a wall clock.</summary>
    WallSeconds,

    /// <summary>Seconds since the epoch in UTC, perhaps followed by an offset.</summary>
    Seconds,
    Json,
}

/// <summary>A column as an answer's <c>rowType</c> describes it.</summary>
/// <param name="Type">Lower case.</param>
/// <param name="Collation">Null where text compares by its bytes.</param>
internal sealed record SnowflakeColumn(string Name, string Type, int Precision, int Scale, long Length, bool IsNullable, string? Collation, string? ExtendedType)
{
    public ColumnKind Kind => (ExtendedType, Type) switch
    {
        ("geography" or "geometry", _) => ColumnKind.Unreadable,
        (_, "fixed") => Scale == 0 ? ColumnKind.Integer : ColumnKind.Decimal,
        (_, "real") => ColumnKind.Float,
        (_, "decfloat") => ColumnKind.Decimal,
        (_, "boolean") => ColumnKind.Boolean,
        (_, "date") => ColumnKind.Date,
        (_, "time") => ColumnKind.Time,
        (_, "timestamp_ntz") => ColumnKind.Timestamp,
        (_, "timestamp_ltz" or "timestamp_tz") => ColumnKind.TimestampWithZone,
        (_, "array") => ColumnKind.List,
        (_, "variant" or "object" or "map") => ColumnKind.Json,
        (_, "binary" or "geography" or "geometry" or "vector" or "file" or "interval_year_month" or "interval_day_time") => ColumnKind.Unreadable,
        // A type that did not exist when this was written: its text is what Snowflake shows.
        _ => ColumnKind.Text,
    };

    public SnowflakeForm Form => Kind switch
    {
        ColumnKind.Float => SnowflakeForm.Real,
        ColumnKind.Decimal when Type == "decfloat" => SnowflakeForm.DecFloat,
        ColumnKind.Boolean => SnowflakeForm.Boolean,
        ColumnKind.Date => SnowflakeForm.Days,
        ColumnKind.Time => SnowflakeForm.SecondsOfDay,
        ColumnKind.Timestamp => SnowflakeForm.WallSeconds,
        ColumnKind.TimestampWithZone => SnowflakeForm.Seconds,
        ColumnKind.List or ColumnKind.Json => SnowflakeForm.Json,
        _ => SnowflakeForm.Plain,
    };

    /// <summary>As a person would declare it, for example <c>NUMBER(38,0)</c>.</summary>
    public string NativeType => (ExtendedType ?? Type) switch
    {
        "fixed" => string.Create(CultureInfo.InvariantCulture, $"NUMBER({Precision},{Scale})"),
        "real" => "FLOAT",
        "text" => Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"VARCHAR({Length})") : "VARCHAR",
        "time" or "timestamp_ntz" or "timestamp_ltz" or "timestamp_tz" => string.Create(CultureInfo.InvariantCulture, $"{Type.ToUpperInvariant()}({Scale})"),
        var other => other.ToUpperInvariant(),
    };

    public DatasetColumn Declared => new(Name, NativeType, Kind, IsNullable);

    public static SnowflakeColumn Parse(JsonElement rowType) => new(
        Text(rowType, "name") ?? "",
        (Text(rowType, "type") ?? "text").ToLowerInvariant(),
        (int)(Number(rowType, "precision") ?? 38),
        (int)(Number(rowType, "scale") ?? 0),
        Number(rowType, "length") ?? 0,
        !rowType.TryGetProperty("nullable", out var nullable) || nullable.ValueKind != JsonValueKind.False,
        Text(rowType, "collation") is { Length: > 0 } collation ? collation : null,
        Text(rowType, "extTypeName")?.ToLowerInvariant());

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
