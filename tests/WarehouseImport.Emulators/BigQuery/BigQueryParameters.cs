using System.Globalization;
using System.Text.Json;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>Reads <c>queryParameters</c>. A value cannot be NULL.</summary>
internal static class BigQueryParameters
{
    /// <exception cref="BigQueryRefusal">A parameter is not as the service takes it.</exception>
    public static IReadOnlyDictionary<string, Typed> Read(JsonElement query)
    {
        var values = new Dictionary<string, Typed>(StringComparer.OrdinalIgnoreCase);
        if (!query.TryGetProperty("queryParameters", out var list) || list.ValueKind != JsonValueKind.Array) return values;
        var mode = query.TryGetProperty("parameterMode", out var m) ? m.GetString()?.ToUpperInvariant() : null;
        var number = 0;
        foreach (var parameter in list.EnumerateArray())
        {
            var name = parameter.TryGetProperty("name", out var n) && n.GetString() is { Length: > 0 } text ? text : null;
            if (mode == "NAMED" && name is null) throw Refuse("Named parameters must have a name");
            if (mode == "POSITIONAL" && name is not null) throw Refuse("Positional parameters must not have a name");
            number++;
            var key = name ?? number.ToString(CultureInfo.InvariantCulture);
            if (!parameter.TryGetProperty("parameterType", out var type)) throw Refuse($"Missing type of query parameter {key}");
            values[key] = Value(key, Type(key, type), parameter.TryGetProperty("parameterValue", out var value) ? value : default);
        }

        return values;
    }

    private static BigQueryRefusal Refuse(string message) => new(new BigQueryError(400, "invalid", message));

    private static SqlType Type(string name, JsonElement type)
    {
        var kind = type.TryGetProperty("type", out var t) ? t.GetString()?.ToUpperInvariant() ?? "" : "";
        return kind switch
        {
            "ARRAY" => BigQueryType.Array(Type(name, type.GetProperty("arrayType"))),
            "STRUCT" => BigQueryType.Struct([.. type.GetProperty("structTypes").EnumerateArray().Select(f => new SqlField(f.GetProperty("name").GetString()!, Type(name, f.GetProperty("type"))))]),
            "RANGE" => BigQueryType.Range(Type(name, type.GetProperty("rangeElementType"))),
            "INT64" or "INTEGER" => BigQueryType.Int64,
            "FLOAT64" or "FLOAT" => BigQueryType.Float64,
            "BOOL" or "BOOLEAN" => BigQueryType.Bool,
            "STRING" => BigQueryType.String,
            "BYTES" => BigQueryType.Bytes,
            "DATE" => BigQueryType.Date,
            "TIME" => BigQueryType.Time,
            "DATETIME" => BigQueryType.DateTime,
            "TIMESTAMP" => BigQueryType.Timestamp,
            "NUMERIC" => BigQueryType.Numeric,
            "BIGNUMERIC" => BigQueryType.BigNumeric,
            "JSON" => BigQueryType.Json,
            "GEOGRAPHY" => BigQueryType.Geography,
            "INTERVAL" => BigQueryType.Interval,
            _ => throw Refuse($"Invalid value for: {kind} is not a valid type of query parameter {name}"),
        };
    }

    private static Typed Value(string name, SqlType type, JsonElement value)
    {
        if (type.Kind is SqlTypeKind.Repeated or SqlTypeKind.Record or SqlTypeKind.Range) return new Typed(SeedValue.Quote(value.GetRawText()), type, false, true);
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("value", out var scalar) || scalar.ValueKind == JsonValueKind.Null) throw Refuse($"Query parameter '{name}' has no value; a parameter value cannot be NULL");
        if (scalar.ValueKind != JsonValueKind.String) throw Refuse($"Invalid value at 'query_parameters.parameter_value.value' (TYPE_STRING), {scalar.GetRawText()}");
        var text = scalar.GetString()!;
        if (type.Kind == SqlTypeKind.Binary) return new Typed($"from_hex('{Convert.ToHexString(Convert.FromBase64String(text))}')", type, false, true);
        var literal = new Typed(SeedValue.Quote(text), BigQueryType.String, false, true);
        if (type.Kind == SqlTypeKind.Text) return literal with { IsCoercible = true };
        return Conversion.Cast(literal, type, isSafe: false, "UTC", isBigQuery: true) with { IsCoercible = false, IsConstant = true };
    }
}

/// <summary>A request refused before any query runs.</summary>
internal sealed class BigQueryRefusal(BigQueryError error) : Exception(error.Message)
{
    public BigQueryError Error => error;
}
