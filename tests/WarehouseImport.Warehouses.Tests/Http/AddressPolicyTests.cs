using System.Net;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Tests.Http;

/// <summary>S8: which addresses and base addresses can be reached.</summary>
public sealed class AddressPolicyTests
{
    private static readonly string[] Suffixes = [".vendor.com", ".vendor.cn"];

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("::ffff:8.8.8.8")]
    public void IsAllowed_PublicAddress_IsAllowed(string address) => Assert.True(new AddressPolicy(new WarehouseNetworkOptions()).IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.0.9")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("fd12::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001:0:0:0:0:0:f5ff:fffe")]
    public void IsAllowed_PrivateAddress_OnlyByOption(string address)
    {
        Assert.False(new AddressPolicy(new WarehouseNetworkOptions()).IsAllowed(IPAddress.Parse(address)));
        Assert.True(new AddressPolicy(new WarehouseNetworkOptions { AllowPrivateAddresses = true }).IsAllowed(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    public void IsAllowed_AddressOfNoWarehouse_NotEvenByOption(string address)
    {
        Assert.False(new AddressPolicy(new WarehouseNetworkOptions()).IsAllowed(IPAddress.Parse(address)));
        Assert.False(new AddressPolicy(new WarehouseNetworkOptions { AllowPrivateAddresses = true }).IsAllowed(IPAddress.Parse(address)));
    }

    [Fact]
    public void IsAllowed_NetworkOfTheList_IsAllowed()
    {
        var policy = new AddressPolicy(new WarehouseNetworkOptions { AllowedNetworks = { "10.20.0.0/16" } });

        Assert.True(policy.IsAllowed(IPAddress.Parse("10.20.3.4")));
        Assert.True(policy.IsAllowed(IPAddress.Parse("::ffff:10.20.3.4")));
        Assert.False(policy.IsAllowed(IPAddress.Parse("10.21.3.4")));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Resolve_NameOfThisMachine_IsRefusedWithTheOptionToSet(string host)
    {
        var failure = await Assert.ThrowsAsync<WarehouseException>(
            () => new AddressPolicy(new WarehouseNetworkOptions()).ResolveAsync(host, TestContext.Current.CancellationToken));

        Assert.Equal(WarehouseErrors.AddressRefused, failure.Code);
        Assert.Contains("Warehouses:Network:AllowPrivateAddresses", failure.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://acme.vendor.com", "https://acme.vendor.com/")]
    [InlineData("https://ACME-x_1.eu.vendor.cn/", "https://acme-x_1.eu.vendor.cn/")]
    public void VendorUrl_HostOfTheVendor_IsTaken(string text, string expected)
    {
        Assert.True(VendorUrl.TryParse(text, Suffixes, allowsPrivate: false, out var url, out _));
        Assert.Equal(expected, url.AbsoluteUri);
    }

    [Theory]
    [InlineData("")]
    [InlineData("acme.vendor.com")]
    [InlineData("http://acme.vendor.com")]
    [InlineData("https://acme.vendor.com:8443")]
    [InlineData("https://acme.vendor.com/path")]
    [InlineData("https://acme.vendor.com/?q")]
    [InlineData("https://acme.vendor.com/#f")]
    [InlineData("https://user@acme.vendor.com")]
    [InlineData("https://evil.example@acme.vendor.com")]
    [InlineData("https://acme.vendor.com@evil.example")]
    [InlineData("https://evil.example\\.vendor.com")]
    [InlineData("https://acme.vendor.com.evil.example")]
    [InlineData("https://evilvendor.com")]
    [InlineData("https://.vendor.com")]
    [InlineData("https://a..vendor.com")]
    [InlineData("https://acme.vendor.com.")]
    [InlineData("https://vendor.com")]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://2130706433")]
    [InlineData("https://0x7f000001")]
    [InlineData("https://[::1]")]
    [InlineData("https://[::ffff:169.254.169.254]")]
    [InlineData("http://localhost:8080")]
    [InlineData("https://аcme.vendor.com")]
    [InlineData("https://acme.vendor.com ")]
    [InlineData("ftp://acme.vendor.com")]
    [InlineData("file:///etc/passwd")]
    public void VendorUrl_AnythingElse_IsRefused(string text)
    {
        Assert.False(VendorUrl.TryParse(text, Suffixes, allowsPrivate: false, out _, out var problem));
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData("http://127.0.0.1:4711")]
    [InlineData("http://localhost:4711/")]
    [InlineData("http://[::1]:4711")]
    public void VendorUrl_EmulatorOfThisMachine_OnlyByOption(string text)
    {
        Assert.False(VendorUrl.TryParse(text, Suffixes, allowsPrivate: false, out _, out _));
        Assert.True(VendorUrl.TryParse(text, Suffixes, allowsPrivate: true, out _, out _));
        Assert.False(VendorUrl.TryParse("http://acme.vendor.com", Suffixes, allowsPrivate: true, out _, out _));
    }

    [Fact]
    public void Options_ImpossibleValues_AreListed()
    {
        var options = new WarehouseNetworkOptions { MaxRetries = 0, StallTimeout = TimeSpan.Zero, AllowedNetworks = { "10.0.0.1/8x" } };

        var result = new WarehouseNetworkOptionsValidator().Validate(Options.DefaultName, options);

        Assert.Equal(3, result.Failures!.Count());
    }
}
