using System.Globalization;
using System.Numerics;
using CsCheck;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 7.3 and 17.4.</summary>
public sealed class NumberTests
{
    private static readonly IValueConverter Text = ValueConverters.For(PropertyType.Number, InputKind.Text);

    // 17.4
    [Theory]
    [InlineData("2", "2")]
    [InlineData("5.0031", "5.0031")]
    [InlineData("130.0", "130")]
    [InlineData("-7", "-7")]
    [InlineData("1e3", "1000")]
    [InlineData("12345678901234567890123456789012345678", "12345678901234567890123456789012345678")]
    // 7.3
    [InlineData("+7", "7")]
    [InlineData("007", "7")]
    [InlineData("00.10", "0.1")]
    [InlineData("-0", "0")]
    [InlineData("-0.000e5", "0")]
    [InlineData("0e999999999999999999999", "0")]
    [InlineData("1.50E+2", "150")]
    [InlineData("1.5e-3", "0.0015")]
    [InlineData("123.456e1", "1234.56")]
    [InlineData("123.456e-1", "12.3456")]
    [InlineData("123456e-3", "123.456")]
    [InlineData("1200e-2", "12")]
    [InlineData("0.0012e2", "0.12")]
    [InlineData("0.0012e4", "12")]
    [InlineData("0.0012e6", "1200")]
    [InlineData("1e37", "10000000000000000000000000000000000000")]
    [InlineData("1e-37", "0.0000000000000000000000000000000000001")]
    [InlineData("1.2345678901234567890123456789012345678", "1.2345678901234567890123456789012345678")]
    [InlineData("100000000000000000000000000000000000000e-1", "10000000000000000000000000000000000000")]
    [InlineData(" 5 ", "5")]
    public void Convert_Number_IsKeptExactly(string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), Text.Convert(input));
    }

    // 17.4
    [Theory]
    [InlineData(".5")]
    [InlineData("$5.00")]
    [InlineData("1,000")]
    [InlineData("5%")]
    [InlineData("NaN")]
    [InlineData("1 000")]
    [InlineData("0x10")]
    // 7.3
    [InlineData("5.")]
    [InlineData("-")]
    [InlineData("+-1")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1.2.3")]
    [InlineData("1e2.5")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("1_000")]
    [InlineData("１")]
    [InlineData("−5")]
    [InlineData("5€")]
    [InlineData("😀")]
    public void Convert_AnythingElse_IsNumberInvalid(string input)
    {
        Assert.Equal(ProblemCodes.NumberInvalid, Text.Convert(input).Error?.Code);
    }

    // 17.4
    [Theory]
    [InlineData("123456789012345678901234567890123456789")]
    [InlineData("1.23456789012345678901234567890123456789")]
    [InlineData("1e38")]
    [InlineData("1e-38")]
    [InlineData("-1e400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("12345678901234567890.1234567890123456789")]
    public void Convert_TooManyDigits_IsNumberOutOfRange(string input)
    {
        Assert.Equal(ProblemCodes.NumberOutOfRange, Text.Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData(InputKind.Integer, "-42", "-42")]
    [InlineData(InputKind.Decimal, "42.5000", "42.5")]
    [InlineData(InputKind.Float, "0.1", "0.1")]
    [InlineData(InputKind.Float, "1E-05", "0.00001")]
    [InlineData(InputKind.Float, "-0", "0")]
    public void Convert_Native_IsKeptExactly(InputKind kind, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), ValueConverters.For(PropertyType.Number, kind).Convert(input));
    }

    [Fact]
    public void Convert_NativeNaN_IsNumberInvalid()
    {
        var result = ValueConverters.For(PropertyType.Number, InputKind.Float).Convert("NaN");

        Assert.Equal(ProblemCodes.NumberInvalid, result.Error?.Code);
        Assert.Equal("“NaN” is not a number: only finite numbers are accepted.", result.Error?.Detail);
    }

    [Fact]
    public void Convert_AnySpelling_HasTheValueOfItsDigits()
    {
        var digits = Gen.OneOf('0', '0', '1', '5', '9').Array[1, 12].Select(characters => new string(characters));
        var spelling = Gen.Select(Gen.OneOf("", "-", "+"), digits, Gen.OneOf(true, false), digits, Gen.Int[-12, 12]);

        spelling.Sample((sign, whole, hasFraction, fraction, exponent) =>
        {
            var text = sign + whole + (hasFraction ? "." + fraction : "") + (exponent == 0 ? "" : $"e{exponent}");

            var canonical = Text.Convert(text).Json;

            Assert.NotNull(canonical);
            Assert.Matches(@"^(0|-?(0|[1-9]\d*)\.\d*[1-9]|-?[1-9]\d*)$", canonical);
            Assert.Equal(Scaled(sign == "-", whole + (hasFraction ? fraction : ""), exponent - (hasFraction ? fraction.Length : 0)), ScaledOf(canonical));
            Assert.Equal(canonical, Text.Convert(canonical).Json);
        }, iter: 100_000);
    }

    [Fact]
    public void Convert_AnyFiniteDouble_RoundTripsThroughText()
    {
        var converter = ValueConverters.For(PropertyType.Text, InputKind.Float);

        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var json = converter.Convert(value.ToString("R", CultureInfo.InvariantCulture)).Json!;

            Assert.Equal(value == 0 ? 0 : value, double.Parse(json.Trim('"'), CultureInfo.InvariantCulture));
            Assert.DoesNotContain('E', json);
        }, iter: 20_000);
    }

    // The value times 10^40, an independent exact integer.
    private static BigInteger Scaled(bool negative, string digits, int exponent) =>
        (negative ? -1 : 1) * BigInteger.Parse(digits, CultureInfo.InvariantCulture) * BigInteger.Pow(10, 40 + exponent);

    private static BigInteger ScaledOf(string canonical)
    {
        var point = canonical.IndexOf('.');
        var digits = canonical.Replace(".", "").TrimStart('-');
        return Scaled(canonical[0] == '-', digits, point < 0 ? 0 : -(canonical.Length - point - 1));
    }
}
