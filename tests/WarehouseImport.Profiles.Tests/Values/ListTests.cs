using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 7.6 and 17.4.</summary>
public sealed class ListTests
{
    private static readonly IValueConverter Text = ValueConverters.For(PropertyType.List, InputKind.Text);

    // 17.4
    [Theory]
    [InlineData("""["apples","bananas"]""", """["apples","bananas"]""")]
    [InlineData("""["apples"]""", """["apples"]""")]
    [InlineData("[]", "[]")]
    // 7.6
    [InlineData(""" [ "b" , "a" , "b" ] """, """["b","a","b"]""")]
    [InlineData("[1.0, -0, 1e3, true, false]", "[1,0,1000,true,false]")]
    [InlineData("[null, \"a\", null, 1, null]", "[\"a\",1]")]
    [InlineData("[null]", "[]")]
    [InlineData("[\"e\u0301\", \"\\u00e9\", \"\\n\\/\"]", "[\"é\",\"é\",\"\\n/\"]")]
    public void Convert_Array_IsKept(string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), Text.Convert(input));
    }

    // 17.4
    [Theory]
    [InlineData("apples,bananas")]
    [InlineData("[apples]")]
    [InlineData("[“apples”]")]
    [InlineData("[\"a\"")]
    [InlineData("{\"a\":1}")]
    // 7.6
    [InlineData("[\"a\",]")]
    [InlineData("[,]")]
    [InlineData("['a']")]
    [InlineData("[01]")]
    [InlineData("[+1]")]
    [InlineData("[\"a\"] x")]
    [InlineData("[nulll]")]
    [InlineData("[\"a\nb\"]")]
    [InlineData("[\"\\x\"]")]
    [InlineData("[\"\\u12g4\"]")]
    public void Convert_AnythingElse_IsListInvalid(string input)
    {
        Assert.Equal(ProblemCodes.ListInvalid, Text.Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData("[[1]]")]
    [InlineData("[1,{}]")]
    [InlineData("[123456789012345678901234567890123456789]")]
    public void Convert_ItemThatIsNoScalar_IsListItemInvalid(string input)
    {
        Assert.Equal(ProblemCodes.ListItemInvalid, Text.Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData("[\"\\u0000\"]")]
    [InlineData("[\"\\ud800\"]")]
    [InlineData("[\"\\udc00\\ud800\"]")]
    [InlineData("[\"a\0\"]")]
    public void Convert_TextThatCannotBeStored_IsTextInvalid(string input)
    {
        Assert.Equal(ProblemCodes.TextInvalid, Text.Convert(input).Error?.Code);
    }

    [Fact]
    public void Convert_Items_AreLimitedTo1000()
    {
        Assert.True(Text.Convert($"[{string.Join(',', Enumerable.Repeat("1", 1_000))},null]").HasValue);

        var tooMany = Text.Convert($"[{string.Join(',', Enumerable.Repeat("1", 1_003))}]");

        Assert.Equal(ProblemCodes.ListTooLong, tooMany.Error?.Code);
        Assert.Equal("The list has 1003 items; the limit is 1000.", tooMany.Error?.Detail);
    }

    [Theory]
    [InlineData(InputKind.List, "[\"a\"]", "[\"a\"]")]
    [InlineData(InputKind.Json, "[1]", "[1]")]
    public void Convert_Native_IsKept(InputKind kind, string input, string expected)
    {
        Assert.Equal(ParsedValue.Of(expected), ValueConverters.For(PropertyType.List, kind).Convert(input));
    }

    [Fact]
    public void Convert_NativeObject_IsListInvalid()
    {
        Assert.Equal(ProblemCodes.ListInvalid, ValueConverters.For(PropertyType.List, InputKind.Json).Convert("{}").Error?.Code);
        Assert.True(ValueConverters.For(PropertyType.List, InputKind.Json).Convert("null").IsNoValue);
    }
}
