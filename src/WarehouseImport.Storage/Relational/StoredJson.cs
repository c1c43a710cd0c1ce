using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using WarehouseImport.Profiles;

namespace WarehouseImport.Storage.Relational;

/// <summary>How windows, notices and error rows are written as JSON: names in camel case, enums by name.</summary>
internal static class StoredJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new InstantConverter() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static string? WriteOrNull<T>(T? value)
        where T : class => value is null ? null : Write(value);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new StorageException($"A stored {typeof(T).Name} is the JSON value null.");

    private sealed class InstantConverter : JsonConverter<SourceInstant>
    {
        public override SourceInstant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            SourceInstant.Parse(reader.GetString() ?? throw new JsonException("An instant is a text."));

        public override void Write(Utf8JsonWriter writer, SourceInstant value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
