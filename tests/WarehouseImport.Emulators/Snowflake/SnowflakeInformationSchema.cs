using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>The few views of <c>INFORMATION_SCHEMA</c> a client reads; only what the role sees is in them.</summary>
internal static class SnowflakeInformationSchema
{
    public static TableSource? Find(string view, EmulatedDatabase database, StatementContext context, Func<IReadOnlyList<ColumnDefinition>, IEnumerable<object?[]>, TableSource> inline)
    {
        var schemas = database.Schemas.Where(context.Sees).ToList();
        var tables = schemas.SelectMany(s => s.Tables).Where(context.Sees).ToList();
        return view switch
        {
            "SCHEMATA" => inline(
                [Text("CATALOG_NAME"), Text("SCHEMA_NAME"), Text("SCHEMA_OWNER"), Instant("CREATED")],
                [
                    [database.Name, "INFORMATION_SCHEMA", null, null],
                    .. schemas.Select(s => (object?[])[database.Name, s.Name, "SYSADMIN", s.CreatedOn]),
                ]),
            "TABLES" => inline(
                [
                    Text("TABLE_CATALOG"), Text("TABLE_SCHEMA"), Text("TABLE_NAME"), Text("TABLE_OWNER"), Text("TABLE_TYPE"), Text("IS_TRANSIENT"), Number("ROW_COUNT"), Number("BYTES"),
                    Instant("CREATED"), Instant("LAST_ALTERED"), Text("COMMENT"), Text("IS_DYNAMIC"),
                ],
                tables.Select(t => (object?[])
                [
                    database.Name, t.Schema.Name, t.Name, "SYSADMIN", TableType(t.Kind), "NO", t.ViewSql is null ? t.RowCount : null, t.ViewSql is null ? t.RowCount * 64 : null,
                    t.CreatedOn, t.ModifiedOn, t.Comment, t.Kind == RelationKind.DynamicTable ? "YES" : "NO",
                ])),
            "VIEWS" => inline(
                [Text("TABLE_CATALOG"), Text("TABLE_SCHEMA"), Text("TABLE_NAME"), Text("VIEW_DEFINITION")],
                tables.Where(t => t.Kind is RelationKind.View or RelationKind.MaterializedView).Select(t => (object?[])[database.Name, t.Schema.Name, t.Name, t.ViewSql])),
            "COLUMNS" => inline(
                [
                    Text("TABLE_CATALOG"), Text("TABLE_SCHEMA"), Text("TABLE_NAME"), Text("COLUMN_NAME"), Number("ORDINAL_POSITION"), Text("COLUMN_DEFAULT"), Text("IS_NULLABLE"), Text("DATA_TYPE"),
                    Number("CHARACTER_MAXIMUM_LENGTH"), Number("CHARACTER_OCTET_LENGTH"), Number("NUMERIC_PRECISION"), Number("NUMERIC_PRECISION_RADIX"), Number("NUMERIC_SCALE"),
                    Number("DATETIME_PRECISION"), Text("COLLATION_NAME"), Text("IS_IDENTITY"), Text("COMMENT"),
                ],
                tables.SelectMany(t => t.Columns.Select((c, i) => Column(database, t, c, i)))),
            _ => null,
        };
    }

    private static object?[] Column(EmulatedDatabase database, EmulatedTable table, ColumnDefinition column, int index)
    {
        var type = column.Type;
        object? text = type.Kind == SqlTypeKind.Text ? type.Length : null;
        object? number = type.Kind == SqlTypeKind.Number ? type.Precision : null;
        return
        [
            database.Name, table.Schema.Name, table.Name, column.Name, index + 1, null, column.IsNullable ? "YES" : "NO", SnowflakeType.CatalogueName(type, isShow: false),
            text, text, number, number is null ? null : 10, number is null ? null : type.Scale,
            type.IsTimestamp || type.Kind == SqlTypeKind.Time ? type.Scale : null, null, "NO", column.Comment,
        ];
    }

    private static string TableType(RelationKind kind) => kind switch
    {
        RelationKind.View => "VIEW",
        RelationKind.MaterializedView => "MATERIALIZED VIEW",
        RelationKind.ExternalTable => "EXTERNAL TABLE",
        _ => "BASE TABLE",
    };

    private static ColumnDefinition Text(string name) => new(name, SnowflakeType.Varchar());

    private static ColumnDefinition Number(string name) => new(name, SnowflakeType.Number(18));

    private static ColumnDefinition Instant(string name) => new(name, SnowflakeType.TimestampLtz(3));
}
