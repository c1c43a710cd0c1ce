using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 11 and guarantees G6, H7–H9.</summary>
public sealed class InstantParserTests
{
    [Theory]
    [InlineData(InputKind.Text, "2014-09-30 13:34:08.123456789012", "2014-09-30T13:34:08.123456789012Z")]
    [InlineData(InputKind.Text, "09/30/2014 13:34", "2014-09-30T13:34:00Z")]
    [InlineData(InputKind.Timestamp, "2014-09-30T13:34:08.123456789012", "2014-09-30T13:34:08.123456789012Z")]
    [InlineData(InputKind.TimestampWithZone, "2014-09-30T13:34:08.000000000001Z", "2014-09-30T13:34:08.000000000001Z")]
    [InlineData(InputKind.TimestampWithZone, "2014-09-30T13:34:08.1200-04:00", "2014-09-30T17:34:08.12Z")]
    [InlineData(InputKind.Date, "2014-09-30", "2014-09-30T00:00:00Z")]
    public void TryParse_Readable_KeepsEveryDigit(InputKind kind, string cell, string expected)
    {
        Assert.True(new InstantParser(kind).TryParse(cell, out var instant));
        Assert.Equal(SourceInstant.Parse(expected), instant);
    }

    [Theory]
    [InlineData(InputKind.Text, "yesterday")]
    [InlineData(InputKind.Text, "2014-09-30 13:34:08.1234567890123")]
    [InlineData(InputKind.Timestamp, "09/30/2014 13:34")]
    [InlineData(InputKind.Timestamp, "infinity")]
    [InlineData(InputKind.Date, "")]
    public void TryParse_Unreadable_IsFalse(InputKind kind, string cell)
    {
        Assert.False(new InstantParser(kind).TryParse(cell, out _));
    }

    [Theory]
    [InlineData(InputKind.Text)]
    [InlineData(InputKind.Timestamp)]
    [InlineData(InputKind.Date)]
    public void TryParse_NoZone_UsesTheZoneOfTheSync(InputKind kind)
    {
        var parser = new InstantParser(kind, new InstantOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York") });
        var cell = kind == InputKind.Date ? "2021-11-07" : "2021-11-07 01:30:00";

        Assert.True(parser.TryParse(cell, out var instant));
        Assert.Equal(kind == InputKind.Date ? "2021-11-07T04:00:00Z" : "2021-11-07T05:30:00Z", instant.ToString());
    }

    [Theory]
    [InlineData(EpochUnit.Seconds, "-1", "1969-12-31T23:59:59Z")]
    [InlineData(EpochUnit.Milliseconds, "1412098448001", "2014-09-30T17:34:08.001Z")]
    [InlineData(EpochUnit.Nanoseconds, "-1", "1969-12-31T23:59:59.999999999Z")]
    public void TryParse_Integer_UsesTheStatedUnit(EpochUnit unit, string cell, string expected)
    {
        Assert.True(new InstantParser(InputKind.Integer, new InstantOptions { Unit = unit }).TryParse(cell, out var instant));
        Assert.Equal(expected, instant.ToString());
    }

    [Theory]
    [InlineData("YYYY-MM-DD", "2014-09-30", "2014-09-30 00:00:00")]
    [InlineData("YYYY-MM-DD HH:MM:SS", "2014-09-30 13:34:08", "2014-09-30T13:34:08")]
    [InlineData("YYYY-MM-DDTHH:MM:SS.fffZ", "2014-09-30T13:34:08.120Z", "2014-09-30T13:34:08.12Z")]
    [InlineData("YYYY-MM-DDTHH:MM:SS.ffffff", "2014-09-30T13:34:08.120000", "2014-09-30T13:34:08.120000Z")]
    public void TryParse_TextForm_TakesOnlyThatForm(string form, string accepted, string refused)
    {
        var parser = new InstantParser(InputKind.Text, new InstantOptions { TextForm = form });

        Assert.True(parser.TryParse(accepted, out _));
        Assert.False(parser.TryParse(refused, out _));
    }

    [Theory]
    [InlineData("YYYY-MM-DDTHH:MM:SS.ffffffffffffZ", true)]
    [InlineData("YYYY-MM-DDTHH:MM:SS.fffffffffffff", false)]
    [InlineData("YYYY-MM-DDTHH:MM:SS.", false)]
    [InlineData("YYYY-MM-DDTHH:MM", false)]
    [InlineData("MM/DD/YYYY", false)]
    [InlineData("", false)]
    public void IsTextForm_OnlySortableForms(string form, bool expected)
    {
        Assert.Equal(expected, InstantParser.IsTextForm(form));
    }

    [Theory]
    [InlineData(InputKind.Float)]
    [InlineData(InputKind.Decimal)]
    [InlineData(InputKind.Boolean)]
    [InlineData(InputKind.Time)]
    [InlineData(InputKind.Integer)]
    public void Constructor_KindThatCannotBeACursor_IsRefused(InputKind kind)
    {
        Assert.Throws<ArgumentException>(() => new InstantParser(kind));
    }

    [Fact]
    public void Unparsable_NamesColumnAndValue()
    {
        var problem = InstantParser.Unparsable("yesterday", "updated_at");

        Assert.Equal(ProblemCodes.CursorUnparsable, problem.Code);
        Assert.Equal("“yesterday” in updated_at is not in the stated format.", problem.Detail);
    }
}
