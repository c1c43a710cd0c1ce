namespace WarehouseImport.Warehouses.Postgres;

/// <summary>A column with how its text is asked for.</summary>
internal sealed record PostgresColumn(DatasetColumn Column, PostgresForm Form);

internal enum PostgresForm
{
    /// <summary>The server's own text output, which is exact for every scalar and keeps the padding of <c>char(n)</c>.</summary>
    Output,

    /// <summary>Through <c>to_json</c>, which keeps every digit of numbers.</summary>
    Json,

    /// <summary><c>money</c> prints with the locale's signs; as numeric it does not.</summary>
    Money,
}

/// <summary>PostgreSQL's types and what they mean here (profile-import-rules 7.7).</summary>
internal static class PostgresTypes
{
    /// <param name="baseName">Name of the type without domains, as in <c>pg_type.typname</c>.</param>
    /// <param name="typeClass"><c>pg_type.typtype</c>: b base, c composite, e enum, r range, m multirange.</param>
    /// <param name="category"><c>pg_type.typcategory</c>; S is a string type, also of an extension.</param>
    /// <param name="isBuiltIn">True for the server's own types; an extension may use one of their names.</param>
    public static (ColumnKind Kind, PostgresForm Form) Of(string baseName, char typeClass, char category, bool isBuiltIn) => typeClass switch
    {
        'e' or 'r' or 'm' => (ColumnKind.Text, PostgresForm.Output),
        'c' => (ColumnKind.Json, PostgresForm.Json),
        _ when category == 'S' => (ColumnKind.Text, PostgresForm.Output),
        _ when isBuiltIn => OfBuiltIn(baseName),
        _ when baseName is "hstore" => (ColumnKind.Json, PostgresForm.Json),
        _ => (ColumnKind.Unreadable, PostgresForm.Output),
    };

    public static (ColumnKind Kind, PostgresForm Form) ArrayOf(ColumnKind element) => element switch
    {
        ColumnKind.Unreadable => (ColumnKind.Unreadable, PostgresForm.Output),
        ColumnKind.Json or ColumnKind.List => (ColumnKind.Json, PostgresForm.Json),
        _ => (ColumnKind.List, PostgresForm.Json),
    };

    private static (ColumnKind Kind, PostgresForm Form) OfBuiltIn(string name) => name switch
    {
        "int2" or "int4" or "int8" => (ColumnKind.Integer, PostgresForm.Output),
        "numeric" => (ColumnKind.Decimal, PostgresForm.Output),
        "money" => (ColumnKind.Decimal, PostgresForm.Money),
        "float4" or "float8" => (ColumnKind.Float, PostgresForm.Output),
        "bool" => (ColumnKind.Boolean, PostgresForm.Output),
        "date" => (ColumnKind.Date, PostgresForm.Output),
        "timestamp" => (ColumnKind.Timestamp, PostgresForm.Output),
        "timestamptz" => (ColumnKind.TimestampWithZone, PostgresForm.Output),
        "time" or "timetz" => (ColumnKind.Time, PostgresForm.Output),
        "json" or "jsonb" => (ColumnKind.Json, PostgresForm.Output),
        "uuid" or "inet" or "cidr" or "macaddr" or "macaddr8" or "xml" or "oid" or "char" => (ColumnKind.Text, PostgresForm.Output),
        _ => (ColumnKind.Unreadable, PostgresForm.Output),
    };
}
