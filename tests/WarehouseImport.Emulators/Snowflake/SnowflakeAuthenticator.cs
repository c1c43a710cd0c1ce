using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Users, their keys and tokens, and the check of every request.</summary>
public sealed class SnowflakeAuthenticator
{
    private static readonly TimeSpan GreatestAge = TimeSpan.FromHours(1);
    private readonly SnowflakeEmulatorOptions _options;
    private readonly EmulatorClock _clock;
    private readonly ConcurrentDictionary<string, SnowflakeUser> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string User, DateTimeOffset Expires, string? Role)> _tokens = new(StringComparer.Ordinal);

    internal SnowflakeAuthenticator(SnowflakeEmulatorOptions options, EmulatorClock clock)
    {
        _options = options;
        _clock = clock;
        DefaultUser = User(options.UserName);
        DefaultUser.Roles.Add(options.RoleName);
        DefaultUser.DefaultRole = options.RoleName;
    }

    /// <value>The user the emulator starts with. It has no default warehouse, so that a forgotten one shows.</value>
    public SnowflakeUser DefaultUser { get; }

    /// <summary>The user with this login name, created if it is new.</summary>
    public SnowflakeUser User(string loginName) => _users.GetOrAdd(loginName, n => new SnowflakeUser(n));

    /// <summary>Registers an OAuth access token.</summary>
    public void AddOAuthToken(string token, string loginName, TimeSpan life) => _tokens["OAUTH:" + token] = (loginName, _clock.GetUtcNow() + life, null);

    /// <summary>Registers a programmatic access token.</summary>
    /// <param name="role">The one role it is bound to, if any.</param>
    public void AddAccessToken(string token, string loginName, TimeSpan life, string? role = null) =>
        _tokens["PROGRAMMATIC_ACCESS_TOKEN:" + token] = (loginName, _clock.GetUtcNow() + life, role);

    public void RevokeToken(string token)
    {
        _tokens.TryRemove("OAUTH:" + token, out _);
        _tokens.TryRemove("PROGRAMMATIC_ACCESS_TOKEN:" + token, out _);
    }

    internal (SnowflakeUser? User, string? BoundRole, SnowflakeError? Error, string? Reason) Check(EmulatedRequest request)
    {
        var authorization = request.Header("Authorization");
        if (authorization?.StartsWith("Bearer ", StringComparison.Ordinal) != true || authorization.Length < 8)
        {
            return Refuse("390104", "Authorization header is missing or malformed.", "no bearer token");
        }

        var token = authorization["Bearer ".Length..];
        var isJwt = token.Count(c => c == '.') == 2 && token.StartsWith("ey", StringComparison.Ordinal);
        var kind = request.Header("X-Snowflake-Authorization-Token-Type") ?? "OAUTH";
        if (!_options.ChecksAuthentication)
        {
            return kind == "KEYPAIR_JWT" && !isJwt ? InvalidJwt("the token type says JWT and the token is none") : (DefaultUser, null, null, null);
        }

        switch (kind)
        {
            case "KEYPAIR_JWT":
                return isJwt ? CheckJwt(token) : InvalidJwt("the token type says JWT and the token is none");
            case "OAUTH":
                if (isJwt && !_tokens.ContainsKey("OAUTH:" + token)) return Refuse("390303", "Invalid OAuth access token. ", "an unknown token, perhaps a JWT without its token type header");
                if (!_tokens.TryGetValue("OAUTH:" + token, out var oauth)) return Refuse("390303", "Invalid OAuth access token. ", "unknown token");
                return oauth.Expires <= _clock.GetUtcNow() ? Refuse("390318", "OAuth access token expired. ", "expired") : (User(oauth.User), null, null, null);
            case "PROGRAMMATIC_ACCESS_TOKEN":
                if (!_tokens.TryGetValue("PROGRAMMATIC_ACCESS_TOKEN:" + token, out var access)) return Refuse("394400", "Programmatic access token is invalid.", "unknown token");
                return access.Expires <= _clock.GetUtcNow()
                    ? Refuse("394400", "Programmatic access token is invalid.", "expired")
                    : (User(access.User), access.Role, null, null);
            default:
                return Refuse("390101", "Authorization token type is not supported.", $"token type '{kind}'");
        }
    }

    private static (SnowflakeUser?, string?, SnowflakeError?, string?) Refuse(string code, string message, string reason) =>
        (null, null, new SnowflakeError(401, code, message, "08001"), reason);

    private static (SnowflakeUser?, string?, SnowflakeError?, string?) InvalidJwt(string reason) =>
        (null, null, new SnowflakeError(401, "390144", $"JWT token is invalid. [{Guid.NewGuid()}]"), reason);

    private (SnowflakeUser?, string?, SnowflakeError?, string?) CheckJwt(string token)
    {
        try
        {
            var parts = token.Split('.');
            using var header = JsonDocument.Parse(Decode(parts[0]));
            using var claims = JsonDocument.Parse(Decode(parts[1]));
            var algorithm = header.RootElement.GetProperty("alg").GetString();
            if (algorithm != "RS256") return InvalidJwt($"394305: algorithm {algorithm}, RS256 is asked for");
            var issuer = Claim("iss");
            var subject = Claim("sub");
            var fingerprintAt = issuer.IndexOf(".SHA256:", StringComparison.Ordinal);
            if (fingerprintAt < 0) return InvalidJwt($"iss '{issuer}' has no fingerprint");
            if (issuer[..fingerprintAt] != subject) return InvalidJwt($"iss '{issuer}' does not begin with sub '{subject}'");
            var point = subject.IndexOf('.', StringComparison.Ordinal);
            if (point < 0) return InvalidJwt($"sub '{subject}' is not ACCOUNT.USER");
            if (subject[..point] != _options.Account) return InvalidJwt($"394307: account '{subject[..point]}' is not '{_options.Account}'");
            if (!_users.TryGetValue(subject[(point + 1)..], out var user)) return InvalidJwt($"394300: user '{subject[(point + 1)..]}' is not known");
            if (user.FindKey(issuer[(fingerprintAt + 1)..]) is not { } key) return InvalidJwt("394304: the fingerprint is not that of a registered key");
            var now = _clock.GetUtcNow();
            var issued = Time("iat");
            var expires = Time("exp");
            if (issued > now + TimeSpan.FromMinutes(1)) return InvalidJwt($"394302: issued in the future, {issued:O}");
            if (expires <= now) return InvalidJwt($"394303: expired at {expires:O}");
            if (now - issued > GreatestAge) return InvalidJwt($"394303: issued at {issued:O}, more than an hour ago");
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(key, out _);
            return rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Decode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ? (user, null, null, null)
                : InvalidJwt("394306: the signature does not fit");

            string Claim(string name) => claims.RootElement.GetProperty(name).GetString() ?? "";

            // Seconds or milliseconds: seconds of the year 5138 begin at 10^11.
            DateTimeOffset Time(string name)
            {
                var number = claims.RootElement.GetProperty(name).GetInt64();
                return number >= 100_000_000_000 ? DateTimeOffset.FromUnixTimeMilliseconds(number) : DateTimeOffset.FromUnixTimeSeconds(number);
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or CryptographicException)
        {
            return InvalidJwt(string.Create(CultureInfo.InvariantCulture, $"malformed: {exception.Message}"));
        }
    }

    private static byte[] Decode(string part) => System.Buffers.Text.Base64Url.DecodeFromChars(part);
}
