using System.Text.RegularExpressions;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Engine;

/// <summary>Takes over the tables and views of a DuckDB file, each column with the nearest warehouse type.</summary>
internal static partial class DuckDbFile
{
    public static void Load(DuckStore store, EmulatedDatabase database, string path, Func<string, string> name, bool isBigQuery)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no DuckDB file '{path}'.", path);
        store.Run($"ATTACH {SeedValue.Quote(path)} AS source (READ_ONLY)");
        try
        {
            var tables = store.Query(
                """
                SELECT table_schema, table_name, table_type FROM information_schema.tables
                WHERE table_catalog = 'source' AND table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1, 2
                """,
                0);
            foreach (var table in tables) Take((string)table[0]!, (string)table[1]!, (string)table[2]! == "VIEW");
        }
        finally
        {
            store.Run("DETACH source");
        }

        void Take(string schemaName, string tableName, bool isView)
        {
            var columns = store.Query(
                $"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'source' AND schema_name = {SeedValue.Quote(schemaName)} AND table_name = {SeedValue.Quote(tableName)} ORDER BY column_index",
                0)
                .Select(c => (Name: (string)c[0]!, Mapped: Map((string)c[1]!, Identifier((string)c[0]!), isBigQuery))).ToList();
            var schema = database.Schema(name(schemaName));
            if (!schema.TryFind(name(tableName), out var target) || !target.Columns.Select(c => (c.Name, c.Type)).SequenceEqual(columns.Select(c => (name(c.Name), c.Mapped.Type))))
            {
                target = schema.Table(name(tableName), t =>
                {
                    if (isView) t.Kind(RelationKind.View);
                    foreach (var (columnName, mapped) in columns) t.Column(name(columnName), mapped.Type);
                });
            }

            target.ReplaceFrom($"SELECT {string.Join(", ", columns.Select(c => c.Mapped.Sql))} FROM source.{Identifier(schemaName)}.{Identifier(tableName)}");
        }
    }

    private static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static (SqlType Type, string Sql) Map(string type, string column, bool isBigQuery)
    {
        if (DecimalType().Match(type) is { Success: true } match)
        {
            var (precision, scale) = (int.Parse(match.Groups[1].ValueSpan, null), int.Parse(match.Groups[2].ValueSpan, null));
            return isBigQuery ? (BigQueryType.Numeric, $"CAST({column} AS DECIMAL(38,9))") : (SnowflakeType.Number(precision, scale), column);
        }

        return type switch
        {
            "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" =>
                isBigQuery ? (BigQueryType.Int64, $"CAST({column} AS BIGINT)") : (SnowflakeType.Number(), $"CAST({column} AS DECIMAL(38,0))"),
            "HUGEINT" or "UBIGINT" => isBigQuery ? (BigQueryType.BigNumeric, $"CAST({column} AS VARCHAR)") : (SnowflakeType.Number(), $"CAST({column} AS DECIMAL(38,0))"),
            "FLOAT" or "DOUBLE" => (isBigQuery ? BigQueryType.Float64 : SnowflakeType.Float, $"CAST({column} AS DOUBLE)"),
            "BOOLEAN" => (isBigQuery ? BigQueryType.Bool : SnowflakeType.Boolean, column),
            "DATE" => (isBigQuery ? BigQueryType.Date : SnowflakeType.Date, $"CAST({column} - DATE '1970-01-01' AS INTEGER)"),
            "TIME" => (isBigQuery ? BigQueryType.Time : SnowflakeType.Time(), $"epoch_us({column}) * 1000"),
            "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" => (isBigQuery ? BigQueryType.DateTime : SnowflakeType.TimestampNtz(), $"CAST(epoch_us({column}) AS HUGEINT) * 1000"),
            "TIMESTAMP_NS" => (isBigQuery ? BigQueryType.DateTime : SnowflakeType.TimestampNtz(), isBigQuery ? $"CAST(epoch_us({column}) AS HUGEINT) * 1000" : $"CAST(epoch_ns({column}) AS HUGEINT)"),
            "TIMESTAMP WITH TIME ZONE" => (isBigQuery ? BigQueryType.Timestamp : SnowflakeType.TimestampLtz(), $"CAST(epoch_us({column}) AS HUGEINT) * 1000"),
            "BLOB" => (isBigQuery ? BigQueryType.Bytes : SnowflakeType.Binary(), column),
            "JSON" => (isBigQuery ? BigQueryType.Json : SnowflakeType.Variant, $"CAST({column} AS VARCHAR)"),
            _ => (isBigQuery ? BigQueryType.String : SnowflakeType.Varchar(), $"CAST({column} AS VARCHAR)"),
        };
    }

    [GeneratedRegex(@"^DECIMAL\((\d+),(\d+)\)$")]
    private static partial Regex DecimalType();
}
