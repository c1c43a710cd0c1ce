using CsCheck;
using WarehouseImport.Warehouses.DuckDb;
using WarehouseImport.Warehouses.Postgres;

namespace WarehouseImport.Warehouses.Tests.Reading;

/// <summary>S7, in memory: 100 000 hostile names never end the identifier. The conformance suite sends some through the engines.</summary>
public sealed class QuotingTests
{
    private static readonly Gen<string> HostileName = Gen.OneOf(
        Gen.String[Gen.Char["\"'`\\;-/*$. \n\u00e9\u8868\ud83e\udd86a"], 1, 40],
        Gen.String[1, 200],
        Gen.Int[1, 10_000].Select(length => new string('"', length)));

    [Fact]
    public void Identifier_AnyName_ReadsBackAsThatNameAndNothingElse() =>
        HostileName.Where(name => !name.Contains('\0')).Sample(
            name => ReadBack(PostgresSql.Identifier(name)) == name && ReadBack(DuckDbSql.Identifier(name)) == name,
            iter: 100_000);

    [Fact]
    public void Identifier_NameWithNul_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PostgresSql.Identifier("a\0b"));
        Assert.Throws<ArgumentException>(() => DuckDbSql.Identifier("a\0b"));
    }

    [Fact]
    public void DatasetName_AnyParts_RoundTripThroughText() =>
        HostileName.List[1, 3].Sample(
            parts => DatasetName.TryParse(new DatasetName(parts).ToString(), out var parsed) && parsed.Parts.SequenceEqual(parts),
            iter: 100_000);

    [Theory]
    [InlineData("crm.customers", new[] { "crm", "customers" })]
    [InlineData("Customers", new[] { "Customers" })]
    [InlineData("\"a.b\".c", new[] { "a.b", "c" })]
    [InlineData("\"a\"\"b\"", new[] { "a\"b" })]
    public void DatasetName_TryParse_ReadsTheTextForm(string text, string[] parts)
    {
        Assert.True(DatasetName.TryParse(text, out var name));
        Assert.Equal(parts, name.Parts);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("\"\"")]
    [InlineData("\"a")]
    [InlineData("\"a\"b")]
    [InlineData("a\"b")]
    public void DatasetName_TryParse_RefusesBrokenText(string? text) => Assert.False(DatasetName.TryParse(text, out _));

    // A scanner of its own: the identifier must end exactly at the end of the text.
    private static string? ReadBack(string quoted)
    {
        if (quoted.Length < 2 || quoted[0] != '"') return null;
        var name = new System.Text.StringBuilder();
        for (var index = 1; index < quoted.Length; index++)
        {
            if (quoted[index] != '"') name.Append(quoted[index]);
            else if (index == quoted.Length - 1) return name.ToString();
            else if (quoted[++index] == '"' && index < quoted.Length - 1) name.Append('"');
            else return null;
        }

        return null;
    }
}
