using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 6.6 and guarantees section 1 (canonical profile).</summary>
public sealed class CanonicalJsonTests
{
    private static readonly IValueConverter Converter = ValueConverters.For(PropertyType.Json, InputKind.Json);

    [Theory]
    [InlineData(""" { "b" : 1.0 , "a" : [ true , null , {"z":{},"y":[]} ] } """, """{"a":[true,null,{"y":[],"z":{}}],"b":1}""")]
    [InlineData("""{"Z":1,"a":2,"é":3,"A":4,"":5}""", """{"":5,"A":4,"Z":1,"a":2,"é":3}""")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890", "123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("1e50", "100000000000000000000000000000000000000000000000000")]
    [InlineData("-0.0", "0")]
    [InlineData("\"\\u0041\\/\\u00e9\\ud83d\\ude00\\u0001\\u007f\\b\\f\\n\\r\\t\\\"\\\\\"", "\"A/é😀\\u0001\u007f\\b\\f\\n\\r\\t\\\"\\\\\"")]
    [InlineData("\"e\u0301\"", "\"e\u0301\"")]
    [InlineData("\t\r\n false ", "false")]
    public void Canonicalise_Json_GivesTheOneForm(string input, string expected)
    {
        Assert.Equal(expected, CanonicalJson.Canonicalise(input));
        Assert.Equal(expected, CanonicalJson.Canonicalise(Encoding.UTF8.GetBytes(input)));
        Assert.Equal(expected, CanonicalJson.Canonicalise(expected));
    }

    [Theory]
    [InlineData("{", ProblemCodes.JsonInvalid)]
    [InlineData("{\"a\"}", ProblemCodes.JsonInvalid)]
    [InlineData("{\"a\":1,}", ProblemCodes.JsonInvalid)]
    [InlineData("{a:1}", ProblemCodes.JsonInvalid)]
    [InlineData("[1 2]", ProblemCodes.JsonInvalid)]
    [InlineData("[1,]", ProblemCodes.JsonInvalid)]
    [InlineData("nul", ProblemCodes.JsonInvalid)]
    [InlineData("01", ProblemCodes.JsonInvalid)]
    [InlineData("-", ProblemCodes.JsonInvalid)]
    [InlineData("1.", ProblemCodes.JsonInvalid)]
    [InlineData("NaN", ProblemCodes.JsonInvalid)]
    [InlineData("1e1000", ProblemCodes.JsonInvalid)]
    [InlineData("1e999999999", ProblemCodes.JsonInvalid)]
    [InlineData("\"a", ProblemCodes.JsonInvalid)]
    [InlineData("\"\\", ProblemCodes.JsonInvalid)]
    [InlineData("\"\t\"", ProblemCodes.JsonInvalid)]
    [InlineData("\"\\n\t\"", ProblemCodes.JsonInvalid)]
    [InlineData("1 1", ProblemCodes.JsonInvalid)]
    [InlineData("/* */ 1", ProblemCodes.JsonInvalid)]
    [InlineData("{\"a\":1,\"\\u0061\":2}", ProblemCodes.JsonInvalid)]
    [InlineData("{\"\\u0000\":1}", ProblemCodes.TextInvalid)]
    [InlineData("[\"\\ud800\"]", ProblemCodes.TextInvalid)]
    public void Convert_NoJson_SaysWhy(string input, string expected)
    {
        var result = Converter.Convert(input);

        Assert.Equal(expected, result.Error?.Code);
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalise(input));
    }

    [Fact]
    public void Convert_Depth_IsLimitedTo32()
    {
        Assert.True(Converter.Convert(Nested(32)).HasValue);
        Assert.Equal(ProblemCodes.JsonTooDeep, Converter.Convert(Nested(33)).Error?.Code);
        Assert.Equal(ProblemCodes.JsonTooDeep, Converter.Convert(new string('[', 1_000_000)).Error?.Code);
    }

    [Fact]
    public void Convert_Null_IsNoValue()
    {
        Assert.True(Converter.Convert(" null ").IsNoValue);
        Assert.True(Converter.Convert("  ").IsNoValue);
    }

    [Fact]
    public void Canonicalise_DocumentThatTheFrameworkWrote_HasTheSameContentAndIsStable()
    {
        Documents.Sample(document =>
        {
            var canonical = CanonicalJson.Canonicalise(document);

            Assert.Equal(canonical, CanonicalJson.Canonicalise(canonical));
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(document).RootElement, JsonDocument.Parse(canonical).RootElement), document);
        }, iter: 20_000);
    }

    [Fact]
    public void Canonicalise_MembersInAnyOrder_GiveTheSameText()
    {
        var keys = new[] { "a", "A", "aa", "", "é", "😀", "\uFFFD", "z\"", "\n", "10", "2" };

        Gen.Select(Gen.Shuffle(keys), Gen.Shuffle(keys)).Sample((left, right) =>
            Assert.Equal(CanonicalJson.Canonicalise(ObjectOf(left)), CanonicalJson.Canonicalise(ObjectOf(right))));
    }

    [Fact]
    public void OfText_AnyStorableText_ReadsBackAndIsCanonical()
    {
        Texts.Sample(text =>
        {
            var json = CanonicalJson.OfText(text);

            Assert.Equal(text, JsonSerializer.Deserialize<string>(json));
            Assert.Equal(json, CanonicalJson.Canonicalise(json));
            Assert.True(CanonicalJson.TryGetText(json, out var back));
            Assert.Equal(text, back);
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("[\"a\"]")]
    [InlineData("\"")]
    [InlineData("null")]
    public void TryGetText_OtherType_IsFalse(string json)
    {
        Assert.False(CanonicalJson.TryGetText(json, out _));
    }

    private static Gen<string> Texts { get; } = Gen.OneOf(
        "a", "\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "\u0001", "\u001F", "\u007F", "é", "\u2028", "😀", "\uFFFE", "\uFFFF", " ", "e\u0301").Array[0, 6].Select(string.Concat);

    private static Gen<string> Numbers { get; } = Gen.OneOf(
        Gen.Long.Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.Select(Gen.Int[-999, 999], Gen.Int[0, 9999], Gen.Int[-40, 40], (whole, fraction, exponent) => $"{whole}.{fraction:D4}E{exponent}"));

    private static Gen<string> Documents { get; } = Gen.Recursive<string>((depth, self) =>
    {
        var scalar = Gen.OneOf(Numbers, Texts.Select(text => JsonSerializer.Serialize(text)), Gen.OneOf("true", "false", "null"));
        if (depth > 4) return scalar;
        var array = self.Array[0, 4].Select(items => $"[ {string.Join(" ,\n", items)}]");
        var member = Gen.Select(Texts, self, (key, value) => (key, value));
        var obj = member.Array[0, 4].Select(members =>
            "{" + string.Join(", ", members.DistinctBy(pair => pair.key).Select(pair => $"{JsonSerializer.Serialize(pair.key)} : {pair.value}")) + "}");
        return Gen.OneOf(scalar, array, obj);
    });

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":[", depth / 2)) + (depth % 2 == 1 ? "[]" : "") + string.Concat(Enumerable.Repeat("]}", depth / 2));

    private static string ObjectOf(string[] keys) => "{" + string.Join(',', keys.Select(key => $"{JsonSerializer.Serialize(key)}:{CanonicalJson.OfText(key)}")) + "}";
}
