using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>Service accounts, their keys, and the token endpoint at <c>/token</c>.</summary>
public sealed class BigQueryAuthenticator
{
    private const string Audience = "https://oauth2.googleapis.com/token";
    private static readonly string[] Scopes = ["https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/bigquery.readonly", "https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloud-platform.read-only"];
    private readonly BigQueryEmulatorOptions _options;
    private readonly EmulatorClock _clock;
    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Account, DateTimeOffset Expires)> _tokens = new(StringComparer.Ordinal);
    private int _issued;

    internal BigQueryAuthenticator(BigQueryEmulatorOptions options, EmulatorClock clock)
    {
        _options = options;
        _clock = clock;
    }

    /// <value>Life of a token; one hour.</value>
    public TimeSpan TokenLife { get; set; } = TimeSpan.FromHours(1);

    /// <value>How many tokens the endpoint has given out.</value>
    public int TokensIssued => _issued;

    /// <summary>Registers the public half of a service account's key.</summary>
    public void AddKey(string account, RSA key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _keys[account] = key.ExportSubjectPublicKeyInfo();
    }

    public void AddKey(string account, string publicKeyPem)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(publicKeyPem);
        AddKey(account, rsa);
    }

    public void RevokeKey(string account) => _keys.TryRemove(account, out _);

    /// <summary>Makes a service account and its key file, as the console downloads it.</summary>
    /// <param name="tokenUri">The emulator's <c>/token</c>.</param>
    public string CreateKeyFile(Uri tokenUri)
    {
        using var rsa = RSA.Create(2048);
        AddKey(_options.ServiceAccount, rsa);
        return JsonSerializer.Serialize(
            new Dictionary<string, string>
            {
                ["type"] = "service_account",
                ["project_id"] = _options.ProjectId,
                ["private_key_id"] = Guid.NewGuid().ToString("N"),
                ["private_key"] = rsa.ExportPkcs8PrivateKeyPem() + "\n",
                ["client_email"] = _options.ServiceAccount,
                ["client_id"] = "100000000000000000001",
                ["auth_uri"] = "https://accounts.google.com/o/oauth2/auth",
                ["token_uri"] = tokenUri?.ToString() ?? Audience,
            },
            new JsonSerializerOptions(WireJson.Options) { WriteIndented = true });
    }

    internal EmulatedResponse Token(EmulatedRequest request, out string? reason)
    {
        reason = null;
        if (request.Method != "POST") return new EmulatedResponse(405, []);
        if (request.Header("Content-Type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) != true) return Grant("invalid_request", "Could not determine client ID from request.");
        var form = HttpUtility.ParseQueryString(request.Body);
        if (form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer") return Grant("unsupported_grant_type", $"Invalid grant_type: {form["grant_type"]}");
        reason = Verify(form["assertion"] ?? "", out var account);
        if (reason is not null && _options.ChecksAuthentication)
        {
            return Grant("invalid_grant", reason.StartsWith("account", StringComparison.Ordinal) ? "Invalid grant: account not found" : reason.StartsWith("signature", StringComparison.Ordinal) ? "Invalid JWT Signature." : $"Invalid JWT: {reason}");
        }

        var token = $"ya29.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
        _tokens[token] = (account ?? _options.ServiceAccount, _clock.GetUtcNow() + TokenLife);
        Interlocked.Increment(ref _issued);
        return EmulatedResponse.Json(200, JsonSerializer.Serialize(new { access_token = token, expires_in = (int)TokenLife.TotalSeconds, token_type = "Bearer" }));
    }

    /// <summary>The account behind a bearer, or the refusal.</summary>
    internal (string? Account, BigQueryError? Error, string? Reason) Check(EmulatedRequest request)
    {
        var authorization = request.Header("Authorization");
        if (authorization?.StartsWith("Bearer ", StringComparison.Ordinal) != true)
        {
            return (null, new BigQueryError(401, "required", "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential."), "no bearer");
        }

        if (!_options.ChecksAuthentication) return (_options.ServiceAccount, null, null);
        var invalid = new BigQueryError(401, "authError", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.");
        if (!_tokens.TryGetValue(authorization["Bearer ".Length..], out var token)) return (null, invalid, "unknown token");
        return token.Expires > _clock.GetUtcNow() ? (token.Account, null, null) : (null, invalid, "expired token");
    }

    private static EmulatedResponse Grant(string error, string description) =>
        EmulatedResponse.Json(400, JsonSerializer.Serialize(new { error, error_description = description }));

    private string? Verify(string assertion, out string? account)
    {
        account = null;
        try
        {
            var parts = assertion.Split('.');
            if (parts.Length != 3) return "the assertion is no JWT";
            using var header = JsonDocument.Parse(Decode(parts[0]));
            using var claims = JsonDocument.Parse(Decode(parts[1]));
            if (header.RootElement.GetProperty("alg").GetString() != "RS256") return "the algorithm is not RS256";
            account = claims.RootElement.GetProperty("iss").GetString()!;
            if (!_keys.TryGetValue(account, out var key)) return $"account '{account}' is not known";
            var scopes = (claims.RootElement.GetProperty("scope").GetString() ?? "").Split(' ');
            if (!scopes.Any(Scopes.Contains)) return $"scope '{string.Join(' ', scopes)}' does not reach BigQuery";
            if (claims.RootElement.GetProperty("aud").GetString() != Audience) return $"aud must be {Audience}";
            var issued = claims.RootElement.GetProperty("iat").GetInt64();
            var expires = claims.RootElement.GetProperty("exp").GetInt64();
            var now = _clock.GetUtcNow().ToUnixTimeSeconds();
            if (expires - issued > 3600 || expires <= now || issued > now + 300) return "Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(key, out _);
            return rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Decode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ? null : "signature does not fit";
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or CryptographicException)
        {
            return $"malformed: {exception.Message}";
        }
    }

    private static byte[] Decode(string part) => System.Buffers.Text.Base64Url.DecodeFromChars(part.TrimEnd('='));
}
