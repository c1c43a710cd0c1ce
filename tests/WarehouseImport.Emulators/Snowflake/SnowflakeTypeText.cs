using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Types as text, such as <c>TIMESTAMP_NTZ(9)</c>, for the control interface.</summary>
internal static class SnowflakeTypeText
{
    public static SqlType Parse(string text)
    {
        if (text.Equals("GEOGRAPHY", StringComparison.OrdinalIgnoreCase)) return SnowflakeType.Geography;
        var query = new SnowflakeParser($"SELECT NULL::{text}").ParseStatement();
        return ((CastExpression)query.Branches[0].Items[0].Value!).Type;
    }
}
