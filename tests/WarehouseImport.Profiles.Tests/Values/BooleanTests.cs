using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 7.4 and 17.4.</summary>
public sealed class BooleanTests
{
    private static readonly IValueConverter Text = ValueConverters.For(PropertyType.Boolean, InputKind.Text);
    private static readonly IValueConverter Strict = ValueConverters.For(PropertyType.Boolean, InputKind.Text, new ValueOptions { StrictKlaviyo = true });

    // 17.4
    [Theory]
    [InlineData("true", "true")]
    [InlineData("T", "true")]
    [InlineData("Yes", "true")]
    [InlineData("y", "true")]
    [InlineData("1", "true")]
    [InlineData(" tRuE ", "true")]
    [InlineData("False", "false")]
    [InlineData("f", "false")]
    [InlineData("NO", "false")]
    [InlineData("n", "false")]
    [InlineData("0", "false")]
    public void Convert_Word_IsRead(string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), Text.Convert(input));
    }

    // 17.4
    [Theory]
    [InlineData("on")]
    [InlineData("2")]
    [InlineData("oui")]
    [InlineData("1.0")]
    [InlineData("none")]
    public void Convert_AnythingElse_IsBooleanInvalid(string input)
    {
        Assert.Equal(ProblemCodes.BooleanInvalid, Text.Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData(InputKind.Boolean, "true", "true")]
    [InlineData(InputKind.Boolean, "false", "false")]
    [InlineData(InputKind.Integer, "1", "true")]
    [InlineData(InputKind.Decimal, "0.00", "false")]
    [InlineData(InputKind.Float, "1", "true")]
    public void Convert_Native_IsRead(InputKind kind, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), ValueConverters.For(PropertyType.Boolean, kind).Convert(input));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("-1")]
    [InlineData("NaN")]
    public void Convert_NativeNumberOtherThanOneAndZero_IsBooleanInvalid(string input)
    {
        Assert.Equal(ProblemCodes.BooleanInvalid, ValueConverters.For(PropertyType.Boolean, InputKind.Float).Convert(input).Error?.Code);
    }

    [Fact]
    public void Convert_StrictKlaviyo_AcceptsOnlyTrueAndFalse()
    {
        Assert.Equal(ParsedValue.Of("true"), Strict.Convert("TRUE"));
        Assert.Equal(ProblemCodes.BooleanInvalid, Strict.Convert("yes").Error?.Code);
        Assert.Equal(ProblemCodes.BooleanInvalid, Strict.Convert("1").Error?.Code);
    }
}
