using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WarehouseImport.Emulators.Engine;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>Cells and schemas of the REST interface, from declared types.</summary>
internal static class BigQueryEncoder
{
    /// <summary>One <c>v</c>.</summary>
    /// <param name="useInt64">Timestamps as microseconds; without it as a double with an exponent, which loses digits.</param>
    public static JsonNode? Value(object? value, SqlType type, bool useInt64)
    {
        if (type.Kind == SqlTypeKind.Repeated && value is null) return new JsonArray();
        if (value is null) return null;
        if (value is double number) return FloatText.BigQuery(number);
        var text = (string)value;
        if (type.Kind is SqlTypeKind.Record or SqlTypeKind.Repeated)
        {
            using var document = JsonDocument.Parse(text);
            return Nested(document.RootElement, type, useInt64);
        }

        return Scalar(text, type, useInt64);
    }

    public static JsonObject Field(string name, SqlType type, bool nullable, bool omitsMode)
    {
        var element = type.Kind == SqlTypeKind.Repeated ? type.Element! : type;
        var field = new JsonObject { ["name"] = name, ["type"] = SchemaName(element) };
        var mode = type.Kind == SqlTypeKind.Repeated ? "REPEATED" : nullable ? "NULLABLE" : "REQUIRED";
        if (!omitsMode || mode != "NULLABLE") field["mode"] = mode;
        if (element.Kind == SqlTypeKind.Record) field["fields"] = new JsonArray([.. element.Fields.Select(f => Field(f.Name, f.Type, true, omitsMode))]);
        if (element.Kind == SqlTypeKind.Range) field["rangeElementType"] = new JsonObject { ["type"] = BigQueryTranslator.TypeName(element.Element!) };
        return field;
    }

    /// <summary>The legacy spelling, in which schemas come back whatever they were made with.</summary>
    public static string SchemaName(SqlType type) => type.Kind switch
    {
        SqlTypeKind.Integer => "INTEGER",
        SqlTypeKind.Float => "FLOAT",
        SqlTypeKind.Boolean => "BOOLEAN",
        SqlTypeKind.Record => "RECORD",
        SqlTypeKind.Range => "RANGE",
        _ => BigQueryTranslator.TypeName(type),
    };

    private static string Scalar(string text, SqlType type, bool useInt64)
    {
        switch (type.Kind)
        {
            case SqlTypeKind.Number or SqlTypeKind.BigNumeric:
                return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
            case SqlTypeKind.Binary:
                return Convert.ToBase64String(Convert.FromHexString(text));
            case SqlTypeKind.Date:
                return CivilTime.FormatDate(int.Parse(text, CultureInfo.InvariantCulture));
            case SqlTypeKind.Time:
                var time = long.Parse(text, CultureInfo.InvariantCulture);
                return CivilTime.FormatTimeOfDay(time, time % CivilTime.NanosPerSecond == 0 ? 0 : 6);
            case SqlTypeKind.TimestampNtz:
                var wall = Int128.Parse(text, CultureInfo.InvariantCulture);
                return CivilTime.FormatTimestamp(wall, wall % CivilTime.NanosPerSecond == 0 ? 0 : 6, 'T');
            case SqlTypeKind.TimestampLtz:
                return Micros(Int128.Parse(text, CultureInfo.InvariantCulture), useInt64);
            case SqlTypeKind.Range when type.Element!.Kind == SqlTypeKind.TimestampLtz:
                var bounds = text.Trim('[', ')').Split(',', StringSplitOptions.TrimEntries);
                return $"[{string.Join(", ", bounds.Select(b => b == "UNBOUNDED" ? b : Scalar(Canonical(b, type.Element)!, type.Element, useInt64)))})";
            default:
                return text;
        }
    }

    private static string Micros(Int128 nanos, bool useInt64)
    {
        var micros = nanos / 1000;
        return useInt64 ? micros.ToString(CultureInfo.InvariantCulture) : FloatText.Exponent((double)micros / 1_000_000);
    }

    private static JsonNode? Nested(JsonElement element, SqlType type, bool useInt64)
    {
        if (type.Kind == SqlTypeKind.Repeated)
        {
            return element.ValueKind == JsonValueKind.Array
                ? new JsonArray([.. element.EnumerateArray().Select(e => new JsonObject { ["v"] = Nested(e, type.Element!, useInt64) })])
                : new JsonArray();
        }

        if (element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return null;
        if (type.Kind == SqlTypeKind.Record)
        {
            var cells = type.Fields.Select(f => new JsonObject { ["v"] = Nested(element.TryGetProperty(f.Name, out var value) ? value : default, f.Type, useInt64) });
            return new JsonObject { ["f"] = new JsonArray([.. cells]) };
        }

        if (type.Kind == SqlTypeKind.Float) return FloatText.BigQuery(element.ValueKind == JsonValueKind.Number ? element.GetDouble() : double.Parse(element.GetString()!, CultureInfo.InvariantCulture));
        var text = element.ValueKind == JsonValueKind.String && type.Kind != SqlTypeKind.Json ? element.GetString()! : element.GetRawText();
        return Scalar(Canonical(text, type) ?? text, type, useInt64);
    }

    /// <summary>The stored form of a value written as text inside nested JSON.</summary>
    private static string? Canonical(string text, SqlType type) => type.Kind switch
    {
        SqlTypeKind.Date => TextFunctions.Invoke("date;safe", text),
        SqlTypeKind.Time => TextFunctions.Invoke("time;6;safe", text),
        SqlTypeKind.TimestampNtz => TextFunctions.Invoke("ts;ntz;6;UTC;snowflake;safe", text),
        SqlTypeKind.TimestampLtz => TextFunctions.Invoke("ts;ltz;6;UTC;snowflake;safe", text),
        SqlTypeKind.Binary => Convert.ToHexString(Convert.FromBase64String(text)),
        _ => text,
    };
}
