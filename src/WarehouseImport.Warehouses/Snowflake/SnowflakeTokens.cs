using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>The bearer token of a connection: a given one, or one signed with the user's private key and renewed at half its life.</summary>
internal sealed class SnowflakeTokens : IDisposable
{
    private const string NotPem =
        "it must be an RSA private key in PEM form, beginning with '-----BEGIN PRIVATE KEY-----' or '-----BEGIN ENCRYPTED PRIVATE KEY-----'";

    private readonly SnowflakeTarget _target;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _lifetime;
    private readonly RSA? _key;
    private readonly string? _given;
    private readonly Lock _lock = new();
    private string? _token;
    private DateTimeOffset _renewAt;
    private int _name;
    private bool _isAccepted;

    private SnowflakeTokens(SnowflakeTarget target, TimeProvider clock, TimeSpan lifetime, RSA? key, string? given)
    {
        _target = target;
        _clock = clock;
        _lifetime = lifetime;
        _key = key;
        _given = given;
    }

    /// <summary>Value of <c>X-Snowflake-Authorization-Token-Type</c>.</summary>
    public string Kind => _target.Auth switch
    {
        SnowflakeAuth.KeyPair => "KEYPAIR_JWT",
        SnowflakeAuth.OAuth => "OAUTH",
        _ => "PROGRAMMATIC_ACCESS_TOKEN",
    };

    /// <summary>True if a refused token can be replaced by a new one.</summary>
    public bool CanRefresh => _key is not null;

    public static SnowflakeTokens Signed(SnowflakeTarget target, TimeProvider clock, TimeSpan lifetime, RSA key) => new(target, clock, lifetime, key, null);

    public static SnowflakeTokens Given(SnowflakeTarget target, TimeProvider clock, string token) => new(target, clock, TimeSpan.Zero, null, token);

    /// <summary><c>SHA256:</c> and the digest of the public key, as <c>DESCRIBE USER</c> shows it.</summary>
    public static string Fingerprint(RSA key) => "SHA256:" + Convert.ToBase64String(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    public string Get()
    {
        if (_given is not null) return _given;
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            if (_token is null || now >= _renewAt)
            {
                _token = Sign(_target.Account.TokenNames[_name], now);
                _renewAt = now + (_lifetime / 2);
            }

            return _token;
        }
    }

    /// <summary>Tells that the service took the token, so the account's name in it is right.</summary>
    public void Accepted() => Volatile.Write(ref _isAccepted, true);

    /// <summary>Signs a new token next time; if none was ever accepted, with the account's next possible name.</summary>
    public void Refuse()
    {
        lock (_lock)
        {
            _token = null;
            if (!Volatile.Read(ref _isAccepted)) _name = (_name + 1) % _target.Account.TokenNames.Count;
        }
    }

    public void Dispose() => _key?.Dispose();

    private string Sign(string account, DateTimeOffset now)
    {
        var subject = $"{account}.{_target.User}";
        var descriptor = new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["iss"] = $"{subject}.{Fingerprint(_key!)}",
                ["sub"] = subject,
                ["iat"] = now.ToUnixTimeSeconds(),
                ["exp"] = (now + _lifetime).ToUnixTimeSeconds(),
            },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(_key), SecurityAlgorithms.RsaSha256)
            {
                // A cached provider would outlive the key, which is disposed with the connection.
                CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
            },
        };
        // Own times: the handler's defaults add "nbf", and a host whose clock runs ahead is then refused for it.
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    /// <summary>Reads a private key in PEM: PKCS#8 with or without passphrase, or PKCS#1.</summary>
    /// <returns>The key, or what is wrong with it; never any part of it.</returns>
    public static (RSA? Key, string? Problem) ReadKey(string pem, string? passphrase)
    {
        var key = RSA.Create();
        if (!pem.Contains("PRIVATE KEY", StringComparison.Ordinal)) return Fail(NotPem);
        try
        {
            if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
            {
                if (string.IsNullOrEmpty(passphrase)) return Fail("the private key is encrypted, and 'private_key_passphrase' is missing");
                key.ImportFromEncryptedPem(pem, Encoding.UTF8.GetBytes(passphrase));
            }
            else
            {
                key.ImportFromPem(pem);
            }

            if (key.KeySize < 2048) return Fail(FormattableString.Invariant($"the private key has {key.KeySize} bits; Snowflake asks for at least 2048"));
            return (key, null);
        }
        catch (ArgumentException)
        {
            return Fail(NotPem);
        }
        catch (CryptographicException)
        {
            return Fail(string.IsNullOrEmpty(passphrase) ? "it is no RSA private key that can be read" : "it cannot be opened with the given 'private_key_passphrase'");
        }

        (RSA?, string?) Fail(string problem)
        {
            key.Dispose();
            return (null, problem);
        }
    }
}
