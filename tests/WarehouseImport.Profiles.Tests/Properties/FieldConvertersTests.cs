using CsCheck;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Properties;

/// <summary>profile-import-rules 5, 6 and 10.</summary>
public sealed class FieldConvertersTests
{
    [Theory]
    [InlineData("$points", "Write properties.points for a custom property.")]
    [InlineData("$city", "Write properties.city for a custom property.")]
    [InlineData("$email", "Write email for the standard property, or properties.email for a custom property.")]
    [InlineData("$", "Write properties.NAME for a custom property.")]
    public void Check_UnknownTarget_SaysWhatToWrite(string target, string hint) =>
        Assert.Equal((ProblemCodes.PropertyNameInvalid, hint), (FieldConverters.Check(target, InputKind.Text, null)!.Code, FieldConverters.Check(target, InputKind.Text, null)!.Hint));

    [Theory]
    [InlineData("first_name", " Jane ", " Jane ")]
    [InlineData("location.country", "Wonderland", "Wonderland")]
    [InlineData("location.zip", "01234", "01234")]
    [InlineData("image", " https://example.com/a.png?x=1 ", "https://example.com/a.png?x=1")]
    [InlineData("image", "HTTP://example.com", "HTTP://example.com")]
    [InlineData("locale", "en-US", "en-US")]
    [InlineData("locale", "EN-us", "en-US")]
    [InlineData("locale", "zh-HANT-tw", "zh-Hant-TW")]
    [InlineData("locale", "es-419", "es-419")]
    [InlineData("location.timezone", "America/New_York", "America/New_York")]
    [InlineData("location.timezone", "america/new_york", "America/New_York")]
    [InlineData("location.timezone", "Eastern Standard Time", "America/New_York")]
    [InlineData("location.ip", "192.0.2.1", "192.0.2.1")]
    [InlineData("location.ip", "2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    public void Convert_StandardText_FollowsItsRule(string target, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(CanonicalJson.OfText(expected)), FieldConverters.For(target, InputKind.Text).Convert(input));
    }

    [Theory]
    [InlineData("image", "/a.png", ProblemCodes.ImageInvalid)]
    [InlineData("image", "ftp://example.com/a.png", ProblemCodes.ImageInvalid)]
    [InlineData("image", "https://exa mple.com/", ProblemCodes.ImageInvalid)]
    [InlineData("image", "https://example.com/a b.png", ProblemCodes.ImageInvalid)]
    [InlineData("image", "https:example.com", ProblemCodes.ImageInvalid)]
    [InlineData("image", "https://", ProblemCodes.ImageInvalid)]
    [InlineData("image", "javascript:alert(1)", ProblemCodes.ImageInvalid)]
    [InlineData("locale", "english", ProblemCodes.LocaleInvalid)]
    [InlineData("locale", "en", ProblemCodes.LocaleInvalid)]
    [InlineData("locale", "en_US", ProblemCodes.LocaleInvalid)]
    [InlineData("locale", "en-XX", ProblemCodes.LocaleInvalid)]
    [InlineData("locale", "e-US", ProblemCodes.LocaleInvalid)]
    [InlineData("locale", "zh-Han-TW", ProblemCodes.LocaleInvalid)]
    [InlineData("location.ip", "1", ProblemCodes.IpInvalid)]
    [InlineData("location.ip", "256.1.1.1", ProblemCodes.IpInvalid)]
    [InlineData("location.ip", "01.1.1.1", ProblemCodes.IpInvalid)]
    [InlineData("location.ip", "0x7f.1", ProblemCodes.IpInvalid)]
    [InlineData("location.ip", "fe80::1%eth0", ProblemCodes.IpInvalid)]
    [InlineData("location.ip", "[::1]:80", ProblemCodes.IpInvalid)]
    [InlineData("first_name", "a\0", ProblemCodes.TextInvalid)]
    public void Convert_StandardTextAgainstItsRule_IsAnError(string target, string input, string expected)
    {
        Assert.Equal(expected, FieldConverters.For(target, InputKind.Text).Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData("first_name", 255)]
    [InlineData("last_name", 255)]
    [InlineData("organization", 255)]
    [InlineData("title", 255)]
    [InlineData("location.address1", 1_000)]
    [InlineData("location.address2", 1_000)]
    [InlineData("location.city", 255)]
    [InlineData("location.region", 255)]
    [InlineData("source", 255)]
    public void Convert_StandardText_HasItsLength(string target, int max)
    {
        var converter = FieldConverters.For(target, InputKind.Text);

        Assert.True(converter.Convert(string.Concat(Enumerable.Repeat("😀", max))).HasValue);
        Assert.Equal(ProblemCodes.TextTooLong, converter.Convert(new string('a', max + 1)).Error?.Code);
    }

    [Fact]
    public void Convert_Image_IsLimitedTo2048Characters()
    {
        var converter = FieldConverters.For("image", InputKind.Text);

        Assert.True(converter.Convert("https://example.com/".PadRight(2_048, 'a')).HasValue);
        Assert.Equal(ProblemCodes.ImageInvalid, converter.Convert("https://example.com/".PadRight(2_049, 'a')).Error?.Code);
    }

    [Fact]
    public void Convert_UnknownTimeZone_IsKeptWithAWarning()
    {
        var result = FieldConverters.For("location.timezone", InputKind.Text).Convert("Middle-earth");

        Assert.Equal("\"Middle-earth\"", result.Json);
        Assert.Equal(ProblemCodes.TimezoneUnknown, result.Warning?.Code);
    }

    // 10: ranges are exact decimals
    [Theory]
    [InlineData("location.latitude", InputKind.Text, "90", "90")]
    [InlineData("location.latitude", InputKind.Text, "-90.000", "-90")]
    [InlineData("location.latitude", InputKind.Decimal, "52.5200", "52.52")]
    [InlineData("location.latitude", InputKind.Float, "-1E-05", "-0.00001")]
    [InlineData("location.longitude", InputKind.Text, "180", "180")]
    [InlineData("location.longitude", InputKind.Integer, "-180", "-180")]
    public void Convert_Coordinate_IsKeptExactly(string target, InputKind kind, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), FieldConverters.For(target, kind).Convert(input));
    }

    [Theory]
    [InlineData("location.latitude", "90.0000000000000000000000000000000001", ProblemCodes.LatitudeInvalid)]
    [InlineData("location.latitude", "-91", ProblemCodes.LatitudeInvalid)]
    [InlineData("location.latitude", "52° N", ProblemCodes.LatitudeInvalid)]
    [InlineData("location.latitude", "1e37", ProblemCodes.LatitudeInvalid)]
    [InlineData("location.longitude", "180.1", ProblemCodes.LongitudeInvalid)]
    [InlineData("location.longitude", "NaN", ProblemCodes.LongitudeInvalid)]
    public void Convert_CoordinateOutside_IsInvalid(string target, string input, string expected)
    {
        Assert.Equal(expected, FieldConverters.For(target, InputKind.Text).Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData(InputKind.Integer, ProblemCodes.ZipNumeric)]
    [InlineData(InputKind.Decimal, ProblemCodes.ZipNumeric)]
    [InlineData(InputKind.Text, null)]
    public void For_ZipFromNumericColumn_HasANoticeForTheRun(InputKind kind, string? expected)
    {
        var converter = FieldConverters.For("location.zip", kind);

        Assert.Equal(expected, converter.Notice?.Code);
        Assert.Null(converter.Convert("1234").Warning);
        Assert.Equal("\"1234\"", converter.Convert("1234").Json);
    }

    [Fact]
    public void For_CustomProperty_UsesTheDeclaredType()
    {
        Assert.Equal(ParsedValue.Of("7"), FieldConverters.For("properties.points", InputKind.Text, PropertyType.Number).Convert("7"));
        Assert.Equal(ParsedValue.Of("\"7\""), FieldConverters.For("properties.points", InputKind.Text, PropertyType.Text).Convert("7"));
        Assert.Equal(PropertyType.Number, FieldConverters.For("properties.points", InputKind.Integer).Type);
    }

    [Theory]
    [InlineData("properties.$x", InputKind.Text, null, ProblemCodes.PropertyNameReserved)]
    [InlineData("properties.", InputKind.Text, null, ProblemCodes.PropertyNameInvalid)]
    [InlineData("nickname", InputKind.Text, null, ProblemCodes.PropertyNameInvalid)]
    [InlineData("last_open", InputKind.Text, null, ProblemCodes.PropertyReadOnly)]
    [InlineData("locale_country", InputKind.Text, null, ProblemCodes.PropertyReadOnly)]
    [InlineData("location.country_code", InputKind.Text, null, ProblemCodes.PropertyReadOnly)]
    [InlineData("consent.email.marketing", InputKind.Text, null, ProblemCodes.ConsentChannelUnsupported)]
    [InlineData("first_name", InputKind.Text, PropertyType.Number, ProblemCodes.PropertyTypeConflict)]
    [InlineData("first_name", InputKind.Json, null, ProblemCodes.ColumnTypeUnsupported)]
    [InlineData("properties.x", InputKind.Time, PropertyType.Date, ProblemCodes.ColumnTypeUnsupported)]
    [InlineData("email", InputKind.Integer, null, ProblemCodes.ColumnTypeUnsupported)]
    [InlineData("phone_number", InputKind.Date, null, ProblemCodes.ColumnTypeUnsupported)]
    [InlineData("phone_number", InputKind.Integer, null, null)]
    [InlineData("external_id", InputKind.Decimal, null, null)]
    [InlineData("properties.x", InputKind.Time, PropertyType.Text, null)]
    public void Check_Mapping_NamesTheObstacle(string target, InputKind kind, PropertyType? declared, string? expected)
    {
        Assert.Equal(expected, FieldConverters.Check(target, kind, declared)?.Code);
        if (expected is not null) Assert.Throws<ArgumentException>(() => FieldConverters.For(target, kind, declared));
    }

    [Fact]
    public void For_Identifier_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => FieldConverters.For("email", InputKind.Text));
    }

    [Theory]
    [InlineData("locale", "\"zh-Hant-TW\"", "locale_language=\"zh\" locale_country=\"TW\"")]
    [InlineData("location.country", "\"u.k.\"", "location.country_code=\"GB\"")]
    [InlineData("location.country", "\"Wonderland\"", "")]
    [InlineData("first_name", "\"DE\"", "")]
    [InlineData("locale", "\"\"", "")]
    public void DerivedFields_Of_FollowsTheValue(string path, string json, string expected)
    {
        Assert.Equal(expected, string.Join(' ', DerivedFields.Of(path, json).Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void Convert_StoredText_StaysAsItIs()
    {
        var targets = StandardProperties.All.Where(property => property.Role == PropertyRole.Field).Select(property => FieldConverters.For(property.Path, InputKind.Text)).ToArray();
        var part = Gen.OneOf("en", "-", "US", "us", "Hant", " ", "https://", "example.com", "/", "1", ".", "0", ":", "::", "ffff", "Europe/", "Berlin", "UTC", "Eastern Standard Time", "e\u0301", "\u00A0", "90", "😀", "\uFFFE");

        Gen.Select(part.Array[0, 7].Select(string.Concat), Gen.OneOf(targets)).Sample((cell, converter) =>
        {
            if (converter.Convert(cell).Json is not { } json) return;
            var again = CanonicalJson.TryGetText(json, out var text) ? text : json;
            Assert.Equal(json, converter.Convert(again).Json);
        }, iter: 100_000);
    }
}
