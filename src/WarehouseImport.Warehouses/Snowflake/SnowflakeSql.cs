using System.Globalization;
using System.Numerics;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// Every statement sent to Snowflake is built here and nowhere else (S7): names are stored names in double quotes, values are bound as text and cast, one statement per call.
/// </summary>
/// <remarks>
/// Instants a cursor cannot express (before the year 1) count as rows without a cursor and are never selected; those after the year 9999 are above every ceiling.
/// </remarks>
internal static class SnowflakeSql
{
    public const string CurrentTime = "SELECT CURRENT_TIMESTAMP()";
    public const string ShowDatabases = "SHOW DATABASES";

    /// <summary>Rows of a SHOW without LIMIT are refused beyond this many.</summary>
    public const int ShowLimit = 10_000;

    /// <summary>Columns of a window's result before the requested ones.</summary>
    public const int CursorIndex = 1;
    public const int TotalIndex = 2;
    public const int NullIndex = 3;
    public const int AboveIndex = 4;
    public const int WindowIndex = 5;
    public const int FirstColumnIndex = 6;

    private const int MaxNameLength = 255;
    private const int FractionDigits = 9;

    private static readonly BigInteger GreatestInteger = BigInteger.Pow(10, 38) - 1;

    /// <summary>Puts a stored name in double quotes.</summary>
    public static string Identifier(string name) =>
        name.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("A name cannot contain the NUL character.", nameof(name))
        : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text literal; backslashes escape in Snowflake.</summary>
    public static string Text(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Relation(DatasetName dataset) => string.Join('.', dataset.Parts.Select(Identifier));

    /// <summary>A name Snowflake could have stored.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Contains('\0', StringComparison.Ordinal);

    public static string ShowGrants(string role) => $"SHOW GRANTS TO ROLE {Identifier(role)}";

    public static string ShowSchemas(string database, string? after) => Page($"SHOW TERSE SCHEMAS IN DATABASE {Identifier(database)}", after);

    public static string ShowTables(string database, string schema, string? after) => Page($"SHOW TABLES IN SCHEMA {Identifier(database)}.{Identifier(schema)}", after);

    public static string ShowViews(string database, string schema, string? after) => Page($"SHOW VIEWS IN SCHEMA {Identifier(database)}.{Identifier(schema)}", after);

    /// <summary>No row, but the types of all columns.</summary>
    public static string Describe(DatasetName dataset) => $"SELECT * FROM {Relation(dataset)} LIMIT 0";

    public static string Preview(DatasetName dataset, IReadOnlyList<SnowflakeColumn> columns, int rows) =>
        string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", columns.Select(column => $"src.{Identifier(column.Name)}"))} FROM {Relation(dataset)} AS src LIMIT {rows}");

    public static string Probe(DatasetName dataset, string column) => $"SELECT src.{Identifier(column)} IS NULL FROM {Relation(dataset)} AS src LIMIT 1";

    /// <summary>One row: greatest cursor, all rows, rows without a cursor, rows above the ceiling.</summary>
    public static SnowflakeStatement Statistics(DatasetName dataset, CursorPlan cursor, IReadOnlyList<SnowflakeColumn> columns, string? ceiling)
    {
        var statement = new Builder(cursor, columns);
        return statement.Finish($"SELECT {statement.Counts(ceiling)} FROM {Relation(dataset)} AS src");
    }

    /// <summary>
    /// The rows of a window in ascending cursor order, preceded by one row of statistics. A single statement sees a single picture, so both agree; a second statement
    /// could not be tied to the first, because time travel is refused or ignored on views (H21). The statistics also hold the number of rows of the window itself, which
    /// shows a result that an account's ROWS_PER_RESULTSET has cut without a word.
    /// </summary>
    /// <remarks>The order of columns is that of the <c>…Index</c> constants; column 0 is 0 for the statistics, 1 and 2 for rows.</remarks>
    public static SnowflakeStatement Window(
        DatasetName dataset, CursorPlan cursor, IReadOnlyList<SnowflakeColumn> columns, IReadOnlyList<SnowflakeColumn> selected, string? from, string to)
    {
        var statement = new Builder(cursor, columns);
        var rows = $"SELECT {statement.Kind()} AS \"WI_KIND\", {statement.Value} AS \"WI_CURSOR\", "
            + "NULL::NUMBER(38,0) AS \"WI_TOTAL\", NULL::NUMBER(38,0) AS \"WI_NULL\", NULL::NUMBER(38,0) AS \"WI_ABOVE\", NULL::NUMBER(38,0) AS \"WI_WINDOW\""
            + string.Concat(selected.Select((column, index) => string.Create(CultureInfo.InvariantCulture, $", src.{Identifier(column.Name)} AS \"C{index}\"")))
            + $" FROM {Relation(dataset)} AS src WHERE {statement.Condition(from, to)}";
        var counts = $"SELECT 0, {statement.Counts(to)}, COUNT(CASE WHEN {statement.Condition(from, to)} THEN 1 END)"
            + string.Concat(selected.Select(column => $", {Null(column)}"))
            + $" FROM {Relation(dataset)} AS src";
        return statement.Finish($"{rows} UNION ALL {counts} ORDER BY \"WI_KIND\" ASC, \"WI_CURSOR\" ASC NULLS LAST");
    }

    // Semi-structured and unknown types take an untyped NULL, because not all of them can be named in a cast.
    private static string Null(SnowflakeColumn column) => column.Type switch
    {
        "fixed" or "real" or "text" or "boolean" or "date" or "time" or "timestamp_ntz" or "timestamp_ltz" or "timestamp_tz" => $"NULL::{column.NativeType}",
        _ => "NULL",
    };

    private static string Page(string show, string? after) =>
        string.Create(CultureInfo.InvariantCulture, $"{show} LIMIT {ShowLimit}{(after is null ? "" : $" FROM {Text(after)}")}");

    /// <summary>Collects bound values in the order of their question marks, so its members are called in the order of the text.</summary>
    private sealed class Builder
    {
        private readonly CursorPlan _cursor;
        private readonly List<string> _values = [];
        private readonly string _type;

        public Builder(CursorPlan cursor, IReadOnlyList<SnowflakeColumn> columns)
        {
            _cursor = cursor;
            var first = Part(columns.First(column => column.Name == cursor.First.Name));
            var second = cursor.Second is null ? null : Part(columns.First(column => column.Name == cursor.Second.Name));
            // GREATEST is NULL as soon as one of its arguments is.
            Value = second is null ? first
                : cursor.Combine == CursorCombination.Coalesce ? $"COALESCE({first}, {second})"
                : $"COALESCE(GREATEST({first}, {second}), {first}, {second})";
            _type = cursor.Kind switch
            {
                ColumnKind.Integer => "NUMBER(38,0)",
                ColumnKind.Date => "DATE",
                ColumnKind.Timestamp => "TIMESTAMP_NTZ(9)",
                ColumnKind.TimestampWithZone => cursor.First.NativeType.StartsWith("TIMESTAMP_LTZ", StringComparison.Ordinal) ? "TIMESTAMP_LTZ(9)" : "TIMESTAMP_TZ(9)",
                _ => "VARCHAR",
            };
        }

        public string Value { get; }

        public SnowflakeStatement Finish(string text) => new(text, _values);

        /// <summary>Rows whose text cursor has another form than stated come first.</summary>
        public string Kind() => _cursor.Kind == ColumnKind.Text ? $"CASE WHEN {Matches()} THEN 2 ELSE 1 END" : "1";

        public string Condition(string? from, string to)
        {
            if (_cursor.Kind == ColumnKind.Text)
            {
                var unlike = $"NOT {Matches()}";
                var lower = from is null ? "" : $"{Value} >= {Bind(new CursorBound(from, false))} AND ";
                return $"{Value} IS NOT NULL AND ({unlike} OR ({lower}{Value} <= {Bind(new CursorBound(to, false))}))";
            }

            var least = _cursor.Kind == ColumnKind.Integer ? $"{Value} IS NOT NULL" : $"{Value} >= {Least}";
            if (from is not null)
            {
                var bound = Parse(from);
                least = $"{Value} {(bound.WasCut ? ">" : ">=")} {Bind(bound)}";
            }

            return $"{least} AND {Value} <= {Bind(Parse(to))}";
        }

        public string Counts(string? ceiling)
        {
            var (missing, usable) = _cursor.Kind switch
            {
                ColumnKind.Integer => ($"{Value} IS NULL", $"{Value} IS NOT NULL"),
                ColumnKind.Text => ($"{Value} IS NULL", Matches()),
                _ => ($"{Value} IS NULL OR {Value} < {Least}", $"{Value} >= {Least} AND {Value} <= {Greatest}"),
            };
            var counts = $"MAX(CASE WHEN {usable} THEN {Value} END), COUNT(*), COUNT(CASE WHEN {missing} THEN 1 END), ";
            if (ceiling is null) return counts + "0";
            var matching = _cursor.Kind == ColumnKind.Text ? $"{Matches()} AND " : "";
            return counts + $"COUNT(CASE WHEN {matching}{Value} > {Bind(Parse(ceiling))} THEN 1 END)";
        }

        private string Least => $"'0001-01-01{(_cursor.Kind == ColumnKind.Date ? "" : $" 00:00:00{Zone}")}'::{_type}";

        private string Greatest => $"'9999-12-31{(_cursor.Kind == ColumnKind.Date ? "" : $" 23:59:59.999999999{Zone}")}'::{_type}";

        private string Zone => _cursor.Kind == ColumnKind.TimestampWithZone ? " +00:00" : "";

        // A collation would order text by language, and patterns do not take one.
        private static string Part(SnowflakeColumn column)
        {
            var name = $"src.{Identifier(column.Name)}";
            return column.Collation is null ? name : $"COLLATE({name}, '')";
        }

        private string Matches()
        {
            _values.Add(_cursor.Pattern!);
            return $"({Value} RLIKE ?)";
        }

        private CursorBound Parse(string text) => _cursor.Kind == ColumnKind.Integer
            ? CursorBound.ParseInteger(text, -GreatestInteger, GreatestInteger)
            : CursorBound.Parse(_cursor.Kind, text, FractionDigits);

        private string Bind(CursorBound bound)
        {
            _values.Add(_cursor.Kind switch
            {
                ColumnKind.Timestamp => bound.Text.Replace('T', ' '),
                ColumnKind.TimestampWithZone => $"{bound.Text.Replace('T', ' ').TrimEnd('Z')} +00:00",
                _ => bound.Text,
            });
            return $"?::{_type}";
        }
    }
}

/// <summary>One statement and the text of its bound values.</summary>
internal sealed record SnowflakeStatement(string Text, IReadOnlyList<string> Values)
{
    public static implicit operator SnowflakeStatement(string text) => new(text, []);
}
