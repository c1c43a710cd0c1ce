using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>Bytes a query would be billed for: whole columns of the partitions its constants leave.</summary>
internal static class BigQueryEstimate
{
    public static long Bytes(IEnumerable<TableUse> uses, EmulatedCatalogue catalogue) => uses.Sum(u => Bytes(u.Table, u.Columns, u.PartitionConditions, catalogue));

    public static long Bytes(EmulatedTable table) => table.ViewSql is null ? Bytes(table, table.Columns, [], table.Schema.Database.Catalogue) : 0;

    private static long Bytes(EmulatedTable table, IEnumerable<ColumnDefinition> columns, IReadOnlyList<string> conditions, EmulatedCatalogue catalogue)
    {
        var size = string.Join(" + ", columns.Select(Size).Append("0"));
        var where = string.Concat(conditions.Select(c => $" AND {c}"));
        return catalogue.Store.Count($"SELECT CAST(coalesce(sum({size}), 0) AS BIGINT) FROM {table.StorageName} WHERE f_to IS NULL{where}");
    }

    private static string Size(ColumnDefinition column) => column.Type.Kind switch
    {
        SqlTypeKind.Boolean => $"CASE WHEN {column.StorageName} IS NULL THEN 0 ELSE 1 END",
        SqlTypeKind.Number => $"CASE WHEN {column.StorageName} IS NULL THEN 0 ELSE 16 END",
        SqlTypeKind.Integer or SqlTypeKind.Float or SqlTypeKind.Date or SqlTypeKind.Time or SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz => $"CASE WHEN {column.StorageName} IS NULL THEN 0 ELSE 8 END",
        SqlTypeKind.Binary => $"coalesce(octet_length({column.StorageName}) + 2, 0)",
        _ => $"coalesce(strlen({column.StorageName}) + 2, 0)",
    };
}
