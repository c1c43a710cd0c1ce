using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary><c>snowflake</c>: a Snowflake account, over its SQL API.</summary>
internal sealed class SnowflakeWarehouseType(IOptions<SnowflakeOptions> options, IOptions<WarehouseNetworkOptions> network, WarehouseHttpFactory http) : IWarehouseType
{
    private const string AccountSetting = "account";
    private const string UrlSetting = "url";
    private const string UserSetting = "user";
    private const string RoleSetting = "role";
    private const string WarehouseSettingName = "warehouse";
    private const string DatabasesSetting = "databases";
    private const string SchemasSetting = "schemas";
    private const string AuthSetting = "auth";
    private const string TimeoutSetting = "statement_timeout";
    private const string KeySecret = "private_key";
    private const string PassphraseSecret = "private_key_passphrase";
    private const string OAuthSecret = "oauth_token";
    private const string AccessTokenSecret = "programmatic_access_token";

    private const int MaxTimeoutSeconds = 604_800;
    private const int KeyBits = 2048;

    private static readonly IReadOnlyDictionary<string, (SnowflakeAuth Auth, string Secret)> Auths = new Dictionary<string, (SnowflakeAuth, string)>(StringComparer.Ordinal)
    {
        ["key_pair"] = (SnowflakeAuth.KeyPair, KeySecret),
        ["oauth"] = (SnowflakeAuth.OAuth, OAuthSecret),
        ["programmatic_access_token"] = (SnowflakeAuth.ProgrammaticAccessToken, AccessTokenSecret),
    };

    public string Name => "snowflake";

    public IReadOnlyList<WarehouseSetting> Settings { get; } =
    [
        new(AccountSetting, IsSecret: false, IsRequired: true, "account identifier: organization-account, locator.region.cloud, or the account's address"),
        new(UrlSetting, IsSecret: false, IsRequired: false, "https address of the account where it cannot be derived (default https://<account>.snowflakecomputing.com)"),
        new(UserSetting, IsSecret: false, IsRequired: true, "login name of the user; in double quotes if it is not upper case"),
        new(RoleSetting, IsSecret: false, IsRequired: false, "role to use; it needs only USAGE and SELECT (default the user's)"),
        new(WarehouseSettingName, IsSecret: false, IsRequired: true, "virtual warehouse that runs the queries"),
        new(DatabasesSetting, IsSecret: false, IsRequired: false, "the only databases to list, separated by commas (default all)"),
        new(SchemasSetting, IsSecret: false, IsRequired: false, "the only schemas to list, separated by commas (default all)"),
        new(AuthSetting, IsSecret: false, IsRequired: false, $"{string.Join(", ", Auths.Keys)} (default key_pair)"),
        new(TimeoutSetting, IsSecret: false, IsRequired: false, "seconds a window's statement may run, 1 to 604800 (default 3600)"),
        new(KeySecret, IsSecret: true, IsRequired: false, "key_pair: RSA private key in PEM (PKCS#8), at least 2048 bits"),
        new(PassphraseSecret, IsSecret: true, IsRequired: false, "key_pair: passphrase of an encrypted private key"),
        new(OAuthSecret, IsSecret: true, IsRequired: false, "oauth: access token"),
        new(AccessTokenSecret, IsSecret: true, IsRequired: false, "programmatic_access_token: the token"),
    ];

    public IReadOnlyList<SettingProblem> Validate(WarehouseSettings settings)
    {
        var problems = SettingChecks.UnknownAndMissing(Settings, settings);
        var values = settings.Values;
        foreach (var (name, value) in values)
        {
            if (value.Any(char.IsControl)) problems.Add(new SettingProblem(name, $"'{name}' must not contain control characters such as line breaks."));
        }

        if (values.TryGetValue(AccountSetting, out var account) && !string.IsNullOrWhiteSpace(account) && !SnowflakeAccount.TryParse(account, out _))
        {
            problems.Add(new SettingProblem(
                AccountSetting, $"'{AccountSetting}' is '{account}'; it must be an account identifier such as myorg-account1, xy12345.eu-central-1 or myorg-account1.snowflakecomputing.com."));
        }

        if (values.TryGetValue(UrlSetting, out var url) && !VendorUrl.TryParse(url, SnowflakeAccount.Suffixes, network.Value.AllowPrivateAddresses, out _, out var problem))
        {
            problems.Add(new SettingProblem(UrlSetting, $"'{UrlSetting}' is '{url}'; {problem}."));
        }

        if (values.TryGetValue(TimeoutSetting, out var timeout) && !TryTimeout(timeout, out _))
        {
            problems.Add(new SettingProblem(TimeoutSetting, $"'{TimeoutSetting}' is '{timeout}'; it must be a whole number of seconds from 1 to {MaxTimeoutSeconds}."));
        }

        CheckAuth(settings, problems);
        return problems;
    }

    public IWarehouse Open(WarehouseSettings settings)
    {
        SettingChecks.ThrowIfAny(Validate(settings));
        var target = Target(settings.Values);
        var secret = Auths.Values.First(known => known.Auth == target.Auth).Secret;
        var given = settings.Secrets.GetValueOrDefault(secret);
        if (string.IsNullOrWhiteSpace(given))
        {
            throw new WarehouseException(
                WarehouseErrors.SettingInvalid,
                $"The connection has no '{secret}' to sign in with.",
                target.Auth == SnowflakeAuth.KeyPair ? "Let the connection make a key pair, or enter a private key." : $"Enter '{secret}'.");
        }

        SnowflakeTokens tokens;
        if (target.Auth == SnowflakeAuth.KeyPair)
        {
            var (key, problem) = SnowflakeTokens.ReadKey(given, settings.Secrets.GetValueOrDefault(PassphraseSecret));
            if (key is null) throw new WarehouseException(WarehouseErrors.SettingInvalid, $"'{KeySecret}': {problem}.");
            tokens = SnowflakeTokens.Signed(target, http.Clock, options.Value.TokenLifetime, key);
        }
        else
        {
            tokens = SnowflakeTokens.Given(target, http.Clock, given.Trim());
        }

        var client = new SnowflakeClient(http.Create(target.Url), tokens, target, options.Value, http.Clock);
        return new SnowflakeWarehouse(client, target, options.Value, http.Addresses, network.Value.Proxy is not null, http.Clock);
    }

    public GrantScript? WriteGrantScript(IReadOnlyDictionary<string, string> settings, KeyPair? keyPair)
    {
        SettingChecks.ThrowIfAny(Validate(new WarehouseSettings(settings, new Dictionary<string, string>())));
        return new GrantScript("sql", SnowflakeGrants.Write(Target(settings), keyPair));
    }

    public KeyPair? GenerateKeyPair()
    {
        using var key = RSA.Create(KeyBits);
        return new KeyPair(KeySecret, key.ExportPkcs8PrivateKeyPem(), Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));
    }

    public KeyPair? FindKeyPair(IReadOnlyDictionary<string, string> secrets)
    {
        if (!secrets.TryGetValue(KeySecret, out var pem)) return null;
        var (key, _) = SnowflakeTokens.ReadKey(pem, secrets.GetValueOrDefault(PassphraseSecret));
        if (key is null) return null;
        using (key) return new KeyPair(KeySecret, pem, Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));
    }

    private static void CheckAuth(WarehouseSettings settings, List<SettingProblem> problems)
    {
        var name = settings.Values.GetValueOrDefault(AuthSetting, "key_pair");
        if (!Auths.TryGetValue(name, out var auth))
        {
            problems.Add(new SettingProblem(AuthSetting, $"'{AuthSetting}' is '{name}'; it must be one of {string.Join(", ", Auths.Keys)}."));
            return;
        }

        // A secret of another kind would be stored and never used, and a person would think it is.
        foreach (var secret in settings.Secrets.Where(given => given.Value.Length > 0).Select(given => given.Key))
        {
            var isOfKind = secret == auth.Secret || (secret == PassphraseSecret && auth.Auth == SnowflakeAuth.KeyPair);
            if (!isOfKind && Auths.Values.Select(known => known.Secret).Append(PassphraseSecret).Contains(secret))
            {
                problems.Add(new SettingProblem(secret, $"'{secret}' is not used when '{AuthSetting}' is '{name}'; give '{auth.Secret}'."));
            }
        }

        if (auth.Auth != SnowflakeAuth.KeyPair || !settings.Secrets.TryGetValue(KeySecret, out var pem) || pem is "" or WarehouseSettings.KeptSecret) return;
        var passphrase = settings.Secrets.GetValueOrDefault(PassphraseSecret);
        if (passphrase == WarehouseSettings.KeptSecret) return;
        var (key, problem) = SnowflakeTokens.ReadKey(pem, passphrase);
        key?.Dispose();
        if (problem is not null) problems.Add(new SettingProblem(KeySecret, $"'{KeySecret}': {problem}."));
    }

    private SnowflakeTarget Target(IReadOnlyDictionary<string, string> values)
    {
        if (!SnowflakeAccount.TryParse(values[AccountSetting], out var account)) throw new InvalidOperationException("The account was validated before.");
        var url = values.TryGetValue(UrlSetting, out var text) && VendorUrl.TryParse(text, SnowflakeAccount.Suffixes, network.Value.AllowPrivateAddresses, out var stated, out _)
            ? stated
            : new Uri($"https://{account.Host}");
        return new SnowflakeTarget(
            url,
            account,
            Auths[values.GetValueOrDefault(AuthSetting, "key_pair")].Auth,
            Login(values[UserSetting]),
            values.TryGetValue(RoleSetting, out var role) && !string.IsNullOrWhiteSpace(role) ? SnowflakeTarget.Fold(role) : null,
            SnowflakeTarget.Fold(values[WarehouseSettingName]),
            Names(values.GetValueOrDefault(DatabasesSetting)),
            Names(values.GetValueOrDefault(SchemasSetting)),
            values.TryGetValue(TimeoutSetting, out var seconds) && TryTimeout(seconds, out var timeout) ? timeout : options.Value.StatementTimeout);
    }

    // A login name may be an e-mail address; Snowflake stores it in upper case unless it was quoted.
    private static string Login(string user)
    {
        var name = user.Trim();
        return name.StartsWith('"') ? SnowflakeTarget.Fold(name) : name.ToUpperInvariant();
    }

    // Matched against the catalogue later, so nothing is folded here.
    private static string[]? Names(string? list)
    {
        var names = list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names is { Length: > 0 } ? names : null;
    }

    private static bool TryTimeout(string text, out TimeSpan timeout)
    {
        var isValid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxTimeoutSeconds;
        timeout = TimeSpan.FromSeconds(seconds);
        return isValid;
    }
}
