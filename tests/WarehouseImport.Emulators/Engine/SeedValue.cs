using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WarehouseImport.Emulators.Engine;

/// <summary>Turns a seeded value into a DuckDB literal of its declared type.</summary>
internal static class SeedValue
{
    private static readonly JsonSerializerOptions Pretty = new(WireJson.Options) { WriteIndented = true, NewLine = "\n" };

    public static string Literal(object? value, SqlType type) => value is null ? $"CAST(NULL AS {type.Storage})" : Of(value, type);

    /// <summary>Semi-structured text as the service prints it: indented by two, with line feeds.</summary>
    public static string PrettyJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Pretty);
    }

    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Of(object value, SqlType type)
    {
        switch (type.Kind)
        {
            case SqlTypeKind.Number or SqlTypeKind.Integer or SqlTypeKind.Float or SqlTypeKind.Boolean:
                return $"CAST({Quote(Text(value))} AS {type.Storage})";
            case SqlTypeKind.Binary:
                return $"from_hex({Quote(value is byte[] bytes ? Convert.ToHexString(bytes) : Text(value))})";
            case SqlTypeKind.Date:
                return Parse($"date;safe", value);
            case SqlTypeKind.Time:
                return Parse(string.Create(CultureInfo.InvariantCulture, $"time;{type.Scale};safe"), value);
            case SqlTypeKind.TimestampNtz:
                return Parse(string.Create(CultureInfo.InvariantCulture, $"ts;ntz;{type.Scale};UTC;snowflake;safe"), value) + "::HUGEINT";
            case SqlTypeKind.TimestampLtz:
                return Parse(string.Create(CultureInfo.InvariantCulture, $"ts;ltz;{type.Scale};UTC;snowflake;safe"), value) + "::HUGEINT";
            case SqlTypeKind.TimestampTz:
                var parts = Parse(string.Create(CultureInfo.InvariantCulture, $"ts;tz;{type.Scale};UTC;snowflake;safe"), value).Split(' ');
                return $"{{'i': {parts[0]}::HUGEINT, 'o': {parts[1]}::SMALLINT}}";
            case SqlTypeKind.Variant or SqlTypeKind.Object or SqlTypeKind.Array or SqlTypeKind.Vector:
                return Quote(PrettyJson(value is JsonNode node ? node.ToJsonString(WireJson.Options) : Text(value)));
            case SqlTypeKind.Record or SqlTypeKind.Repeated or SqlTypeKind.Json:
                return Quote(value is string text ? text : JsonSerializer.Serialize(value, WireJson.Options));
            default:
                return Quote(Text(value));
        }
    }

    private static string Parse(string spec, object value) =>
        TextFunctions.Invoke(spec, Text(value)) ?? throw new FormatException("it is not a date or time of the form YYYY-MM-DD HH:MM:SS.fffffffff");

    private static string Text(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset instant => instant.ToString("yyyy-MM-dd HH:mm:ss.fffffff zzz", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        JsonElement element => element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText(),
        JsonNode node => node.ToJsonString(WireJson.Options),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidCastException($"values of type {value.GetType().Name} are not understood"),
    };
}
