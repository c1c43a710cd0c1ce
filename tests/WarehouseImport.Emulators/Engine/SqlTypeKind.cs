namespace WarehouseImport.Emulators.Engine;

/// <summary>The declared type of a column or expression, over both warehouses. Encoding follows it, never what DuckDB reports.</summary>
public enum SqlTypeKind
{
    /// <summary>A NULL literal whose type nothing has decided yet.</summary>
    Null,

    /// <summary>Exact decimal: Snowflake <c>NUMBER(p,s)</c>, BigQuery <c>NUMERIC</c>.</summary>
    Number,

    /// <summary>BigQuery <c>INT64</c>.</summary>
    Integer,
    Float,
    DecFloat,
    BigNumeric,
    Text,
    Boolean,
    Binary,
    Date,
    Time,

    /// <summary>Wall-clock time without a zone: Snowflake <c>TIMESTAMP_NTZ</c>, BigQuery <c>DATETIME</c>.</summary>
    TimestampNtz,

    /// <summary>A UTC instant: Snowflake <c>TIMESTAMP_LTZ</c>, BigQuery <c>TIMESTAMP</c>.</summary>
    TimestampLtz,

    /// <summary>An instant with the offset it was written with (Snowflake only).</summary>
    TimestampTz,
    Variant,
    Object,
    Array,
    Vector,
    Geography,
    Json,
    Interval,
    Range,

    /// <summary>BigQuery <c>STRUCT</c>.</summary>
    Record,

    /// <summary>BigQuery <c>ARRAY</c>.</summary>
    Repeated,

    /// <summary>A type nobody knows, to show that clients fall back to text.</summary>
    Unknown,
}
