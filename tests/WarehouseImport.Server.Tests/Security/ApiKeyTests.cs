using WarehouseImport.Server.Security.ApiKeys;

namespace WarehouseImport.Server.Tests.Security;

public sealed class ApiKeyTests
{
    [Fact]
    public void Generate_Twice_GivesDifferentAcceptableKeys()
    {
        var first = ApiKey.Generate();
        var second = ApiKey.Generate();

        Assert.NotEqual(first, second);
        Assert.StartsWith(ApiKey.Prefix, first, StringComparison.Ordinal);
        Assert.True(ApiKey.IsAcceptable(first, out _));
    }

    [Fact]
    public void IsAcceptable_OneCharacterChanged_NamesTheChecksumAndNotTheKey()
    {
        var key = ApiKey.Generate();
        var mistyped = key[..10] + (key[10] == 'x' ? 'y' : 'x') + key[11..];

        Assert.False(ApiKey.IsAcceptable(mistyped, out var problem));

        Assert.Contains("checksum", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(mistyped, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("with spaces with spaces with spaces with spaces")]
    public void IsAcceptable_WeakKey_Refuses(string key) => Assert.False(ApiKey.IsAcceptable(key, out _));

    [Fact]
    public void IsAcceptable_128BitsInHex_Accepts() => Assert.True(ApiKey.IsAcceptable("0123456789abcdef0123456789abcdef", out _));

    [Fact]
    public void Matches_OnlyTheSameKey()
    {
        var key = ApiKey.Generate();
        var digest = ApiKey.Digest(key);

        Assert.True(ApiKey.Matches(key, digest));
        Assert.False(ApiKey.Matches(key + "x", digest));
        Assert.False(ApiKey.Matches("", digest));
        Assert.DoesNotContain(key, digest, StringComparison.Ordinal);
    }
}
