using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 8, country column values.</summary>
public sealed class CountriesTests
{
    // 8, the list that must be accepted
    [Theory]
    [InlineData("AU", "Australia", "AUS")]
    [InlineData("AT", "Austria", "AT")]
    [InlineData("BE", "Belgium", "BE")]
    [InlineData("CA", "Canada", "CAN")]
    [InlineData("DK", "Denmark", "DK")]
    [InlineData("FI", "Finland", "FI")]
    [InlineData("FR", "France", "FR")]
    [InlineData("DE", "Germany", "DE")]
    [InlineData("HU", "Hungary", "HU")]
    [InlineData("IE", "Ireland", "IE")]
    [InlineData("IT", "Italy", "IT")]
    [InlineData("LU", "Luxembourg", "LU")]
    [InlineData("NL", "Netherlands", "NL")]
    [InlineData("NZ", "New Zealand", "NZ")]
    [InlineData("NO", "Norway", "NO")]
    [InlineData("PL", "Poland", "PL")]
    [InlineData("PT", "Portugal", "PT")]
    [InlineData("ES", "Spain", "ES")]
    [InlineData("SE", "Sweden", "SE")]
    [InlineData("CH", "Switzerland", "CH")]
    [InlineData("GB", "United Kingdom", "GBR")]
    [InlineData("US", "United States of America", "US", "USA", "United States", "U.S.A.", "u.s.", "  united STATES  ")]
    [InlineData("GB", "UK", "U.K.", "uk")]
    [InlineData("CI", "Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast", "CIV")]
    [InlineData("NL", "Netherlands (the)", "Netherlands (Kingdom of the)")]
    [InlineData("VI", "Virgin Islands (U.S.)")]
    public void TryRecognise_AcceptedName_GivesItsCode(string alpha2, params string[] names)
    {
        Assert.All(names, name =>
        {
            Assert.True(Countries.TryRecognise(name, out var found), name);
            Assert.Equal(alpha2, found);
        });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" . ")]
    [InlineData("Wonderland")]
    [InlineData("XX")]
    [InlineData("Germny")]
    [InlineData("+49")]
    public void TryRecognise_AnythingElse_IsNotGuessed(string? text)
    {
        Assert.False(Countries.TryRecognise(text, out _));
    }

    [Fact]
    public void TryRecognise_EveryIsoCodeAndName_IsAccepted()
    {
        Assert.Equal(249, Countries.Alpha2Codes.Count);
        Assert.All(Countries.Alpha2Codes, code =>
        {
            Assert.True(Countries.TryRecognise(code.ToLowerInvariant(), out var byCode));
            Assert.Equal(code, byCode);
            Assert.True(Countries.TryRecognise(Countries.NameOf(code), out var byName));
            Assert.Equal(code, byName);
        });
    }
}
