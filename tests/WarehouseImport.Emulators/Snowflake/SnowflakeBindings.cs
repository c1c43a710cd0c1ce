using System.Globalization;
using System.Numerics;
using System.Text.Json;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Reads <c>bindings</c>: 1-based keys, values always strings, each bind type with its own form.</summary>
internal static class SnowflakeBindings
{
    public static IReadOnlyDictionary<string, Typed> Read(JsonElement bindings)
    {
        var values = new Dictionary<string, Typed>(StringComparer.Ordinal);
        if (bindings.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return values;
        foreach (var binding in bindings.EnumerateObject())
        {
            var type = binding.Value.TryGetProperty("type", out var t) ? t.GetString() ?? "" : "";
            var value = binding.Value.TryGetProperty("value", out var v) ? v : default;
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)) throw Bad($"Bind value of '{binding.Name}'");
            values[binding.Name] = Of(type.ToUpperInvariant(), value.GetString());
        }

        return values;
    }

    private static Typed Of(string type, string? text)
    {
        var declared = type switch
        {
            "FIXED" => SnowflakeType.Number(),
            "REAL" => SnowflakeType.Float,
            "TEXT" => SnowflakeType.Varchar(),
            "BOOLEAN" => SnowflakeType.Boolean,
            "BINARY" => SnowflakeType.Binary(),
            "DATE" => SnowflakeType.Date,
            "TIME" => SnowflakeType.Time(),
            "TIMESTAMP_NTZ" => SnowflakeType.TimestampNtz(),
            "TIMESTAMP_LTZ" => SnowflakeType.TimestampLtz(),
            "TIMESTAMP_TZ" => SnowflakeType.TimestampTz(),
            _ => throw Bad($"Bind type '{type}'"),
        };
        if (text is null) return new Typed($"CAST(NULL AS {declared.Storage})", declared, true, true);
        var sql = type switch
        {
            "FIXED" => BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? $"CAST('{text}' AS DECIMAL(38,0))" : throw Bad($"Numeric value '{text}'"),
            "REAL" => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? $"CAST('{text}' AS DOUBLE)" : throw Bad($"Numeric value '{text}'"),
            "BOOLEAN" => text.ToUpperInvariant() is "TRUE" or "FALSE" ? text.ToLowerInvariant() : throw Bad($"Boolean value '{text}'"),
            "BINARY" => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? $"from_hex('{text}')" : throw Bad($"Binary value '{text}'"),
            "DATE" => string.Create(CultureInfo.InvariantCulture, $"CAST({Integer(text) / 86_400_000} AS INTEGER)"),
            "TIME" => $"CAST({Integer(text)} AS BIGINT)",
            "TIMESTAMP_NTZ" or "TIMESTAMP_LTZ" => $"CAST({Integer(text)} AS HUGEINT)",
            "TIMESTAMP_TZ" => Pair(text),
            _ => SeedValue.Quote(text),
        };
        return new Typed(sql, declared, false, true, type == "TEXT");
    }

    private static string Pair(string text)
    {
        var parts = text.Split(' ');
        return parts.Length == 2 ? $"{{'i': {Integer(parts[0])}::HUGEINT, 'o': {Integer(parts[1]) - 1440}::SMALLINT}}" : throw Bad($"Timestamp '{text}'");
    }

    private static Int128 Integer(string text) =>
        Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Bad($"Timestamp '{text}'");

    private static SqlFailure Bad(string what) => new(SqlFailureKind.BadCast, what, "BIND");
}
