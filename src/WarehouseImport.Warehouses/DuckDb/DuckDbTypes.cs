namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>DuckDB's type names and what they mean here (profile-import-rules 7.7, extended to DuckDB).</summary>
internal static class DuckDbTypes
{
    public static ColumnKind KindOf(string nativeType)
    {
        if (nativeType.EndsWith(']'))
        {
            return KindOf(nativeType[..nativeType.LastIndexOf('[')]) switch
            {
                ColumnKind.Unreadable => ColumnKind.Unreadable,
                ColumnKind.List or ColumnKind.Json => ColumnKind.Json,
                _ => ColumnKind.List,
            };
        }

        var parenthesis = nativeType.IndexOf('(', StringComparison.Ordinal);
        return (parenthesis < 0 ? nativeType : nativeType[..parenthesis]) switch
        {
            "VARCHAR" or "UUID" or "ENUM" or "\"NULL\"" => ColumnKind.Text,
            "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" => ColumnKind.Integer,
            "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "UHUGEINT" or "BIGNUM" => ColumnKind.Integer,
            "DECIMAL" => ColumnKind.Decimal,
            "FLOAT" or "DOUBLE" => ColumnKind.Float,
            "BOOLEAN" => ColumnKind.Boolean,
            "DATE" => ColumnKind.Date,
            "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" => ColumnKind.Timestamp,
            "TIMESTAMP WITH TIME ZONE" => ColumnKind.TimestampWithZone,
            "TIME" or "TIME_NS" or "TIME WITH TIME ZONE" => ColumnKind.Time,
            "JSON" or "STRUCT" or "MAP" or "UNION" or "VARIANT" => ColumnKind.Json,
            _ => ColumnKind.Unreadable,
        };
    }

    /// <summary>Fraction digits a cursor of this type stores.</summary>
    public static int FractionDigits(string nativeType) => nativeType switch
    {
        "TIMESTAMP_S" => 0,
        "TIMESTAMP_MS" => 3,
        "TIMESTAMP_NS" => 9,
        _ => 6,
    };
}
