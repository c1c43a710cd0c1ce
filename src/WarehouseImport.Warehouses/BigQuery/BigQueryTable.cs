namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>A dataset as tables.get describes it.</summary>
/// <param name="Project">The project the data is in.</param>
/// <param name="Location">Where its queries have to run.</param>
/// <param name="RequiredFilter">The partition column a query must name in its WHERE, or null.</param>
internal sealed record BigQueryTable(
    DatasetName Name, string Project, DatasetKind Kind, bool IsStored, IReadOnlyList<BigQueryColumn> Columns, string? Location, PartitionFilter? RequiredFilter)
{
    public static BigQueryTable From(DatasetName name, string project, TableResource table)
    {
        var fields = table.Schema?.Fields ?? [];
        return new BigQueryTable(
            name,
            project,
            KindOf(table.Type),
            table.Type is "TABLE" or "SNAPSHOT" or "CLONE",
            [.. fields.Select(BigQueryColumn.From)],
            table.Location,
            FilterOf(table, fields));
    }

    public static DatasetKind KindOf(string? type) => type switch
    {
        "VIEW" => DatasetKind.View,
        "MATERIALIZED_VIEW" => DatasetKind.MaterializedView,
        _ => DatasetKind.Table,
    };

    public IReadOnlyList<DatasetColumn> Declared => [.. Columns.Select(column => column.Column)];

    private static PartitionFilter? FilterOf(TableResource table, IReadOnlyList<BigQueryField> fields)
    {
        if (table.RequirePartitionFilter != true && table.TimePartitioning?.RequirePartitionFilter != true) return null;
        if (table.RangePartitioning?.Field is { } range) return Over(range);
        if (table.TimePartitioning is not { } time) return null;

        // Without a column the table is partitioned by the time of loading, under a name of the service's own.
        return time.Field is null ? new PartitionFilter("_PARTITIONTIME", BigQueryForm.Timestamp, IsLoadTime: true, LeavesOut: false) : Over(time.Field);

        PartitionFilter? Over(string name)
        {
            var field = fields.FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase));
            return field is null ? null : new PartitionFilter(field.Name, BigQueryTypes.FormOf(field), IsLoadTime: false, LeavesOut: field.IsNullable);
        }
    }
}

/// <param name="Column">Name of the partition column, or <c>_PARTITIONTIME</c>.</param>
/// <param name="LeavesOut">True if the column may hold NULL: a filter the service accepts for certain then leaves those rows out.</param>
internal sealed record PartitionFilter(string Column, BigQueryForm Form, bool IsLoadTime, bool LeavesOut);
