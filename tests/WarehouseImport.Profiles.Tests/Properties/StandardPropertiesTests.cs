using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Properties;

/// <summary>profile-import-rules 5 and 9.2.</summary>
public sealed class StandardPropertiesTests
{
    [Theory]
    [InlineData("  First Name ", "firstname")]
    [InlineData("$first_name", "firstname")]
    [InlineData("State / Region", "stateregion")]
    [InlineData("ZIP-code", "zipcode")]
    [InlineData("a$b", "a$b")]
    [InlineData("", "")]
    public void NormaliseName_IgnoresCaseAndSeparators(string name, string expected)
    {
        Assert.Equal(expected, StandardProperties.NormaliseName(name));
    }

    // 5
    [Theory]
    [InlineData("id", "Klaviyo ID", "Profile ID", "WarehouseImport ID")]
    [InlineData("external_id", "external_id", "External ID", "$id", "Customer ID", "User ID", "customer_id", "userId")]
    [InlineData("email", "email", "$email", "Email", "Email Address", "E-Mail")]
    [InlineData("phone_number", "phone_number", "$phone_number", "Phone Number", "Phone", "Mobile")]
    [InlineData("first_name", "first_name", "First Name", "FIRSTNAME")]
    [InlineData("last_name", "last_name", "Last Name")]
    [InlineData("organization", "organization", "Organization", "Company")]
    [InlineData("title", "title", "Title", "Job Title")]
    [InlineData("image", "image", "Image", "Image URL")]
    [InlineData("locale", "locale", "Locale")]
    [InlineData("location.address1", "location.address1", "Address", "Address 1", "Street", "address1")]
    [InlineData("location.address2", "location.address2", "Address 2")]
    [InlineData("location.city", "location.city", "City")]
    [InlineData("location.region", "location.region", "State / Region", "State", "Region", "Province", "$region")]
    [InlineData("location.country", "location.country", "Country")]
    [InlineData("location.zip", "location.zip", "Zip Code", "Zip", "Postal Code", "$zip")]
    [InlineData("location.latitude", "location.latitude", "Latitude")]
    [InlineData("location.longitude", "location.longitude", "Longitude")]
    [InlineData("location.timezone", "location.timezone", "Timezone", "Time Zone")]
    [InlineData("location.ip", "location.ip", "IP", "IP Address")]
    [InlineData("source", "source", "Source")]
    public void TrySuggest_Label_FindsTheProperty(string path, params string[] names)
    {
        Assert.All(names, name =>
        {
            Assert.True(StandardProperties.TrySuggest(name, out var property), name);
            Assert.Equal(path, property.Path);
            Assert.True(property.IsMappable);
        });
    }

    // 5, read-only labels
    [Theory]
    [InlineData("First Active")]
    [InlineData("Last Active")]
    [InlineData("Profile Created On")]
    [InlineData("Date Added")]
    [InlineData("Last Open")]
    [InlineData("Last Click")]
    [InlineData("$locale_language")]
    [InlineData("$locale_country")]
    public void TrySuggest_ReadOnlyLabel_IsRecognisedButNoTarget(string name)
    {
        Assert.True(StandardProperties.TrySuggest(name, out var property));
        Assert.Equal(PropertyRole.ReadOnly, property.Role);
        Assert.False(property.IsMappable);
    }

    // 9.2, 9.6
    [Theory]
    [InlineData("Email Marketing Consent")]
    [InlineData("email_consent")]
    [InlineData("Accepts Email Marketing")]
    [InlineData("Email Marketing Consent Timestamp")]
    [InlineData("Email Consent Timestamp")]
    [InlineData("SMS Marketing Consent")]
    [InlineData("SMS Consent")]
    [InlineData("Accepts SMS Marketing")]
    [InlineData("SMS Marketing Timestamp")]
    [InlineData("SMS Consent Timestamp")]
    [InlineData("SMS Marketing Consent Timestamp")]
    [InlineData("SMS Transactional Consent")]
    [InlineData("SMS Transactional Timestamp")]
    [InlineData("SMS Transactional Consent Timestamp")]
    [InlineData("Suppressed")]
    [InlineData("Suppression Reason")]
    public void TrySuggest_ConsentColumn_IsRecognisedButNoTarget(string name)
    {
        Assert.True(StandardProperties.TrySuggest(name, out var property));
        Assert.Equal(PropertyRole.Consent, property.Role);
    }

    [Theory]
    [InlineData("Consent")]
    [InlineData("$consent")]
    [InlineData("loyalty_points")]
    [InlineData("")]
    public void TrySuggest_OtherName_SuggestsNothing(string name)
    {
        Assert.False(StandardProperties.TrySuggest(name, out _));
    }

    // Both "id" (our API name) and "$id" (Klaviyo's label of the external id) normalise to one name.
    [Fact]
    public void TrySuggest_ColumnNamedId_IsTheCompanysOwnId()
    {
        Assert.True(StandardProperties.TrySuggest("id", out var property));
        Assert.Equal("external_id", property.Path);
    }

    [Fact]
    public void All_Paths_AreDistinctAndTyped()
    {
        Assert.Equal(StandardProperties.All.Count, StandardProperties.All.Select(property => property.Path).Distinct().Count());
        Assert.True(StandardProperties.TryGet("location.latitude", out var latitude));
        Assert.Equal(PropertyType.Number, latitude.Type);
    }
}
