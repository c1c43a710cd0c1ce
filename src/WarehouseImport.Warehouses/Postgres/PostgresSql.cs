using System.Globalization;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>
/// Every statement sent to PostgreSQL is built here and nowhere else (S7): names are quoted, values are parameters, one statement per call.
/// </summary>
/// <remarks>
/// Instants a cursor cannot express (before the year 1, <c>-infinity</c>) count as rows without a cursor and are never selected; those after the year 9999
/// (<c>infinity</c>) are above every ceiling.
/// </remarks>
internal static class PostgresSql
{
    public const string Begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
    public const string ServerVersion = "SELECT pg_catalog.current_setting('server_version')";
    public const string CurrentTime = "SELECT pg_catalog.clock_timestamp()";
    public const string CloseWindow = "CLOSE wi_window";

    /// <summary>Parameters: schemas to list (text array), or null for all.</summary>
    public const string Datasets = $"""
        SELECT n.nspname, c.relname, c.relkind
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE {Visible}
        """;

    /// <summary>Parameters: schemas or null, schema, table. One row with the object's oid if the dataset may be read.</summary>
    public const string Dataset = $"""
        SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE {Visible} AND n.nspname = $2 AND c.relname = $3
        """;

    /// <summary>Parameter: the oid. Domains are followed to their base type, arrays to their element's.</summary>
    public const string Columns = """
        WITH RECURSIVE resolved AS (
            SELECT a.attnum, t.oid, t.typtype, t.typbasetype, 0 AS depth, 0 AS arrays, t.typelem, t.typcategory
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
            UNION ALL
            SELECT r.attnum, t.oid, t.typtype, t.typbasetype, r.depth + 1, r.arrays + CASE WHEN r.typtype = 'd' THEN 0 ELSE 1 END, t.typelem, t.typcategory
            FROM resolved r JOIN pg_catalog.pg_type t
              ON t.oid = CASE WHEN r.typtype = 'd' THEN r.typbasetype WHEN r.typcategory = 'A' THEN r.typelem END
        )
        SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, t.typname, t.typtype, t.typcategory,
               t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace, r.arrays
        FROM (SELECT DISTINCT ON (attnum) * FROM resolved ORDER BY attnum, depth DESC) r
        JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::pg_catalog.oid AND a.attnum = r.attnum
        JOIN pg_catalog.pg_type t ON t.oid = r.oid
        ORDER BY a.attnum
        """;

    /// <summary>Whether the role could write anywhere; parameter: schemas or null.</summary>
    public const string WritableDatasets = """
        SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
          AND ($1::text[] IS NULL OR n.nspname = ANY ($1::text[]))
          AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        """;

    // Partitions are left out: their parent shows the same rows, and choosing one by mistake would import a slice.
    private const string Visible = """
        c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
          AND ($1::text[] IS NULL OR n.nspname = ANY ($1::text[]))
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
        """;

    private const string LeastInstant = "0001-01-01";
    private const string GreatestInstant = "9999-12-31 23:59:59.999999";
    private const string GreatestDate = "9999-12-31";

    /// <summary>Settings of one transaction, so that they also hold behind a connection pooler that shares sessions (H8).</summary>
    /// <param name="statementTimeout">Of this transaction's statements.</param>
    public static IEnumerable<string> Settings(PostgresOptions options, TimeSpan statementTimeout) =>
    [
        "SET LOCAL TimeZone = 'UTC'",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL extra_float_digits = 3",
        Milliseconds("statement_timeout", statementTimeout),
        Milliseconds("lock_timeout", options.LockTimeout),
        Milliseconds("idle_in_transaction_session_timeout", options.IdleTimeout),
        // Every row will be fetched, so the plan must not favour the first ones.
        "SET LOCAL cursor_tuple_fraction = 1",
    ];

    /// <summary>Puts a name in double quotes. A NUL would end the statement text on the wire, and the server stores none in a name.</summary>
    public static string Identifier(string name) =>
        name.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException("A name cannot contain the NUL character.", nameof(name))
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Relation(DatasetName dataset) => string.Join('.', dataset.Parts.Select(Identifier));

    public static string Preview(DatasetName dataset, IReadOnlyList<PostgresColumn> columns, int rows) =>
        string.Create(CultureInfo.InvariantCulture, $"SELECT {Cells(columns)} FROM {Relation(dataset)} AS src LIMIT {rows}");

    public static string Probe(DatasetName dataset, string column) => $"SELECT src.{Identifier(column)} IS NULL FROM {Relation(dataset)} AS src LIMIT 1";

    /// <summary>What an administrator runs so that the role can read the dataset.</summary>
    public static string Grant(DatasetName dataset, string role) =>
        $"GRANT USAGE ON SCHEMA {Identifier(dataset.Parts[0])} TO {Identifier(role)}; GRANT SELECT ON {Relation(dataset)} TO {Identifier(role)};";

    public static string Fetch(int rows) => string.Create(CultureInfo.InvariantCulture, $"FETCH FORWARD {rows} FROM wi_window");

    /// <summary>One row: all rows, rows without a cursor, rows above the ceiling, greatest cursor.</summary>
    public static PostgresStatement Statistics(DatasetName dataset, CursorPlan cursor, string? ceiling)
    {
        var value = CursorValue(cursor);
        var values = new List<string>();
        var matching = cursor.Kind == ColumnKind.Text ? $"{Matches(cursor, value, values)} AND " : "";
        var above = ceiling is null ? "0" : $"count(*) FILTER (WHERE {matching}{value} > {Bind(cursor, ParseBound(cursor, ceiling), values)})";
        var (missing, usable) = cursor.Kind switch
        {
            ColumnKind.Integer => ($"{value} IS NULL", "true"),
            ColumnKind.Text => ($"{value} IS NULL", $"{matching}true"),
            _ => ($"{value} IS NULL OR {value} < {Least(cursor)}", $"{value} BETWEEN {Least(cursor)} AND {Greatest(cursor)}"),
        };
        return new PostgresStatement(
            $"SELECT count(*), count(*) FILTER (WHERE {missing}), {above}, max({value}) FILTER (WHERE {usable}) FROM {Relation(dataset)} AS src",
            values);
    }

    /// <summary>The cursor first, then the requested columns, in ascending cursor order; the raw column is compared so that an index on it is used.</summary>
    public static PostgresStatement DeclareWindow(DatasetName dataset, CursorPlan cursor, IReadOnlyList<PostgresColumn> columns, string? from, string to)
    {
        var value = CursorValue(cursor);
        var values = new List<string>();
        var lower = cursor.Kind is ColumnKind.Integer or ColumnKind.Text ? $"{value} IS NOT NULL" : $"{value} >= {Least(cursor)}";
        if (from is not null)
        {
            var bound = ParseBound(cursor, from);
            lower = $"{value} {(bound.WasCut ? ">" : ">=")} {Bind(cursor, bound, values)}";
        }

        var condition = $"{lower} AND {value} <= {Bind(cursor, ParseBound(cursor, to), values)}";
        var order = value;
        if (cursor.Kind == ColumnKind.Text)
        {
            var matches = Matches(cursor, value, values);
            condition = $"{value} IS NOT NULL AND (NOT {matches} OR ({condition}))";
            order = $"{matches}, {value}";
        }

        var cells = columns.Count == 0 ? "" : $", {Cells(columns)}";
        return new PostgresStatement(
            $"DECLARE wi_window NO SCROLL CURSOR WITHOUT HOLD FOR SELECT {value}{cells} FROM {Relation(dataset)} AS src WHERE {condition} ORDER BY {order}",
            values);
    }

    private static string Cells(IReadOnlyList<PostgresColumn> columns) => string.Join(", ", columns.Select(Cell));

    private static string Cell(PostgresColumn column)
    {
        var name = $"src.{Identifier(column.Column.Name)}";
        return column.Form switch
        {
            PostgresForm.Json => $"pg_catalog.to_json({name})",
            PostgresForm.Money => $"{name}::pg_catalog.numeric",
            _ => name,
        };
    }

    private static string CursorValue(CursorPlan cursor)
    {
        var first = CursorPart(cursor.First);
        var value = cursor.Second is null
            ? first
            : $"{(cursor.Combine == CursorCombination.Coalesce ? "COALESCE" : "GREATEST")}({first}, {CursorPart(cursor.Second)})";
        return cursor.Kind == ColumnKind.Text ? $"({value} COLLATE pg_catalog.\"C\")" : value;
    }

    private static string CursorPart(DatasetColumn column)
    {
        var name = $"src.{Identifier(column.Name)}";
        return column.Kind == ColumnKind.Text ? $"{name}::pg_catalog.text" : name;
    }

    private static string Matches(CursorPlan cursor, string value, List<string> values)
    {
        values.Add(cursor.Pattern!);
        return string.Create(CultureInfo.InvariantCulture, $"({value} ~ ${values.Count}::pg_catalog.text)");
    }

    private static string Bind(CursorPlan cursor, CursorBound bound, List<string> values)
    {
        values.Add(bound.Text);
        return string.Create(CultureInfo.InvariantCulture, $"${values.Count}::{CastType(cursor)}");
    }

    private static CursorBound ParseBound(CursorPlan cursor, string text) =>
        cursor.Kind == ColumnKind.Integer ? CursorBound.ParseInteger(text, long.MinValue, long.MaxValue) : CursorBound.Parse(cursor.Kind, text, fractionDigits: 6);

    private static string CastType(CursorPlan cursor) => cursor.Kind switch
    {
        ColumnKind.Integer => "pg_catalog.int8",
        ColumnKind.Date => "pg_catalog.date",
        ColumnKind.Timestamp => "pg_catalog.timestamp",
        ColumnKind.TimestampWithZone => "pg_catalog.timestamptz",
        _ => "pg_catalog.text",
    };

    private static string Least(CursorPlan cursor) => $"'{LeastInstant}'::{CastType(cursor)}";

    private static string Greatest(CursorPlan cursor) => $"'{(cursor.Kind == ColumnKind.Date ? GreatestDate : GreatestInstant)}'::{CastType(cursor)}";

    private static string Milliseconds(string setting, TimeSpan value) =>
        string.Create(CultureInfo.InvariantCulture, $"SET LOCAL {setting} = {(long)value.TotalMilliseconds}");
}

/// <summary>One statement and the text of its parameters <c>$1</c>, <c>$2</c>, …</summary>
internal sealed record PostgresStatement(string Text, IReadOnlyList<string?> Values)
{
    public static implicit operator PostgresStatement(string text) => new(text, []);
}
