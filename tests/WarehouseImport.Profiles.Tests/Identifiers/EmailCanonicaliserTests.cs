using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Tests.Identifiers;

/// <summary>profile-import-rules 2.2 and 17.1.</summary>
public sealed class EmailCanonicaliserTests
{
    private static readonly EmailCanonicaliser Default = new();
    private static readonly EmailCanonicaliser Lenient = new(new EmailOptions { MaxLength = 254, AllowNonAsciiLocalPart = true });

    // 17.1
    [Theory]
    [InlineData("  Jane@Example.COM ", "jane@example.com")]
    [InlineData("jane+shop@example.com", "jane+shop@example.com")]
    [InlineData("info@bücher.example", "info@xn--bcher-kva.example")]
    // 2.2
    [InlineData("\u200B\uFEFFjane@example.com\u2060\u00A0", "jane@example.com")]
    [InlineData("Jane.O'Brien@example.com", "jane.o'brien@example.com")]
    [InlineData("a@fußball.example", "a@xn--fuball-cta.example")]
    [InlineData("a@BÜCHER.example", "a@xn--bcher-kva.example")]
    [InlineData("a@bu\u0308cher.example", "a@xn--bcher-kva.example")]
    [InlineData("a@b。example", "a@b.example")]
    [InlineData("\u212Aate@example.com", "kate@example.com")]
    public void Canonicalise_Valid_GivesCanonicalForm(string input, string expected)
    {
        var result = Default.Canonicalise(input);

        Assert.Equal(expected, result.Value);
        Assert.Null(result.Error);
    }

    // 17.1
    [Theory]
    [InlineData("jane@@example.com")]
    [InlineData("jane@example")]
    [InlineData("@example.com")]
    [InlineData("jane@")]
    [InlineData("ja ne@example.com")]
    [InlineData("jane,doe@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData("\"a b\"@example.com")]
    [InlineData("jane@exa mple.com")]
    // 2.2
    [InlineData("jane")]
    [InlineData(".a@example.com")]
    [InlineData("a.@example.com")]
    [InlineData("a@-example.com")]
    [InlineData("a@example-.com")]
    [InlineData("a@example..com")]
    [InlineData("a@.example.com")]
    [InlineData("a@example.com.")]
    [InlineData("a@example.123")]
    [InlineData("a@exa_mple.com")]
    [InlineData("a@xn--a.example")]
    [InlineData("a(b)@example.com")]
    [InlineData("a\\b@example.com")]
    [InlineData("Jane <jane@example.com>")]
    [InlineData("a\0b@example.com")]
    [InlineData("a\u0007b@example.com")]
    [InlineData("a\u200Bb@example.com")]
    [InlineData("jürgen@example.com")]
    [InlineData("a\u037Eb@example.com")]
    public void Canonicalise_Invalid_IsEmailInvalid(string input)
    {
        var result = Default.Canonicalise(input);

        Assert.Equal(ProblemCodes.EmailInvalid, result.Error?.Code);
        Assert.Null(result.Value);
    }

    // Attributes cannot hold broken Unicode, so it has a test of its own.
    [Fact]
    public void Canonicalise_BrokenUnicode_IsEmailInvalid()
    {
        Assert.Equal(ProblemCodes.EmailInvalid, Lenient.Canonicalise("a\uD800@example.com").Error?.Code);
    }

    [Fact]
    public void Canonicalise_LocalPartOf65_IsEmailInvalid()
    {
        Assert.True(Default.Canonicalise(new string('a', 64) + "@example.com").HasValue);
        Assert.Equal(ProblemCodes.EmailInvalid, Default.Canonicalise(new string('a', 65) + "@example.com").Error?.Code);
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(101, ProblemCodes.EmailTooLong)]
    [InlineData(100_000, ProblemCodes.EmailTooLong)]
    public void Canonicalise_Length_IsLimitedTo100(int length, string? expected)
    {
        var address = OfLength(length);

        Assert.Equal(expected, Default.Canonicalise(address).Error?.Code);
    }

    [Fact]
    public void Canonicalise_LongerAsALabels_IsMeasuredInCanonicalForm()
    {
        var address = "a@" + string.Concat(Enumerable.Repeat("bücher.", 13)) + "example";

        Assert.True(address.Length <= 100);
        Assert.Equal(ProblemCodes.EmailTooLong, Default.Canonicalise(address).Error?.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\u200B\u00A0\uFEFF")]
    public void Canonicalise_Blank_IsNoValue(string? input)
    {
        Assert.True(Default.Canonicalise(input).IsNoValue);
    }

    [Fact]
    public void Canonicalise_NonAsciiLocalPartAllowed_IsNormalised()
    {
        var result = Lenient.Canonicalise("JU\u0308RGEN@example.com");

        Assert.Equal("jürgen@example.com", result.Value);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(255)]
    public void Constructor_MaxLengthOutOfRange_IsRefused(int maxLength)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new EmailCanonicaliser(new EmailOptions { MaxLength = maxLength }));
    }

    [Fact]
    public void Canonicalise_IsIdempotent()
    {
        var part = Gen.OneOf("a", "B", "İ", "ß", "Σ", "ς", "u\u0308", "\u0130", "\u212A", "ﬁ", "１", "9", "-", "xn--", "xn--bcher-kva", ".", "+", "'", "\u200D", "é", "日本", "☃", "😀", "\u0345", "ά");
        var text = part.Array[1, 5].Select(string.Concat);
        var address = Gen.Select(text, text, Gen.OneOf("example", "com", "рф", "ελ"), (local, domain, top) => $"{local}@{domain}.{top}");

        address.Sample(input =>
        {
            foreach (var canonicaliser in new[] { Default, Lenient })
            {
                var once = canonicaliser.Canonicalise(input);
                if (once.Value is not null) Assert.Equal(once, canonicaliser.Canonicalise(once.Value));
            }
        }, iter: 100_000);
    }

    private static string OfLength(int length)
    {
        const string End = "@example.com";
        return new string('a', 60) + "@" + string.Concat(Enumerable.Repeat("bbbbbbbb.", (length - 61) / 9 + 1))[..(length - 61 - End.Length)].TrimEnd('.').PadRight(length - 61 - End.Length, 'c') + ".example.com";
    }
}
