using System.Globalization;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>A named parameter; its value is text, which the service reads as the type (bigquery-api section 2).</summary>
internal sealed record BigQueryParameter(string Name, string Type, string Value);

/// <summary>One statement with its parameters.</summary>
internal sealed record BigQueryStatement(string Text, IReadOnlyList<BigQueryParameter> Parameters)
{
    public static implicit operator BigQueryStatement(string text) => new(text, []);
}

/// <summary>
/// Every statement sent to BigQuery is built here and nowhere else (S7): names are quoted, values are named parameters of the column's own type (casting the column
/// would read every partition, section 6), one statement per job.
/// </summary>
internal static class BigQuerySql
{
    public const string CurrentTime = "SELECT CURRENT_TIMESTAMP() AS now";

    /// <summary>First column of a window: text of three counts in the first row, NULL in the rows of the window.</summary>
    public const string StatisticsColumn = "wi_statistics";

    /// <summary>Second column: the greatest cursor in the first row, the row's own cursor in the others.</summary>
    public const string CursorName = "wi_cursor";

    /// <summary>Last column where it was asked for: 0 in the first row, then 1, 2, … in cursor order.</summary>
    public const string RowNumberColumn = "wi_row";

    private const string FromParameter = "wi_from";
    private const string ToParameter = "wi_to";
    private const string PatternParameter = "wi_pattern";

    /// <summary>Puts a path of names into backticks. None may hold a character that means something inside them; the service stores no such name.</summary>
    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.DatasetUnknown"/></exception>
    public static string Relation(string project, DatasetName dataset)
    {
        if (dataset.Parts.Count != 2 || dataset.Parts.Any(part => part.Contains('.', StringComparison.Ordinal) || !IsQuotable(part)) || !IsQuotable(project))
            throw Schema.Unknown(dataset);
        return $"`{project}.{dataset.Parts[0]}.{dataset.Parts[1]}`";
    }

    /// <exception cref="ArgumentException">The name holds a backtick, a backslash or a control character.</exception>
    public static string Identifier(string name) =>
        IsQuotable(name) ? $"`{name}`" : throw new ArgumentException($"'{name}' cannot be the name of a BigQuery column.", nameof(name));

    public static bool IsQuotable(string name) => name.Length > 0 && !name.Any(c => c is '`' or '\\' || char.IsControl(c));

    public static BigQueryStatement Preview(BigQueryTable table, IReadOnlyList<BigQueryColumn> columns, int rows) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {string.Join(", ", columns.Select((column, index) => $"{Name(column.Column)} AS c{index}"))} FROM {Relation(table)} AS src LIMIT {rows}");

    /// <summary>One row: three counts as text (all rows, rows without a cursor, rows above the ceiling) and the greatest cursor.</summary>
    public static BigQueryStatement Statistics(BigQueryTable table, CursorPlan cursor, string? ceiling)
    {
        var parameters = new List<BigQueryParameter>();
        return new BigQueryStatement($"SELECT {Counts(table, cursor, ceiling, parameters)} FROM {Relation(table)} AS src{Where(Partitions(table))}", parameters);
    }

    /// <summary>
    /// The window with its counts in front, as one statement, because a statement is what BigQuery reads from one picture: a second job would see later rows, and
    /// FOR SYSTEM_TIME AS OF does not reach through views (H21). The first row holds the counts; the rows of the window follow in ascending cursor order. The counts
    /// read the cursor column of all partitions; the mapped columns are read only where the window's bounds leave partitions.
    /// </summary>
    /// <param name="isNumbered">
    /// Adds <see cref="RowNumberColumn"/>, by which rows of the Storage Read API, which come in no promised order, are put back in order.
    /// </param>
    public static BigQueryStatement Window(BigQueryTable table, CursorPlan cursor, IReadOnlyList<BigQueryColumn> columns, string? from, string to, bool isNumbered)
    {
        var parameters = new List<BigQueryParameter>();
        var counts = Counts(table, cursor, to, parameters);
        var value = Cursor(table, cursor);
        var window = $"{value} <= @{ToParameter}";
        if (from is not null)
        {
            var bound = ParseBound(cursor, from);
            parameters.Add(Parameter(FromParameter, cursor, bound));
            window = $"{value} {(bound.WasCut ? ">" : ">=")} @{FromParameter} AND {window}";
        }

        if (cursor.Pattern is not null) window = $"{value} IS NOT NULL AND (NOT {Matches(value)} OR ({window}))";
        if (table.RequiredFilter is { } filter && (cursor.Second is not null || cursor.Pattern is not null || !string.Equals(filter.Column, cursor.First.Name, StringComparison.OrdinalIgnoreCase)))
            window = $"{Partitions(table)} AND {window}";

        var places = Enumerable.Range(0, columns.Count).Select(index => string.Create(CultureInfo.InvariantCulture, $"c{index}")).ToList();
        var outer = string.Join(", ", [StatisticsColumn, CursorName, .. places, .. isNumbered ? [RowNumberColumn] : Array.Empty<string>()]);
        // With its type: a bare NULL would be an INT64 to a service that types it before it looks at the other half.
        var nothing = string.Concat(columns.Zip(places, (column, place) => $", CAST(NULL AS {BigQueryTypes.SqlOf(column.Field)}) AS {place}"));
        var cells = string.Concat(columns.Zip(places, (column, place) => $", {Binary(table, column.Column)} AS {place}"));
        var inner = cursor.Pattern is null ? value : $"{Matches(value)}, {value}";
        var order = isNumbered
            ? RowNumberColumn
            : $"{StatisticsColumn} DESC, {(cursor.Pattern is null ? CursorName : $"{Matches(CursorName)}, {CursorName}")}";
        return new BigQueryStatement(
            $"SELECT {outer} FROM ("
            + $"SELECT {counts}{nothing}{(isNumbered ? $", 0 AS {RowNumberColumn}" : "")} FROM {Relation(table)} AS src{Where(Partitions(table))}"
            + $" UNION ALL SELECT CAST(NULL AS STRING) AS {StatisticsColumn}, {value} AS {CursorName}{cells}{(isNumbered ? $", ROW_NUMBER() OVER (ORDER BY {inner}) AS {RowNumberColumn}" : "")}"
            + $" FROM {Relation(table)} AS src WHERE {window}) ORDER BY {order}",
            parameters);
    }

    /// <summary>Reads the three counts of the first row.</summary>
    public static CursorStatistics ParseCounts(string? counts, string? greatest)
    {
        var parts = (counts ?? "").Split(' ');
        return parts.Length == 3
            ? new CursorStatistics(Count(parts[0]), Count(parts[1]), Count(parts[2]), greatest)
            : throw new WarehouseException(WarehouseErrors.QueryFailed, $"The first row of the result holds '{counts}' instead of three counts.", isTransient: true);
    }

    private static string Relation(BigQueryTable table) => Relation(table.Project, table.Name);

    private static string Counts(BigQueryTable table, CursorPlan cursor, string? ceiling, List<BigQueryParameter> parameters)
    {
        var value = Cursor(table, cursor);
        if (cursor.Pattern is { } pattern) parameters.Add(new BigQueryParameter(PatternParameter, "STRING", pattern));
        var matching = cursor.Pattern is null ? "" : $"{Matches(value)} AND ";
        var above = "'0'";
        if (ceiling is not null)
        {
            parameters.Add(Parameter(ToParameter, cursor, ParseBound(cursor, ceiling)));
            above = $"CAST(COUNT(IF({matching}{value} > @{ToParameter}, 1, NULL)) AS STRING)";
        }

        var greatest = cursor.Pattern is null ? value : $"IF({Matches(value)}, {value}, NULL)";
        return $"CONCAT(CAST(COUNT(*) AS STRING), ' ', CAST(COUNT(*) - COUNT({value}) AS STRING), ' ', {above}) AS {StatisticsColumn}, MAX({greatest}) AS {CursorName}";
    }

    /// <summary>GREATEST of BigQuery is NULL as soon as one of the two is, unlike that of other databases.</summary>
    private static string Cursor(BigQueryTable table, CursorPlan cursor)
    {
        var first = Binary(table, cursor.First);
        if (cursor.Second is null) return first;
        var second = Binary(table, cursor.Second);
        return cursor.Combine == CursorCombination.Coalesce ? $"COALESCE({first}, {second})" : $"COALESCE(GREATEST({first}, {second}), {first}, {second})";
    }

    /// <summary>
    /// Text is compared byte by byte, whatever collation the column has: only so does it sort like its instants. Selected columns lose their collation too, because
    /// both halves of a UNION must have the same.
    /// </summary>
    private static string Binary(BigQueryTable table, DatasetColumn column) =>
        table.Columns.First(candidate => candidate.Column == column).Field.Collation is { Length: > 0 } ? $"COLLATE({Name(column)}, '')" : Name(column);

    private static string Matches(string value) => $"REGEXP_CONTAINS({value}, @{PatternParameter})";

    /// <summary>
    /// A condition that names the partition column, as tables with a required filter ask for, and that every row with a partition meets. Rows without a value in a
    /// partition column are left out, which <see cref="PartitionFilter.LeavesOut"/> tells. Where the partition is the time of loading, rows of the streaming buffer
    /// have none yet and would be missed for good, so they are in the second half.
    /// </summary>
    private static string? Partitions(BigQueryTable table)
    {
        if (table.RequiredFilter is not { } filter) return null;
        if (filter.IsLoadTime) return $"({filter.Column} >= TIMESTAMP '0001-01-01 00:00:00+00' OR {filter.Column} IS NULL)";
        var least = filter.Form switch
        {
            BigQueryForm.Integer => "-9223372036854775808",
            BigQueryForm.Date => "DATE '0001-01-01'",
            BigQueryForm.DateTime => "DATETIME '0001-01-01 00:00:00'",
            _ => "TIMESTAMP '0001-01-01 00:00:00+00'",
        };
        return $"src.{Identifier(filter.Column)} >= {least}";
    }

    private static string Where(string? condition) => condition is null ? "" : $" WHERE {condition}";

    private static string Name(DatasetColumn column) => $"src.{Identifier(column.Name)}";

    private static CursorBound ParseBound(CursorPlan cursor, string text) =>
        cursor.Kind == ColumnKind.Integer ? CursorBound.ParseInteger(text, long.MinValue, long.MaxValue) : CursorBound.Parse(cursor.Kind, text, fractionDigits: 6);

    private static BigQueryParameter Parameter(string name, CursorPlan cursor, CursorBound bound) => cursor.Kind switch
    {
        ColumnKind.Integer => new BigQueryParameter(name, "INT64", bound.Text),
        ColumnKind.Date => new BigQueryParameter(name, "DATE", bound.Text),
        ColumnKind.Timestamp => new BigQueryParameter(name, "DATETIME", bound.Text.Replace('T', ' ')),
        ColumnKind.TimestampWithZone => new BigQueryParameter(name, "TIMESTAMP", bound.Text[..^1].Replace('T', ' ') + "+00:00"),
        _ => new BigQueryParameter(name, "STRING", bound.Text),
    };

    private static long Count(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
