using System.Security.Cryptography;
using WarehouseImport.Warehouses.BigQuery;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>S8 and bigquery-api section 1.</summary>
public sealed class ServiceAccountKeyTests
{
    private static readonly Uri Google = new(ServiceAccountKey.GoogleTokenUri);

    [Fact]
    public void TryParse_KeyFile_TakesWhoAndKeyOnly()
    {
        Assert.True(ServiceAccountKey.TryParse(FakeBigQuery.KeyFile(), Google, out var key, out _));

        Assert.Equal(FakeBigQuery.Email, key.ClientEmail);
        Assert.Equal("key-1", key.PrivateKeyId);
        Assert.Equal(FakeBigQuery.Email, key.ToString());
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "", "whole JSON key file" },
        { "secret-canary", "whole JSON key file" },
        { "[]", "JSON object" },
        { """{"type":"service_account","secret-canary":""", "whole JSON key file" },
        { FakeBigQuery.KeyFile(type: "external_account"), "'type'" },
        { FakeBigQuery.KeyFile(type: "authorized_user"), "'type'" },
        { FakeBigQuery.KeyFile(type: "impersonated_service_account"), "'type'" },
        { FakeBigQuery.KeyFile(tokenUri: "https://oauth2.googleapis.com.evil.example/token"), "'token_uri'" },
        { FakeBigQuery.KeyFile(tokenUri: "http://169.254.169.254/token"), "'token_uri'" },
        { FakeBigQuery.KeyFile(privateKey: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWNhbmFyeQ==\n-----END PRIVATE KEY-----\n"), "'private_key'" },
        { FakeBigQuery.KeyFile(privateKey: "secret-canary"), "'private_key'" },
        { FakeBigQuery.KeyFile(privateKey: SmallKey()), "1024 bits" },
        { FakeBigQuery.KeyFile(email: "nobody"), "'client_email'" },
        { new string('x', 20_000), "20000 characters" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void TryParse_FileThatIsNotOne_SaysWhyWithoutQuotingIt(string json, string expected)
    {
        Assert.False(ServiceAccountKey.TryParse(json, Google, out _, out var problem));

        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_TokenUriTheServerAllows_IsAccepted() =>
        Assert.True(ServiceAccountKey.TryParse(FakeBigQuery.KeyFile(tokenUri: "http://127.0.0.1:4/token"), new Uri("http://127.0.0.1:4/token"), out _, out _));

    private static string SmallKey()
    {
        using var rsa = RSA.Create(1024);
        return rsa.ExportPkcs8PrivateKeyPem();
    }
}
