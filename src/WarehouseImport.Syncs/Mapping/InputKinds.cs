using WarehouseImport.Profiles.Values;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>How the value parsers see a warehouse column.</summary>
internal static class InputKinds
{
    /// <summary>False for a column that cannot be mapped (7.7).</summary>
    public static bool TryGet(ColumnKind column, out InputKind kind)
    {
        (var isReadable, kind) = column switch
        {
            ColumnKind.Text => (true, InputKind.Text),
            ColumnKind.Integer => (true, InputKind.Integer),
            ColumnKind.Decimal => (true, InputKind.Decimal),
            ColumnKind.Float => (true, InputKind.Float),
            ColumnKind.Boolean => (true, InputKind.Boolean),
            ColumnKind.Date => (true, InputKind.Date),
            ColumnKind.Timestamp => (true, InputKind.Timestamp),
            ColumnKind.TimestampWithZone => (true, InputKind.TimestampWithZone),
            ColumnKind.Time => (true, InputKind.Time),
            ColumnKind.List => (true, InputKind.List),
            ColumnKind.Json => (true, InputKind.Json),
            ColumnKind.Unreadable => (false, default),
            _ => throw new ArgumentOutOfRangeException(nameof(column), column, "Unknown column kind."),
        };
        return isReadable;
    }
}
