using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Warehouses.Tests.Snowflake;

/// <summary>Accounts, tokens, settings and grants (snowflake-sql-api sections 1, 7 and 10; S1, S7, S8).</summary>
public sealed class SnowflakeSettingsTests
{
    private static readonly RSA Key = RSA.Create(2048);

    [Theory]
    [InlineData("myorg-account1", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData(" MyOrg-Account1 ", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("myorg.account1", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("myorg-my_account", "myorg-my-account.snowflakecomputing.com", "MYORG-MY_ACCOUNT")]
    [InlineData("myorg.my_account", "myorg-my-account.snowflakecomputing.com", "MYORG-MY_ACCOUNT")]
    [InlineData("myorg-my-account", "myorg-my-account.snowflakecomputing.com", "MYORG-MY-ACCOUNT|MYORG-MY_ACCOUNT")]
    [InlineData("xy12345", "xy12345.snowflakecomputing.com", "XY12345")]
    [InlineData("xy12345.eu-central-1", "xy12345.eu-central-1.snowflakecomputing.com", "XY12345")]
    [InlineData("xy12345.us-east-2.aws", "xy12345.us-east-2.aws.snowflakecomputing.com", "XY12345")]
    [InlineData("xy12345.west-europe.azure", "xy12345.west-europe.azure.snowflakecomputing.com", "XY12345")]
    [InlineData("xy12345.us-east-1.privatelink", "xy12345.us-east-1.privatelink.snowflakecomputing.com", "XY12345")]
    [InlineData("https://myorg-account1.snowflakecomputing.com/", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("MYORG-ACCOUNT1.snowflakecomputing.com", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("myorg-account1.privatelink.snowflakecomputing.com", "myorg-account1.privatelink.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("myaccount-ab12.global.snowflakecomputing.com", "myaccount-ab12.global.snowflakecomputing.com", "MYACCOUNT")]
    [InlineData("myaccount-ab12.global", "myaccount-ab12.global.snowflakecomputing.com", "MYACCOUNT")]
    [InlineData("myorg-account1.snowflakecomputing.cn", "myorg-account1.snowflakecomputing.cn", "MYORG-ACCOUNT1")]
    [InlineData("https://app.snowflake.com/myorg/account1/#/data", "myorg-account1.snowflakecomputing.com", "MYORG-ACCOUNT1")]
    [InlineData("https://app.snowflake.com/eu-central-1/xy12345", "xy12345.eu-central-1.snowflakecomputing.com", "XY12345")]
    [InlineData("app.snowflake.com/us-west-2/xy12345/", "xy12345.snowflakecomputing.com", "XY12345")]
    public void Account_AnyForm_IsUnderstood(string text, string host, string names)
    {
        Assert.True(SnowflakeAccount.TryParse(text, out var account));
        Assert.Equal(host, account.Host);
        Assert.Equal(names.Split('|'), account.TokenNames);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("my org")]
    [InlineData("evil.example/x")]
    [InlineData("evil.example#")]
    [InlineData("evil.example?")]
    [InlineData("user@evil")]
    [InlineData("a:443")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData("-a")]
    [InlineData("a.b.c.d.e")]
    [InlineData("http://myorg-account1.snowflakecomputing.com")]
    [InlineData("myorg-account1.snowflakecomputing.com.evil.example")]
    [InlineData("myorg-account1.snowflakecomputing.com.snowflakecomputing.com")]
    [InlineData("myorg-acc\u0131unt")]
    [InlineData("https://app.snowflake.com/")]
    [InlineData("https://app.snowflake.com/myorg")]
    [InlineData("https://app.snowflake.com/evil.example@x/y")]
    [InlineData("[::1]")]
    public void Account_AnythingElse_IsRefused(string text) => Assert.False(SnowflakeAccount.TryParse(text, out _));

    /// <summary>S8: no account that is accepted leads anywhere but to the vendor.</summary>
    [Fact]
    public void Account_AnyAcceptedText_StaysAtTheVendor() => CsCheck.Check.Sample(
        CsCheck.Gen.String[CsCheck.Gen.Char["ab1-_.:/@#?\\%[] snowflakecomputing"], 1, 40],
        text =>
        {
            if (!SnowflakeAccount.TryParse(text, out var account)) return;
            var url = new Uri($"https://{account.Host}");
            Assert.Equal(account.Host, url.Host);
            Assert.Contains(SnowflakeAccount.Suffixes, suffix => url.Host.EndsWith(suffix, StringComparison.Ordinal));
        },
        iter: 20_000);

    [Theory]
    [InlineData("jane", "JANE")]
    [InlineData("jane@example.com", "JANE@EXAMPLE.COM")]
    [InlineData("\"Jane Doe\"", "Jane Doe")]
    public async Task Token_SignedWithTheKey_HasTheClaimsOfTheReference(string user, string login)
    {
        var clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        using var tokens = SnowflakeTokens.Signed(Target(user), clock, TimeSpan.FromMinutes(10), Copy(Key));

        var token = new JsonWebTokenHandler().ReadJsonWebToken(tokens.Get());

        var fingerprint = Convert.ToBase64String(SHA256.HashData(Key.ExportSubjectPublicKeyInfo()));
        Assert.Equal("RS256", token.Alg);
        Assert.True(string.IsNullOrEmpty(token.Kid));
        Assert.Equal(["exp", "iat", "iss", "sub"], token.Claims.Select(claim => claim.Type).Order());
        Assert.Equal($"MYORG-MY-ACCOUNT.{login}", token.Subject);
        Assert.Equal($"MYORG-MY-ACCOUNT.{login}.SHA256:{fingerprint}", token.Issuer);
        Assert.Equal("1800000000", token.GetPayloadValue<string>("iat"));
        Assert.Equal("1800000600", token.GetPayloadValue<string>("exp"));
        var validation = await new JsonWebTokenHandler().ValidateTokenAsync(
            tokens.Get(), new TokenValidationParameters { IssuerSigningKey = new RsaSecurityKey(Key), ValidateAudience = false, ValidateIssuer = false, ValidateLifetime = false });
        Assert.True(validation.IsValid);
    }

    [Fact]
    public void Token_HalfItsLifeLater_IsRenewed()
    {
        var clock = new FakeTimeProvider();
        using var tokens = SnowflakeTokens.Signed(Target("jane"), clock, TimeSpan.FromMinutes(10), Copy(Key));
        var first = tokens.Get();

        clock.Advance(TimeSpan.FromMinutes(4));
        var same = tokens.Get();
        clock.Advance(TimeSpan.FromMinutes(2));
        var renewed = tokens.Get();

        Assert.Equal(first, same);
        Assert.NotEqual(first, renewed);
    }

    /// <summary>An account copied from a host may have lost its underscores; what was accepted once is not changed any more.</summary>
    [Fact]
    public void Token_Refused_TriesTheOtherNameOfTheAccountUntilOneIsAccepted()
    {
        using var tokens = SnowflakeTokens.Signed(Target("jane"), new FakeTimeProvider(), TimeSpan.FromMinutes(10), Copy(Key));
        string Subject() => new JsonWebTokenHandler().ReadJsonWebToken(tokens.Get()).Subject;
        Assert.Equal("MYORG-MY-ACCOUNT.JANE", Subject());

        tokens.Refuse();
        Assert.Equal("MYORG-MY_ACCOUNT.JANE", Subject());
        tokens.Accepted();
        tokens.Refuse();

        Assert.Equal("MYORG-MY_ACCOUNT.JANE", Subject());
    }

    [Fact]
    public void ReadKey_EveryForm_IsTheSameKey()
    {
        var encrypted = Key.ExportEncryptedPkcs8PrivateKeyPem("pass", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2048));
        foreach (var (pem, passphrase) in new[] { (Key.ExportPkcs8PrivateKeyPem(), null), (Key.ExportRSAPrivateKeyPem(), null), (encrypted, "pass") })
        {
            var (key, problem) = SnowflakeTokens.ReadKey(pem, passphrase);

            Assert.Null(problem);
            Assert.Equal(SnowflakeTokens.Fingerprint(Key), SnowflakeTokens.Fingerprint(key!));
            key!.Dispose();
        }
    }

    [Fact]
    public void ReadKey_KeysThatCannotWork_AreNamedWithoutTheirText()
    {
        using var small = RSA.Create(1024);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var encrypted = Key.ExportEncryptedPkcs8PrivateKeyPem("pass", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2048));

        Assert.Contains("1024 bits", Problem(small.ExportPkcs8PrivateKeyPem(), null), StringComparison.Ordinal);
        Assert.Contains("passphrase", Problem(encrypted, null), StringComparison.Ordinal);
        Assert.Contains("passphrase", Problem(encrypted, "wrong"), StringComparison.Ordinal);
        Assert.NotNull(Problem(curve.ExportPkcs8PrivateKeyPem(), null));
        Assert.NotNull(Problem(Key.ExportSubjectPublicKeyInfoPem(), null));
        Assert.DoesNotContain("canary", Problem("canary", null), StringComparison.Ordinal);

        static string Problem(string pem, string? passphrase)
        {
            var (key, problem) = SnowflakeTokens.ReadKey(pem, passphrase);
            key?.Dispose();
            return problem!;
        }
    }

    [Fact]
    public void Validate_EverySettingWrong_IsListed()
    {
        var problems = Type().Validate(Settings(
            ("account", "evil example"), ("url", "https://evil.example"), ("warehouse", ""), ("auth", "password"), ("statement_timeout", "0"), ("user", "x"), ("colour", "red")));

        Assert.Equal(["account", "auth", "colour", "statement_timeout", "url", "warehouse"], problems.Select(problem => problem.Setting).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Validate_SecretOfAnotherKind_IsRefused()
    {
        var settings = new WarehouseSettings(Good().Values, new Dictionary<string, string> { ["oauth_token"] = "canary" });

        var problem = Assert.Single(Type().Validate(settings));

        Assert.Equal("oauth_token", problem.Setting);
        Assert.DoesNotContain("canary", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_StoredSecret_IsNotCheckedAgain() =>
        Assert.Empty(Type().Validate(new WarehouseSettings(Good().Values, new Dictionary<string, string> { ["private_key"] = WarehouseSettings.KeptSecret })));

    [Fact]
    public void Validate_UrlOfThisMachine_OnlyWherePrivateAddressesAreAllowed()
    {
        var settings = Settings(("account", "myorg-a"), ("user", "u"), ("warehouse", "w"), ("url", "http://127.0.0.1:4711"));

        Assert.Equal("url", Assert.Single(Type().Validate(settings)).Setting);
        Assert.Empty(Type(allowsPrivate: true).Validate(settings));
    }

    [Fact]
    public void Open_WithoutSecret_SaysWhatIsMissing()
    {
        var failure = Assert.Throws<WarehouseException>(() => Type().Open(Good()));

        Assert.Equal(WarehouseErrors.SettingInvalid, failure.Code);
        Assert.Contains("private_key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateKeyPair_PublicHalf_BelongsToThePrivateOne()
    {
        var pair = Type().GenerateKeyPair()!;

        using var key = RSA.Create();
        key.ImportFromPem(pair.PrivateKey);
        Assert.Equal(2048, key.KeySize);
        Assert.Equal("private_key", pair.SecretName);
        Assert.Equal(Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()), pair.PublicKey);
        Assert.Empty(Type().Validate(new WarehouseSettings(Good().Values, new Dictionary<string, string> { [pair.SecretName] = pair.PrivateKey })));
    }

    [Fact]
    public void WriteGrantScript_EnteredNames_GrantReadingAndNothingElse()
    {
        var settings = Settings(
            ("account", "myorg-a"), ("user", "importer"), ("warehouse", "import_wh"), ("role", "\"My \"\"role\"\"\""), ("databases", "analytics"), ("schemas", "public, \"Mixed\""));

        var script = Type().WriteGrantScript(settings.Values, new KeyPair("private_key", "canary", "MIIBpublic"))!;

        var statements = script.Text.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("--", StringComparison.Ordinal)).ToList();
        Assert.Equal("sql", script.Language);
        Assert.DoesNotContain("canary", script.Text, StringComparison.Ordinal);
        Assert.Contains("ALTER USER \"IMPORTER\" SET RSA_PUBLIC_KEY = 'MIIBpublic';", statements);
        Assert.Contains("GRANT USAGE ON WAREHOUSE \"IMPORT_WH\" TO ROLE \"My \"\"role\"\"\";", statements);
        Assert.Contains("GRANT SELECT ON ALL TABLES IN SCHEMA \"ANALYTICS\".\"PUBLIC\" TO ROLE \"My \"\"role\"\"\";", statements);
        Assert.Contains("GRANT SELECT ON FUTURE DYNAMIC TABLES IN SCHEMA \"ANALYTICS\".\"Mixed\" TO ROLE \"My \"\"role\"\"\";", statements);
        Assert.All(statements, statement => Assert.Matches("^(USE ROLE|CREATE (ROLE|USER|WAREHOUSE) IF NOT EXISTS|GRANT (USAGE|SELECT|ROLE) |ALTER USER .* SET RSA_PUBLIC_KEY).*;$", statement));
        Assert.All(script.Text.Split("\n\n"), block => Assert.StartsWith("-- ", block, StringComparison.Ordinal));
    }

    /// <summary>S7: no name ends its identifier, its literal or its comment.</summary>
    [Fact]
    public void WriteGrantScript_HostileNames_StayNames()
    {
        const string Hostile = "x\"; DROP DATABASE prod; --\n DROP TABLE y; '\\";
        var target = Target("jane") with { User = Hostile, Warehouse = Hostile, Role = Hostile, Databases = [Hostile], Schemas = [Hostile] };

        var script = SnowflakeGrants.Write(target, null);

        // Without its quoted parts and comments nothing of the name is left.
        var bare = new StringBuilder();
        for (var index = 0; index < script.Length; index++)
        {
            if (script[index] == '"')
            {
                for (index++; script[index] != '"' || (index + 1 < script.Length && script[index + 1] == '"'); index++)
                {
                    if (script[index] == '"') index++;
                }
            }
            else if (script[index] == '-' && script[index + 1] == '-')
            {
                index = script.IndexOf('\n', index);
            }
            else
            {
                bare.Append(script[index]);
            }
        }

        Assert.DoesNotContain("DROP", bare.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    internal static SnowflakeWarehouseType Type(bool allowsPrivate = false, TimeProvider? clock = null)
    {
        var network = new WarehouseNetworkOptions { AllowPrivateAddresses = allowsPrivate };
        return new SnowflakeWarehouseType(
            Options.Create(new SnowflakeOptions()), Options.Create(network), new WarehouseHttpFactory(network, clock ?? TimeProvider.System, handler: null));
    }

    internal static WarehouseSettings Settings(params (string Name, string Value)[] settings) =>
        new(settings.ToDictionary(setting => setting.Name, setting => setting.Value), new Dictionary<string, string>());

    private static WarehouseSettings Good() => Settings(("account", "myorg-a"), ("user", "u"), ("warehouse", "w"));

    private static SnowflakeTarget Target(string user)
    {
        Assert.True(SnowflakeAccount.TryParse("myorg-my-account", out var account));
        var login = user.StartsWith('"') ? SnowflakeTarget.Fold(user) : user.ToUpperInvariant();
        return new SnowflakeTarget(new Uri($"https://{account.Host}"), account, SnowflakeAuth.KeyPair, login, "R", "W", null, null, TimeSpan.FromHours(1));
    }

    // The tokens dispose their key.
    private static RSA Copy(RSA key)
    {
        var copy = RSA.Create();
        copy.ImportParameters(key.ExportParameters(includePrivateParameters: true));
        return copy;
    }
}
