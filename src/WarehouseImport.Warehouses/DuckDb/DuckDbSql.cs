using System.Globalization;
using System.Numerics;
using DuckDB.NET.Data;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>
/// Every statement sent to DuckDB is built here and nowhere else (S7): names are quoted, values are parameters, one statement per call.
/// </summary>
/// <remarks>
/// Instants a cursor cannot express (before the year 1, <c>-infinity</c>) count as rows without a cursor and are never selected; those after the year 9999
/// (<c>infinity</c>) are above every ceiling.
/// </remarks>
internal static class DuckDbSql
{
    public const string PinZone = "SET TimeZone = 'UTC'";
    public const string ForbidOtherFiles = "SET enable_external_access = false";
    public const string LockConfiguration = "SET lock_configuration = true";
    public const string BeginReadOnly = "BEGIN TRANSACTION READ ONLY";
    public const string CurrentTime = "SELECT CAST(now() AS VARCHAR)";
    public const string MainDatabasePath = "SELECT path FROM duckdb_databases() WHERE database_name = current_database()";
    public const string Datasets = """
        SELECT schema_name, table_name, 'table' FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal AND NOT temporary
        UNION ALL
        SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE database_name = current_database() AND NOT internal AND NOT temporary
        """;

    // The least text each type can hold that is also an instant of ours; TIMESTAMP_NS begins in 1677 and ends in 2262.
    private const string LeastNanosecond = "1677-09-22T00:00:00";
    private const string GreatestNanosecond = "2262-04-11T23:47:16";

    private static readonly BigInteger GreatestHuge = BigInteger.Pow(2, 127) - 1;

    /// <summary>Puts a name in double quotes. A NUL would end the statement text inside the driver, and no engine stores one in a name.</summary>
    public static string Identifier(string name) => $"\"{WithoutNul(name).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string AllowFiles(IEnumerable<string> files) => $"SET allowed_paths = [{string.Join(", ", files.Select(Literal))}]";

    public static string Relation(DatasetName dataset) => string.Join('.', dataset.Parts.Select(Identifier));

    /// <summary>A delimited file's cells are all text: guessing types would turn the postcode <c>007</c> into 7.</summary>
    public static string FileRelation(string file) => DuckDbSource.IsParquet(file)
        ? $"read_parquet({Literal(file)})"
        : $"read_csv({Literal(file)}, all_varchar = true, header = true, allow_quoted_nulls = false)";

    public static string Columns(string relation) => $"SELECT column_name, column_type, \"null\" FROM (DESCRIBE SELECT * FROM {relation})";

    public static string TableColumns(DatasetName dataset) => $"SELECT column_name, column_type, \"null\" FROM (DESCRIBE {Relation(dataset)})";

    public static string Preview(string relation, IReadOnlyList<DatasetColumn> columns, int rows) =>
        string.Create(CultureInfo.InvariantCulture, $"SELECT {Cells(columns)} FROM {relation} AS src LIMIT {rows}");

    public static string Probe(string relation) => $"SELECT 1 FROM {relation} AS src LIMIT 1";

    /// <summary>One row: all rows, rows without a cursor, rows above the ceiling, greatest cursor.</summary>
    public static DuckDbStatement Statistics(string relation, CursorPlan cursor, string? ceiling)
    {
        var value = CursorValue(cursor);
        var parameters = new List<DuckDBParameter>();
        var above = ceiling is null ? "0" : $"count(*) FILTER (WHERE {Matching(cursor, parameters)}{value} > {Bind(cursor, "ceiling", UpperBound(cursor, ceiling), parameters)})";
        var (missing, usable) = cursor.Kind switch
        {
            ColumnKind.Integer => ($"{value} IS NULL", "true"),
            ColumnKind.Text => ($"{value} IS NULL", $"{Matching(cursor, parameters)}true"),
            _ => ($"{value} IS NULL OR {value} < {Least(cursor)}", $"{value} BETWEEN {Least(cursor)} AND {Greatest(cursor)}"),
        };
        return new DuckDbStatement(
            $"SELECT count(*), count(*) FILTER (WHERE {missing}), {above}, CAST(max({value}) FILTER (WHERE {usable}) AS VARCHAR) FROM {relation} AS src",
            parameters);
    }

    /// <summary>The cursor first, then the requested columns, in ascending cursor order; the raw column is compared so that zone maps work.</summary>
    public static DuckDbStatement Window(string relation, CursorPlan cursor, IReadOnlyList<DatasetColumn> columns, string? from, string to)
    {
        var value = CursorValue(cursor);
        var parameters = new List<DuckDBParameter>();
        var upper = $"{value} <= {Bind(cursor, "to", UpperBound(cursor, to), parameters)}";
        var lower = LowerBound(cursor, from) is { } bound
            ? $"{value} {(bound.WasCut ? ">" : ">=")} {Bind(cursor, "from", bound, parameters)}"
            : cursor.Kind is ColumnKind.Integer or ColumnKind.Text ? "true" : $"{value} >= {Least(cursor)}";
        var condition = $"{lower} AND {upper}";
        var order = value;
        if (cursor.Kind == ColumnKind.Text)
        {
            var matches = $"regexp_full_match({value}, $pattern)";
            AddPattern(cursor, parameters);
            condition = $"{value} IS NOT NULL AND (NOT {matches} OR ({condition}))";
            order = $"{matches}, {value}";
        }

        // Two's complement has no text above the least HUGEINT to move an end to, so an end below it is said outright.
        if (cursor.Kind == ColumnKind.Integer && BigInteger.Parse(to, CultureInfo.InvariantCulture) < IntegerRange(cursor).Least) condition = "false";

        var cells = columns.Count == 0 ? "" : $", {Cells(columns)}";
        return new DuckDbStatement($"SELECT CAST({value} AS VARCHAR){cells} FROM {relation} AS src WHERE {condition} ORDER BY {order}", parameters);
    }

    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.CursorUnsupported"/> for integers wider than HUGEINT.</exception>
    public static void CheckCursor(CursorPlan cursor)
    {
        foreach (var column in cursor.Second is null ? [cursor.First] : new[] { cursor.First, cursor.Second })
        {
            if (column.NativeType is "UHUGEINT" or "BIGNUM")
            {
                throw CursorPlan.Refused($"Column \"{column.Name}\" is of type {column.NativeType} and cannot be the cursor.", "Choose an integer column of at most 128 bits.");
            }
        }
    }

    private static string Cells(IReadOnlyList<DatasetColumn> columns) => string.Join(", ", columns.Select(Cell));

    private static string Cell(DatasetColumn column)
    {
        var name = $"src.{Identifier(column.Name)}";
        return column switch
        {
            { NativeType: "VARCHAR" } => name,
            { Kind: ColumnKind.List } or { Kind: ColumnKind.Json, NativeType: not "JSON" } => $"CAST(to_json({name}) AS VARCHAR)",
            _ => $"CAST({name} AS VARCHAR)",
        };
    }

    private static string CursorValue(CursorPlan cursor)
    {
        var first = CursorPart(cursor.First);
        var value = cursor.Second is null
            ? first
            : $"{(cursor.Combine == CursorCombination.Coalesce ? "COALESCE" : "GREATEST")}({first}, {CursorPart(cursor.Second)})";
        return cursor.Kind == ColumnKind.Text ? $"({value} COLLATE C)" : value;
    }

    private static string CursorPart(DatasetColumn column)
    {
        var name = $"src.{Identifier(column.Name)}";
        return column.Kind == ColumnKind.Text ? $"CAST({name} AS VARCHAR)" : name;
    }

    private static string CastType(CursorPlan cursor) => cursor.Kind switch
    {
        ColumnKind.Integer => IsHuge(cursor) ? "HUGEINT" : "BIGINT",
        ColumnKind.Text => "VARCHAR",
        _ => cursor.First.NativeType,
    };

    private static string Bind(CursorPlan cursor, string name, CursorBound bound, List<DuckDBParameter> parameters)
    {
        parameters.Add(new DuckDBParameter(name, bound.Text));
        return $"CAST(${name} AS {CastType(cursor)})";
    }

    private static string Matching(CursorPlan cursor, List<DuckDBParameter> parameters)
    {
        if (cursor.Pattern is null) return "";
        AddPattern(cursor, parameters);
        return $"regexp_full_match({CursorValue(cursor)}, $pattern) AND ";
    }

    private static void AddPattern(CursorPlan cursor, List<DuckDBParameter> parameters)
    {
        if (parameters.All(parameter => parameter.ParameterName != "pattern")) parameters.Add(new DuckDBParameter("pattern", cursor.Pattern));
    }

    private static CursorBound? LowerBound(CursorPlan cursor, string? text)
    {
        if (text is null) return null;
        var bound = ParseBound(cursor, text);
        return IsNanosecond(cursor) && string.CompareOrdinal(bound.Text, LeastNanosecond) < 0 ? null : bound;
    }

    private static CursorBound UpperBound(CursorPlan cursor, string text)
    {
        var bound = ParseBound(cursor, text);
        return IsNanosecond(cursor) && string.CompareOrdinal(bound.Text, GreatestNanosecond) > 0 ? new CursorBound(GreatestNanosecond, false) : bound;
    }

    private static CursorBound ParseBound(CursorPlan cursor, string text)
    {
        if (cursor.Kind != ColumnKind.Integer) return CursorBound.Parse(cursor.Kind, text, DuckDbTypes.FractionDigits(cursor.First.NativeType));
        var (least, greatest) = IntegerRange(cursor);
        return CursorBound.ParseInteger(text, least, greatest);
    }

    private static (BigInteger Least, BigInteger Greatest) IntegerRange(CursorPlan cursor) =>
        IsHuge(cursor) ? (-GreatestHuge, GreatestHuge) : (long.MinValue, long.MaxValue);

    private static bool IsHuge(CursorPlan cursor) => cursor.First.NativeType is "UBIGINT" or "HUGEINT" || cursor.Second?.NativeType is "UBIGINT" or "HUGEINT";

    private static bool IsNanosecond(CursorPlan cursor) => cursor.First.NativeType == "TIMESTAMP_NS";

    private static string Least(CursorPlan cursor) => $"CAST('{(IsNanosecond(cursor) ? LeastNanosecond : "0001-01-01")}' AS {CastType(cursor)})";

    private static string Greatest(CursorPlan cursor) => cursor.First.NativeType switch
    {
        "TIMESTAMP_NS" => $"CAST('{GreatestNanosecond}' AS TIMESTAMP_NS)",
        "DATE" => "CAST('9999-12-31' AS DATE)",
        "TIMESTAMP_S" => "CAST('9999-12-31T23:59:59' AS TIMESTAMP_S)",
        "TIMESTAMP_MS" => "CAST('9999-12-31T23:59:59.999' AS TIMESTAMP_MS)",
        _ => $"CAST('9999-12-31T23:59:59.999999' AS {CastType(cursor)})",
    };

    private static string Literal(string text) => $"'{WithoutNul(text).Replace("'", "''", StringComparison.Ordinal)}'";

    private static string WithoutNul(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException("A name cannot contain the NUL character.", nameof(text)) : text;
}

/// <summary>One statement and its values.</summary>
internal sealed record DuckDbStatement(string Text, IReadOnlyList<DuckDBParameter> Parameters);
