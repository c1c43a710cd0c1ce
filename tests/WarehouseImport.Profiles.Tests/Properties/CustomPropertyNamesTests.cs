using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;

namespace WarehouseImport.Profiles.Tests.Properties;

/// <summary>profile-import-rules 6.1 and 6.2.</summary>
public sealed class CustomPropertyNamesTests
{
    [Theory]
    [InlineData("gender")]
    [InlineData("Gender")]
    [InlineData(" loyalty.tier ")]
    [InlineData("客户等级")]
    // extra aliases of ours are free
    [InlineData("Company")]
    [InlineData("Mobile")]
    [InlineData("customer_id")]
    [InlineData("Region")]
    [InlineData("Email Consent")]
    public void Validate_FreeName_IsAccepted(string name)
    {
        Assert.Null(CustomPropertyNames.Validate(name));
    }

    [Theory]
    [InlineData("$anything")]
    [InlineData("Email")]
    [InlineData("e-mail address")]
    [InlineData("first_name")]
    [InlineData("FIRST NAME")]
    [InlineData("State/Region")]
    [InlineData("location.city")]
    [InlineData("id")]
    [InlineData("Klaviyo ID")]
    [InlineData("Last Open")]
    [InlineData("SMS Marketing Consent")]
    public void Validate_KlaviyoName_IsReserved(string name)
    {
        Assert.Equal(ProblemCodes.PropertyNameReserved, CustomPropertyNames.Validate(name)?.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\u0007b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void Validate_UnusableName_IsInvalid(string name)
    {
        Assert.Equal(ProblemCodes.PropertyNameInvalid, CustomPropertyNames.Validate(name)?.Code);
    }

    [Fact]
    public void Validate_Length_IsLimitedTo255Characters()
    {
        Assert.Null(CustomPropertyNames.Validate(new string('a', 255)));
        Assert.Equal(ProblemCodes.PropertyNameInvalid, CustomPropertyNames.Validate(new string('a', 256))?.Code);
    }

    [Theory]
    [InlineData("gender", "Gender", true)]
    [InlineData("loyalty_tier", "Loyalty Tier", true)]
    [InlineData("gender", "gender", false)]
    [InlineData("gender", "genders", false)]
    [InlineData("a-b", "ab", false)]
    public void AreConfusable_DiffersOnlyInCaseSpacesOrUnderscores(string left, string right, bool expected)
    {
        Assert.Equal(expected, CustomPropertyNames.AreConfusable(left, right));
    }

    [Fact]
    public void FieldPaths_CustomName_MayHoldDots()
    {
        var path = FieldPaths.Custom("a.b");

        Assert.Equal("properties.a.b", path);
        Assert.True(FieldPaths.TryGetCustomName(path, out var name));
        Assert.Equal("a.b", name);
        Assert.False(FieldPaths.TryGetCustomName("location.city", out _));
    }
}
