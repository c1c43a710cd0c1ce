using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Identifiers;

/// <summary>profile-import-rules 2.3.</summary>
public sealed class ExternalIdCanonicaliserTests
{
    [Theory]
    [InlineData("  Ab-1 ", InputKind.Text, "Ab-1")]
    [InlineData("007", InputKind.Text, "007")]
    [InlineData("e\u0301", InputKind.Text, "é")]
    [InlineData("42", InputKind.Integer, "42")]
    [InlineData("-42", InputKind.Integer, "-42")]
    [InlineData("-0", InputKind.Integer, "0")]
    [InlineData("42.000", InputKind.Decimal, "42")]
    [InlineData("12345678901234567890123456789012345678", InputKind.Decimal, "12345678901234567890123456789012345678")]
    [InlineData("1E+20", InputKind.Float, "100000000000000000000")]
    public void Canonicalise_Valid_GivesCanonicalForm(string input, InputKind kind, string expected)
    {
        Assert.Equal(CanonicalResult.Of(expected), ExternalIdCanonicaliser.Canonicalise(input, kind));
    }

    [Theory]
    [InlineData("a\u0001b", InputKind.Text)]
    [InlineData("a\nb", InputKind.Text)]
    [InlineData("a\0", InputKind.Text)]
    [InlineData("42.5", InputKind.Decimal)]
    [InlineData("0.1", InputKind.Float)]
    [InlineData("NaN", InputKind.Float)]
    [InlineData("1E+300", InputKind.Float)]
    public void Canonicalise_Invalid_IsExternalIdInvalid(string input, InputKind kind)
    {
        Assert.Equal(ProblemCodes.ExternalIdInvalid, ExternalIdCanonicaliser.Canonicalise(input, kind).Error?.Code);
    }

    // Attributes cannot hold broken Unicode, so it has a test of its own.
    [Fact]
    public void Canonicalise_BrokenUnicode_IsExternalIdInvalid()
    {
        Assert.Equal(ProblemCodes.ExternalIdInvalid, ExternalIdCanonicaliser.Canonicalise("a\uDC00").Error?.Code);
    }

    [Fact]
    public void Canonicalise_Length_IsLimitedTo64Characters()
    {
        Assert.True(ExternalIdCanonicaliser.Canonicalise(string.Concat(Enumerable.Repeat("😀", 64))).HasValue);
        Assert.Equal(ProblemCodes.ExternalIdTooLong, ExternalIdCanonicaliser.Canonicalise(new string('a', 65)).Error?.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" \u00A0")]
    public void Canonicalise_Blank_IsNoValue(string? input)
    {
        Assert.True(ExternalIdCanonicaliser.Canonicalise(input).IsNoValue);
    }

    [Fact]
    public void Canonicalise_BooleanColumn_IsRefused()
    {
        Assert.False(ExternalIdCanonicaliser.IsSupported(InputKind.Boolean));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExternalIdCanonicaliser.Canonicalise("true", InputKind.Boolean));
    }

    [Fact]
    public void Canonicalise_IsIdempotent()
    {
        var part = Gen.OneOf("a", "A", " ", "\u2000", "\u00A0", "e", "\u0301", "\u0327", "가", "\u1100", "\u1161", "😀", "\uFFFE", "\u200B", "0", "-", "\uD800", "\u0344");

        part.Array[0, 12].Select(string.Concat).Sample(input =>
        {
            var once = ExternalIdCanonicaliser.Canonicalise(input);
            if (once.Value is not null) Assert.Equal(once, ExternalIdCanonicaliser.Canonicalise(once.Value));
        }, iter: 100_000);
    }
}
