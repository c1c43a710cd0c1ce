using System.Security.Cryptography;
using System.Text.Json;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>
/// The parts of a service account's key file that are used: who, and with which key. Everything else in it, above all its addresses, is ignored (S8), so an uploaded
/// file cannot send this server anywhere.
/// </summary>
internal sealed record ServiceAccountKey(string ClientEmail, string PrivateKeyId, string PrivateKey)
{
    public const string GoogleTokenUri = "https://oauth2.googleapis.com/token";

    private const int MaxCharacters = 16 * 1024;

    /// <param name="problem">What is wrong; never holds a character of the file.</param>
    public static bool TryParse(string json, Uri tokenEndpoint, out ServiceAccountKey key, out string problem)
    {
        key = null!;
        problem = "";
        if (json.Length > MaxCharacters) return Refuse($"it has {json.Length} characters; a key file has about 2400, and {MaxCharacters} are allowed", out problem);

        string? type, email, keyId, privateKey, tokenUri;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return Refuse("it must be the JSON object of a key file", out problem);
            type = Text(document.RootElement, "type");
            email = Text(document.RootElement, "client_email");
            keyId = Text(document.RootElement, "private_key_id");
            privateKey = Text(document.RootElement, "private_key");
            tokenUri = Text(document.RootElement, "token_uri");
        }
        catch (JsonException)
        {
            return Refuse("it must be the whole JSON key file of a service account, as downloaded", out problem);
        }

        // The other types name addresses or commands to fetch tokens with.
        if (type != "service_account") return Refuse("its 'type' must be service_account; files for other kinds of credentials are not accepted", out problem);
        if (string.IsNullOrWhiteSpace(email) || !email.Contains('@', StringComparison.Ordinal)) return Refuse("it has no 'client_email'", out problem);
        if (string.IsNullOrWhiteSpace(keyId)) return Refuse("it has no 'private_key_id'", out problem);
        if (string.IsNullOrWhiteSpace(privateKey)) return Refuse("it has no 'private_key'", out problem);
        if (tokenUri is not null && tokenUri != GoogleTokenUri && tokenUri != tokenEndpoint.AbsoluteUri)
            return Refuse($"its 'token_uri' must be {GoogleTokenUri}", out problem);

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(privateKey);
            if (rsa.KeySize < 2048) return Refuse($"its 'private_key' has {rsa.KeySize} bits; at least 2048 are needed", out problem);
            rsa.ExportPkcs8PrivateKey();
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            return Refuse("its 'private_key' is no RSA private key; was the text cut or its line breaks changed?", out problem);
        }

        key = new ServiceAccountKey(email, keyId, privateKey);
        return true;
    }

    /// <summary>Who, and never the key.</summary>
    public override string ToString() => ClientEmail;

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Refuse(string reason, out string problem)
    {
        problem = reason;
        return false;
    }
}
