using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 7.2, 7.7 and the blank rule of 4.2.</summary>
public sealed class ValueConvertersTests
{
    // 7.7: for every type, the native kinds that can fill it.
    [Theory]
    [InlineData(PropertyType.Text, InputKind.Text, InputKind.Integer, InputKind.Decimal, InputKind.Float, InputKind.Boolean, InputKind.Date, InputKind.Timestamp, InputKind.TimestampWithZone, InputKind.Time)]
    [InlineData(PropertyType.Number, InputKind.Text, InputKind.Integer, InputKind.Decimal, InputKind.Float)]
    [InlineData(PropertyType.Boolean, InputKind.Text, InputKind.Integer, InputKind.Decimal, InputKind.Float, InputKind.Boolean)]
    [InlineData(PropertyType.Date, InputKind.Text, InputKind.Integer, InputKind.Date, InputKind.Timestamp, InputKind.TimestampWithZone)]
    [InlineData(PropertyType.List, InputKind.Text, InputKind.List, InputKind.Json)]
    [InlineData(PropertyType.Json, InputKind.Text, InputKind.List, InputKind.Json)]
    public void IsSupported_FollowsTheTableOfNativeTypes(PropertyType type, params InputKind[] supported)
    {
        var options = new ValueOptions { IntegerDateUnit = EpochUnit.Seconds };

        Assert.All(Enum.GetValues<InputKind>(), kind =>
        {
            Assert.Equal(supported.Contains(kind), ValueConverters.IsSupported(type, kind));
            if (supported.Contains(kind)) Assert.NotNull(ValueConverters.For(type, kind, options));
            else Assert.Throws<ArgumentException>(() => ValueConverters.For(type, kind, options));
        });
    }

    // 7.2, 7.5 last line
    [Theory]
    [InlineData(InputKind.Text, " a \"b\" ", "\" a \\\"b\\\" \"")]
    [InlineData(InputKind.Text, "e\u0301", "\"é\"")]
    [InlineData(InputKind.Text, "2014-09-30", "\"2014-09-30\"")]
    [InlineData(InputKind.Integer, "007", "\"7\"")]
    [InlineData(InputKind.Decimal, "1.50", "\"1.5\"")]
    [InlineData(InputKind.Decimal, "1234567890123456789012345678901234567890.12", "\"1234567890123456789012345678901234567890.12\"")]
    [InlineData(InputKind.Float, "1E+20", "\"100000000000000000000\"")]
    [InlineData(InputKind.Boolean, "true", "\"true\"")]
    [InlineData(InputKind.Date, "2014-09-30", "\"2014-09-30\"")]
    [InlineData(InputKind.Time, "13:34:08.5", "\"13:34:08.5\"")]
    [InlineData(InputKind.Timestamp, "2014-09-30T13:34:08.500", "\"2014-09-30T13:34:08.5\"")]
    [InlineData(InputKind.TimestampWithZone, "2014-09-30T13:34:08Z", "\"2014-09-30T13:34:08Z\"")]
    [InlineData(InputKind.TimestampWithZone, "2014-09-30 13:34:08.000001-0430", "\"2014-09-30T13:34:08.000001-04:30\"")]
    public void Convert_ToText_KeepsTheCanonicalForm(InputKind kind, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), ValueConverters.For(PropertyType.Text, kind).Convert(input));
    }

    [Theory]
    [InlineData(InputKind.Float, "NaN", ProblemCodes.NumberInvalid)]
    [InlineData(InputKind.Timestamp, "infinity", ProblemCodes.DateInvalid)]
    [InlineData(InputKind.Text, "a\0b", ProblemCodes.TextInvalid)]
    public void Convert_ToTextWithoutMeaning_IsAnError(InputKind kind, string input, string expected)
    {
        Assert.Equal(expected, ValueConverters.For(PropertyType.Text, kind).Convert(input).Error?.Code);
    }

    // Attributes cannot hold broken Unicode, so it has a test of its own.
    [Theory]
    [InlineData(PropertyType.Text)]
    [InlineData(PropertyType.List)]
    [InlineData(PropertyType.Json)]
    public void Convert_BrokenUnicode_IsTextInvalid(PropertyType type)
    {
        var cell = type == PropertyType.Text ? "a\uD800b" : "[\"a\uDC00\"]";

        Assert.Equal(ProblemCodes.TextInvalid, ValueConverters.For(type, InputKind.Text).Convert(cell).Error?.Code);
    }

    [Theory]
    [InlineData(PropertyType.Text)]
    [InlineData(PropertyType.Number)]
    [InlineData(PropertyType.Boolean)]
    [InlineData(PropertyType.Date)]
    [InlineData(PropertyType.List)]
    [InlineData(PropertyType.Json)]
    public void Convert_Blank_IsNoValue(PropertyType type)
    {
        var converter = ValueConverters.For(type, InputKind.Text);

        Assert.True(converter.Convert("").IsNoValue);
        Assert.True(converter.Convert(" \t\u00A0").IsNoValue);
    }

    [Fact]
    public void Convert_BlankKept_IsEmptyTextInTextPropertiesOnly()
    {
        var options = new ValueOptions { KeepEmpty = true };

        Assert.Equal(ParsedValue.Of("\"\""), ValueConverters.For(PropertyType.Text, InputKind.Text, options).Convert("  "));
        Assert.True(ValueConverters.For(PropertyType.Number, InputKind.Text, options).Convert("  ").IsNoValue);
    }

    [Theory]
    [InlineData(PropertyType.Text, 99_998, true)]
    [InlineData(PropertyType.Text, 99_999, false)]
    [InlineData(PropertyType.List, 99_996, true)]
    [InlineData(PropertyType.List, 99_997, false)]
    [InlineData(PropertyType.Json, 99_996, true)]
    [InlineData(PropertyType.Json, 99_997, false)]
    public void Convert_Value_IsLimitedTo100KilobytesOfJson(PropertyType type, int characters, bool fits)
    {
        var text = new string('x', characters);

        var result = ValueConverters.For(type, InputKind.Text).Convert(type == PropertyType.Text ? text : $"[\"{text}\"]");

        Assert.Equal(fits ? null : ProblemCodes.PropertyTooLarge, result.Error?.Code);
    }

    [Fact]
    public void Convert_Size_IsMeasuredInBytes()
    {
        var result = ValueConverters.For(PropertyType.Text, InputKind.Text).Convert(new string('é', 50_000));

        Assert.Equal("The value has 100002 bytes; the limit is 100000.", result.Error?.Detail);
    }
}
