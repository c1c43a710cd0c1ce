using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Identifiers;

/// <summary>profile-import-rules 8 and 17.2.</summary>
public sealed class PhoneCanonicaliserTests
{
    private static readonly PhoneCanonicaliser Default = new();
    private static readonly PhoneCanonicaliser Possible = new(new PhoneOptions { Validation = PhoneValidation.Possible });
    private static readonly PhoneCanonicaliser DoubleZero = new(new PhoneOptions { DoubleZeroMeansPlus = true });

    // 17.2
    [Theory]
    [InlineData("+12345678900", null, "+12345678900")]
    [InlineData("+12-345-678-900", null, "+12345678900")]
    [InlineData("+12 345 678 900", null, "+12345678900")]
    [InlineData("tel: +12345678900", null, "+12345678900")]
    [InlineData("(+1234) 567 8900", null, "+12345678900")]
    [InlineData("+1 234 567 8900", null, "+12345678900")]
    [InlineData("+12/345(678)*900", null, "+12345678900")]
    [InlineData("+12()*- 345678900", null, "+12345678900")]
    [InlineData("abcde()*()++12 345 678 900", null, "+12345678900")]
    [InlineData("+1-2-3-4-5-6-7-8-9-0-0", null, "+12345678900")]
    [InlineData("'+12345678900", null, "+12345678900")]
    [InlineData("2345678901", "US", "+12345678901")]
    [InlineData("(234) 567 8901", "US", "+12345678901")]
    [InlineData("234 567 8901", "US", "+12345678901")]
    [InlineData("tel: 2345678901", "US", "+12345678901")]
    [InlineData("12345678901", "USA", "+12345678901")]
    [InlineData("020 7946 0018", "GBR", "+442079460018")]
    [InlineData("+1 234 567 8900 ext. 12", null, "+12345678900")]
    [InlineData("Fax: +12345678900", null, "+12345678900")]
    // 8
    [InlineData("+1 234 567 8900 x123", null, "+12345678900")]
    [InlineData("+1 234 567 8900 #5", null, "+12345678900")]
    [InlineData("+1 234 567 8900;ext=77", null, "+12345678900")]
    [InlineData("+1 234 567 8900 extension 4", null, "+12345678900")]
    [InlineData("tel:+1-234-567-8900;phone-context=example.com", null, "+12345678900")]
    [InlineData("＋１２３４５６７８９００", null, "+12345678900")]
    [InlineData("+١٢٣٤٥٦٧٨٩٠٠", null, "+12345678900")]
    [InlineData("+44 (0) 20 7946 0018", null, "+442079460018")]
    [InlineData("44 20 7946 0018", "UK", "+442079460018")]
    [InlineData("06 1234 5678", "Italy", "+390612345678")]
    [InlineData("+39 06 1234 5678", "IT", "+390612345678")]
    [InlineData("322 1234", "Bahamas", "+12423221234")]
    [InlineData("+800 1234 5678", null, "+80012345678")]
    public void Canonicalise_Valid_GivesE164(string input, string? country, string expected)
    {
        var result = Default.Canonicalise(input, InputKind.Text, country);

        Assert.Equal(CanonicalResult.Of(expected), result);
    }

    // 17.2
    [Theory]
    [InlineData("+1 000 000 0000", null)]
    [InlineData("+1 000 000 0000", "US")]
    [InlineData("+999123456789", null)]
    [InlineData("+999123456789", "FR")]
    [InlineData("+12", null)]
    [InlineData("+12", "US")]
    [InlineData("n/a", null)]
    [InlineData("n/a", "US")]
    [InlineData("12", "US")]
    // 8
    [InlineData("+", null)]
    [InlineData("+1234567890012345678901234567890", null)]
    [InlineData("0049 30 901820", "GB")]
    [InlineData("12345678", "Antarctica")]
    public void Canonicalise_NotANumber_IsPhoneInvalid(string input, string? country)
    {
        var result = Default.Canonicalise(input, InputKind.Text, country);

        Assert.Equal(ProblemCodes.PhoneInvalid, result.Error?.Code);
    }

    // 17.2
    [Theory]
    [InlineData("2345678901", null)]
    [InlineData("2345678901", "Wonderland")]
    [InlineData("0049 30 901820", null)]
    public void Canonicalise_NoCountry_IsPhoneCountryMissing(string input, string? country)
    {
        var result = Default.Canonicalise(input, InputKind.Text, country);

        Assert.Equal(ProblemCodes.PhoneCountryMissing, result.Error?.Code);
    }

    // 17.2
    [Theory]
    [InlineData("+442079460018", "FR", "+442079460018", "The number is from United Kingdom but the country column says France; the number was used.")]
    [InlineData("+80012345678", "FR", "+80012345678", "The number is from +800 but the country column says France; the number was used.")]
    public void Canonicalise_OtherCountry_WarnsAndKeepsTheNumber(string input, string country, string expected, string warning)
    {
        var result = Default.Canonicalise(input, InputKind.Text, country);

        Assert.Equal(expected, result.Value);
        Assert.Equal(ProblemCodes.PhoneCountryMismatch, result.Warning?.Code);
        Assert.Equal(warning, result.Warning?.Detail);
    }

    // Attributes cannot hold broken Unicode, so it has a test of its own.
    [Fact]
    public void Canonicalise_BrokenUnicode_IsRemovedLikeAnyOtherMark()
    {
        Assert.Equal("+12345678900", Default.Canonicalise("+1 234\uD800 567 8900\uDC00").Value);
    }

    [Fact]
    public void Canonicalise_SharedCallingCode_DoesNotWarn()
    {
        var result = Default.Canonicalise("+1 204 234 5678", InputKind.Text, "US");

        Assert.Equal(CanonicalResult.Of("+12042345678"), result);
    }

    // 17.2, last row, and other native numbers
    [Theory]
    [InlineData("12345678901", InputKind.Integer, "+12345678901")]
    [InlineData("12345678901.00", InputKind.Decimal, "+12345678901")]
    [InlineData("1.2345678901E+10", InputKind.Float, "+12345678901")]
    public void Canonicalise_NativeNumber_UsesItsDigits(string input, InputKind kind, string expected)
    {
        Assert.Equal(CanonicalResult.Of(expected), Default.Canonicalise(input, kind, "US"));
    }

    [Theory]
    [InlineData("-12345678901", InputKind.Integer)]
    [InlineData("12345678901.5", InputKind.Decimal)]
    [InlineData("NaN", InputKind.Float)]
    public void Canonicalise_NativeNumberThatIsNoPhone_IsPhoneInvalid(string input, InputKind kind)
    {
        Assert.Equal(ProblemCodes.PhoneInvalid, Default.Canonicalise(input, kind, "US").Error?.Code);
    }

    [Fact]
    public void Canonicalise_InvalidForCountry_NamesTheCountry()
    {
        var result = Default.Canonicalise("12", InputKind.Text, "us");

        Assert.Equal("“12” is not a valid phone number for United States of America.", result.Error?.Detail);
    }

    [Fact]
    public void Canonicalise_DoubleZero_MeansPlusOnlyIfAllowed()
    {
        Assert.Equal("+442079460018", DoubleZero.Canonicalise("0044 20 7946 0018").Value);
        Assert.Equal(ProblemCodes.PhoneCountryMissing, Default.Canonicalise("0044 20 7946 0018").Error?.Code);
    }

    [Fact]
    public void Canonicalise_Possible_AcceptsWhatOnlyTheDataRefuses()
    {
        Assert.Equal("+10000000000", Possible.Canonicalise("+1 000 000 0000").Value);
        Assert.Equal(ProblemCodes.PhoneInvalid, Possible.Canonicalise("+999123456789").Error?.Code);
        Assert.Equal(ProblemCodes.PhoneInvalid, Possible.Canonicalise("+1 234").Error?.Code);
    }

    [Fact]
    public void Canonicalise_DefaultCountry_IsUsedOnlyWithoutARowCountry()
    {
        var british = new PhoneCanonicaliser(new PhoneOptions { DefaultCountry = "United Kingdom" });

        Assert.Equal("+442079460018", british.Canonicalise("020 7946 0018").Value);
        Assert.Equal("+12345678901", british.Canonicalise("2345678901", InputKind.Text, "US").Value);
        Assert.Null(british.Canonicalise("+12345678901").Warning);
    }

    [Fact]
    public void Constructor_UnknownDefaultCountry_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new PhoneCanonicaliser(new PhoneOptions { DefaultCountry = "Wonderland" }));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  \t")]
    public void Canonicalise_Blank_IsNoValue(string? input)
    {
        Assert.True(Default.Canonicalise(input).IsNoValue);
    }

    [Fact]
    public void Canonicalise_IsIdempotent()
    {
        var digits = Gen.Int[0, 9].Array[2, 13].Select(string.Concat);
        var start = Gen.OneOf("", "+", "+1", "+7", "+7 8", "+36 06", "+39 0", "+44 0", "+52 1", "+54 15", "+55 0", "+86 1", "+881 ", "0", "8", "00", "1");
        var country = Gen.OneOf(Countries.Alpha2Codes.Append("").ToArray());
        var options = new[] { Default, Possible, DoubleZero };

        Gen.Select(start, digits, country).Sample((prefix, number, place) =>
        {
            foreach (var canonicaliser in options)
            {
                var once = canonicaliser.Canonicalise(prefix + number, InputKind.Text, place);
                if (once.Value is null) continue;
                Assert.Matches(@"^\+[1-9]\d{6,14}$", once.Value);
                Assert.Equal(CanonicalResult.Of(once.Value), canonicaliser.Canonicalise(once.Value));
            }
        }, iter: 20_000);
    }
}
