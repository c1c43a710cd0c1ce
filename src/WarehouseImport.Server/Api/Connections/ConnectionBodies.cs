using System.Text.Json;
using System.Text.Json.Serialization;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Api.Connections;

/// <summary>A connection as it is created or replaced.</summary>
/// <param name="Type">Kind of warehouse, for example <c>duckdb</c> or <c>postgres</c>.</param>
/// <param name="Settings">Plain settings; numbers and booleans are taken as their text.</param>
/// <param name="Secret">Write-only. Left out of a change, stored secrets are kept; an empty text removes one.</param>
/// <param name="Id">Only in answers, as the members after it; ignored in requests, so that an answer can be sent back.</param>
internal sealed record ConnectionRequest(
    string Name,
    string Type,
    [property: JsonConverter(typeof(SettingsConverter))] IReadOnlyDictionary<string, string> Settings,
    [property: JsonConverter(typeof(SettingsConverter))] IReadOnlyDictionary<string, string>? Secret = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Id = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Secrets = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? SecretState = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? CreatedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? UpdatedAt = null);

/// <summary>A connection as it is shown. Secrets are named, never returned (S2).</summary>
internal sealed record ConnectionResponse(
    Guid Id,
    string Name,
    string Type,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<string> Secrets,
    SecretState SecretState,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static ConnectionResponse From(ConnectionRecord connection, ISecretProtector protector) => new(
        connection.Id,
        connection.Name,
        connection.Type,
        connection.Settings,
        [.. connection.ProtectedSecrets.Keys.Order(StringComparer.Ordinal)],
        connection.ProtectedSecrets.Count == 0 ? SecretState.None
            : connection.ProtectedSecrets.All(secret => protector.Unprotect(connection.Id, secret.Key, secret.Value) is not null) ? SecretState.Ready
            : SecretState.KeyMissing,
        connection.CreatedAt,
        connection.UpdatedAt);
}

internal enum SecretState
{
    None,
    Ready,

    /// <summary>The key that opens the stored secrets is missing; nothing was overwritten.</summary>
    KeyMissing,
}

internal sealed record ConnectionCheckResponse(bool Ok, IReadOnlyList<ConnectionCheckItem> Checks)
{
    public static ConnectionCheckResponse KeyMissing { get; } = new(
        false,
        [new ConnectionCheckItem("secrets", false, "Key missing: the stored secrets cannot be opened.", "Restore the key file and restart, or enter the secrets again once it is back.")]);

    public static ConnectionCheckResponse From(ConnectionCheck check) =>
        new(check.IsOk, [.. check.Items.Select(item => new ConnectionCheckItem(item.Name, item.IsOk, item.Detail, item.Fix))]);
}

internal sealed record ConnectionCheckItem(string Name, bool Ok, string Detail, string? Fix);

/// <param name="Language">Name of the language, for display: <c>sql</c>, <c>sh</c>.</param>
/// <param name="Text">What an administrator runs, explained line by line.</param>
internal sealed record GrantScriptResponse(string Language, string Text);

/// <summary>The public half of a key pair that this server made. The private half is a secret of the connection and is never returned (S2).</summary>
/// <param name="Secret">Name of the secret that holds the private half.</param>
/// <param name="GrantScript">The connection's grant script with the public key filled in.</param>
internal sealed record KeyPairResponse(string Secret, string PublicKey, GrantScriptResponse? GrantScript);

internal sealed record DatasetResponse(string Name, DatasetKind Kind);

internal sealed record ColumnResponse(string Name, string Type, ColumnKind Kind, bool Nullable)
{
    public static ColumnResponse From(DatasetColumn column) => new(column.Name, column.NativeType, column.Kind, column.IsNullable);
}

/// <param name="Rows">Cells as exact text, in the order of the columns.</param>
internal sealed record PreviewResponse(IReadOnlyList<ColumnResponse> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows);

/// <summary>Reads an object of scalars as texts, so that <c>"port": 5432</c> and <c>"port": "5432"</c> mean the same.</summary>
internal sealed class SettingsConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var value = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(reader.ValueSpan),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => throw new JsonException(),
            };
            if (!values.TryAdd(name, value)) throw new JsonException();
        }

        return values;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value) writer.WriteString(name, text);
        writer.WriteEndObject();
    }
}
