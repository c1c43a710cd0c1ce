using CsCheck;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

public sealed class BigQuerySqlTests
{
    private static readonly DatasetName Name = new("crm", "customers");

    [Fact]
    public void Window_TimestampCursor_CountsAndReadsInOneStatementWithTypedParameters()
    {
        var statement = Window("2024-01-02T03:04:05.123456Z", "2024-02-01T00:00:00Z");

        Assert.Equal(
            "SELECT wi_statistics, wi_cursor, c0 FROM (SELECT CONCAT(CAST(COUNT(*) AS STRING), ' ', CAST(COUNT(*) - COUNT(src.`changed`) AS STRING), ' ', CAST(COUNT(IF(src.`changed` > @wi_to, 1, NULL)) AS STRING)) AS wi_statistics, "
            + "MAX(src.`changed`) AS wi_cursor, CAST(NULL AS INT64) AS c0 FROM `data-project.crm.customers` AS src "
            + "UNION ALL SELECT CAST(NULL AS STRING) AS wi_statistics, src.`changed` AS wi_cursor, src.`id` AS c0 FROM `data-project.crm.customers` AS src WHERE src.`changed` >= @wi_from AND src.`changed` <= @wi_to) "
            + "ORDER BY wi_statistics DESC, wi_cursor",
            statement.Text);
        Assert.Equal(
            [new("wi_to", "TIMESTAMP", "2024-02-01 00:00:00+00:00"), new BigQueryParameter("wi_from", "TIMESTAMP", "2024-01-02 03:04:05.123456+00:00")],
            statement.Parameters);
    }

    /// <summary>Section 2: a parameter cannot be NULL, so the first sync has another text.</summary>
    [Fact]
    public void Window_WithoutLowerBound_HasNoParameterForIt()
    {
        var statement = Window(null, "2024-02-01T00:00:00Z");

        Assert.DoesNotContain("wi_from", statement.Text, StringComparison.Ordinal);
        Assert.Equal(["wi_to"], statement.Parameters.Select(parameter => parameter.Name));
    }

    [Fact]
    public void Window_Numbered_IsOrderedByTheNumber()
    {
        var statement = Window(null, "2024-02-01T00:00:00Z", isNumbered: true);

        Assert.StartsWith("SELECT wi_statistics, wi_cursor, c0, wi_row FROM (", statement.Text, StringComparison.Ordinal);
        Assert.Contains(", 0 AS wi_row FROM", statement.Text, StringComparison.Ordinal);
        Assert.Contains("ROW_NUMBER() OVER (ORDER BY src.`changed`) AS wi_row", statement.Text, StringComparison.Ordinal);
        Assert.EndsWith(") ORDER BY wi_row", statement.Text, StringComparison.Ordinal);
    }

    /// <summary>Section 6.1: the parameter has the column's type exactly. H1, H7: an end with more digits than the column never shuts a row out.</summary>
    [Theory]
    [InlineData("TIMESTAMP", "2024-01-01T00:00:00.1234567Z", "TIMESTAMP", "2024-01-01 00:00:00.123456+00:00", ">")]
    [InlineData("TIMESTAMP", "2024-01-01T00:00:00.123456000000Z", "TIMESTAMP", "2024-01-01 00:00:00.123456+00:00", ">=")]
    [InlineData("DATETIME", "2024-01-01T00:00:00.5", "DATETIME", "2024-01-01 00:00:00.5", ">=")]
    [InlineData("DATE", "2024-01-01", "DATE", "2024-01-01", ">=")]
    [InlineData("INTEGER", "-99999999999999999999", "INT64", "-9223372036854775808", ">=")]
    public void Window_CursorOfEveryKind_GetsAParameterOfItsType(string type, string from, string parameterType, string value, string comparison)
    {
        var statement = Window(from, type == "INTEGER" ? "5" : from, cursorType: type);

        Assert.Contains(new BigQueryParameter("wi_from", parameterType, value), statement.Parameters);
        Assert.Contains($"src.`changed` {comparison} @wi_from AND", statement.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CAST(src", statement.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Window_TextCursor_DeliversWhatDoesNotMatchAndComparesBytes()
    {
        var fields = new BigQueryField[] { new("id", "STRING", Collation: "und:ci"), new("changed", "STRING", Collation: "und:ci") };

        var statement = Window("2024-01-01", "2024-02-01", fields: fields, cursor: new CursorColumn("changed", TextPattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));

        Assert.Contains(
            "WHERE COLLATE(src.`changed`, '') IS NOT NULL AND (NOT REGEXP_CONTAINS(COLLATE(src.`changed`, ''), @wi_pattern) OR (COLLATE(src.`changed`, '') >= @wi_from AND COLLATE(src.`changed`, '') <= @wi_to))",
            statement.Text,
            StringComparison.Ordinal);
        Assert.Contains("COLLATE(src.`id`, '') AS c0 FROM", statement.Text, StringComparison.Ordinal);
        Assert.EndsWith("ORDER BY wi_statistics DESC, REGEXP_CONTAINS(wi_cursor, @wi_pattern), wi_cursor", statement.Text, StringComparison.Ordinal);
        Assert.Contains(new BigQueryParameter("wi_pattern", "STRING", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), statement.Parameters);
    }

    [Theory]
    [InlineData(CursorCombination.Coalesce, "COALESCE(src.`changed`, src.`created`)")]
    [InlineData(CursorCombination.Greatest, "COALESCE(GREATEST(src.`changed`, src.`created`), src.`changed`, src.`created`)")]
    public void Window_TwoColumns_IgnoreOneNull(CursorCombination combine, string expected)
    {
        var fields = new BigQueryField[] { new("id", "INTEGER"), new("changed", "TIMESTAMP"), new("created", "TIMESTAMP") };

        var statement = Window(null, "2024-02-01T00:00:00Z", fields: fields, cursor: new CursorColumn("changed", "created", combine));

        Assert.Contains($"WHERE {expected} <= @wi_to", statement.Text, StringComparison.Ordinal);
    }

    /// <summary>Section 6.2: tables that ask for a filter get one that every row meets, unless the window is one already.</summary>
    [Theory]
    [InlineData("changed", "TIMESTAMP", "src.`changed` >= TIMESTAMP '0001-01-01 00:00:00+00'", "WHERE src.`changed` <= @wi_to)")]
    [InlineData("day", "DATE", "src.`day` >= DATE '0001-01-01'", "WHERE src.`day` >= DATE '0001-01-01' AND src.`changed` <= @wi_to)")]
    [InlineData(null, "", "(_PARTITIONTIME >= TIMESTAMP '0001-01-01 00:00:00+00' OR _PARTITIONTIME IS NULL)", "WHERE (_PARTITIONTIME >= TIMESTAMP '0001-01-01 00:00:00+00' OR _PARTITIONTIME IS NULL) AND src.`changed` <= @wi_to)")]
    public void Window_RequiredPartitionFilter_IsNamedInBothParts(string? column, string type, string counts, string window)
    {
        BigQueryField[] fields = column is null or "changed" ? [new("id", "INTEGER"), new("changed", "TIMESTAMP")] : [new("id", "INTEGER"), new("changed", "TIMESTAMP"), new(column, type)];
        var resource = new TableResource(new TableReference("data-project", "crm", "customers"), "TABLE", new TableSchema(fields), TimePartitioning: new TimePartitioning("DAY", column, true));

        var statement = Window(null, "2024-02-01T00:00:00Z", table: BigQueryTable.From(Name, "data-project", resource));

        Assert.Contains($"AS src WHERE {counts} UNION ALL", statement.Text, StringComparison.Ordinal);
        Assert.Contains(window, statement.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void SqlOf_NestedType_QuotesTheNamesOfFields()
    {
        var field = new BigQueryField("x", "RECORD", "REPEATED", [new("city name", "STRING"), new("codes", "INTEGER", "REPEATED"), new("valid", "RANGE", RangeElementType: new RangeElement("DATE"))]);

        Assert.Equal("ARRAY<STRUCT<`city name` STRING, `codes` ARRAY<INT64>, `valid` RANGE<DATE>>>", BigQueryTypes.SqlOf(field));
    }

    /// <summary>S7: a name either stays a name between its backticks or is refused.</summary>
    [Fact]
    public void Identifier_AnyName_CannotEndItself() =>
        Gen.String[Gen.Char["a`\\\"';-/*\n\0 .@"], 1, 12].Sample(
            name =>
            {
                if (name.Any(c => c is '`' or '\\' || char.IsControl(c))) Assert.Throws<ArgumentException>(() => BigQuerySql.Identifier(name));
                else Assert.Equal($"`{name}`", BigQuerySql.Identifier(name));
            },
            iter: 100_000);

    [Theory]
    [InlineData("crm`", "t")]
    [InlineData("crm", "t` UNION ALL SELECT 1 --")]
    [InlineData("crm.other", "t")]
    [InlineData("crm", "a.b")]
    [InlineData("crm", "t\n")]
    [InlineData("crm", "t\\")]
    public void Relation_NameThatCannotExist_IsAnUnknownDataset(string dataset, string table) =>
        Assert.Equal(WarehouseErrors.DatasetUnknown, Assert.Throws<WarehouseException>(() => BigQuerySql.Relation("p", new DatasetName(dataset, table))).Code);

    [Theory]
    [InlineData("a")]
    [InlineData("a", "b", "c")]
    public void Relation_OtherNumberOfParts_IsAnUnknownDataset(params string[] parts) =>
        Assert.Equal(WarehouseErrors.DatasetUnknown, Assert.Throws<WarehouseException>(() => BigQuerySql.Relation("p", new DatasetName(parts))).Code);

    private static BigQueryStatement Window(
        string? from, string to, bool isNumbered = false, string cursorType = "TIMESTAMP", BigQueryField[]? fields = null, CursorColumn? cursor = null, BigQueryTable? table = null)
    {
        table ??= BigQueryTable.From(
            Name, "data-project", new TableResource(new TableReference("data-project", "crm", "customers"), "TABLE", new TableSchema(fields ?? [new("id", "INTEGER"), new("changed", cursorType)])));
        return BigQuerySql.Window(table, CursorPlan.Resolve(Name, table.Declared, cursor ?? new CursorColumn("changed")), [table.Columns[0]], from, to, isNumbered);
    }
}
