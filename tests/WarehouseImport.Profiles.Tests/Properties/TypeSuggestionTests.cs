using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Properties;

/// <summary>profile-import-rules 7.1.</summary>
public sealed class TypeSuggestionTests
{
    [Theory]
    [InlineData(InputKind.Text, "points", PropertyType.Text)]
    [InlineData(InputKind.Integer, "points", PropertyType.Number)]
    [InlineData(InputKind.Decimal, "balance", PropertyType.Number)]
    [InlineData(InputKind.Float, "score", PropertyType.Number)]
    [InlineData(InputKind.Boolean, "vip", PropertyType.Boolean)]
    [InlineData(InputKind.Date, "birthday", PropertyType.Date)]
    [InlineData(InputKind.Timestamp, "last_order", PropertyType.Date)]
    [InlineData(InputKind.TimestampWithZone, "last_order", PropertyType.Date)]
    [InlineData(InputKind.Time, "opens", PropertyType.Text)]
    [InlineData(InputKind.List, "tags", PropertyType.List)]
    [InlineData(InputKind.Json, "attributes", PropertyType.Json)]
    [InlineData(InputKind.Integer, "store_id", PropertyType.Text)]
    [InlineData(InputKind.Integer, "StoreId", PropertyType.Text)]
    [InlineData(InputKind.Integer, "zip", PropertyType.Text)]
    [InlineData(InputKind.Decimal, "Card Number", PropertyType.Text)]
    [InlineData(InputKind.Integer, "paid", PropertyType.Number)]
    [InlineData(InputKind.Integer, "number_of_orders", PropertyType.Number)]
    public void For_WarehouseColumn_FollowsItsTypeAndName(InputKind kind, string column, PropertyType expected)
    {
        Assert.Equal(expected, TypeSuggestion.For(kind, column));
    }

    [Theory]
    [InlineData("points", PropertyType.Number, "1", "-2.5", "1e3", "", "  ")]
    [InlineData("points", PropertyType.Text, "1", "two")]
    [InlineData("points", PropertyType.Text, "01", "2")]
    [InlineData("price", PropertyType.Number, "0.5", "10.25")]
    [InlineData("zip", PropertyType.Text, "12345", "67890")]
    [InlineData("phone", PropertyType.Text, "2345678901")]
    [InlineData("last_order", PropertyType.Date, "2014-09-30 13:34:08", "09/30/2014 13:34")]
    [InlineData("birthday", PropertyType.Text, "2014-09-30", "2014-10-01")]
    [InlineData("vip", PropertyType.Boolean, "true", "FALSE")]
    [InlineData("vip", PropertyType.Text, "yes", "no")]
    [InlineData("tags", PropertyType.List, "[\"a\"]", "[]")]
    [InlineData("tags", PropertyType.Text, "[\"a\"]", "[a]")]
    [InlineData("anything", PropertyType.Text)]
    [InlineData("anything", PropertyType.Text, "", "")]
    public void ForSamples_TextColumn_FollowsItsCells(string column, PropertyType expected, params string[] cells)
    {
        Assert.Equal(expected, TypeSuggestion.ForSamples(cells, column));
    }

    [Fact]
    public void ForSamples_LongColumn_LooksAtTheFirst1000()
    {
        var cells = Enumerable.Repeat("1", TypeSuggestion.MaxSamples).Append("not a number");

        Assert.Equal(PropertyType.Number, TypeSuggestion.ForSamples(cells, "points"));
    }
}
