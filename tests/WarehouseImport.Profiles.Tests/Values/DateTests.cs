using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 7.5, 7.7 and 17.3.</summary>
public sealed class DateTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
    private static readonly IValueConverter Text = ValueConverters.For(PropertyType.Date, InputKind.Text);

    // 17.3
    [Theory]
    [InlineData("2014-09-30 13:34:08", "2014-09-30T13:34:08Z")]
    [InlineData("2014-09-30 13:34:08+00:00", "2014-09-30T13:34:08Z")]
    [InlineData("09/30/2014 13:34:08", "2014-09-30T13:34:08Z")]
    [InlineData("09/30/14 13:34:08", "2014-09-30T13:34:08Z")]
    [InlineData("2014-09-30T13:34:08", "2014-09-30T13:34:08Z")]
    [InlineData("09/30/2014 13:34", "2014-09-30T13:34:00Z")]
    [InlineData("09/30/14 13:34", "2014-09-30T13:34:00Z")]
    [InlineData("2014-09-30 13:34", "2014-09-30T13:34:00Z")]
    [InlineData("2014-09-30 13:34:08.000001", "2014-09-30T13:34:08.000001Z")]
    [InlineData("2014-09-30T13:34:08.000001", "2014-09-30T13:34:08.000001Z")]
    [InlineData("2014-09-30 13:34:08.000001-04:00", "2014-09-30T17:34:08.000001Z")]
    [InlineData("1412098448", "2014-09-30T17:34:08Z")]
    [InlineData("1412098448000", "2014-09-30T17:34:08Z")]
    [InlineData("2014-09-30", "2014-09-30T00:00:00Z")]
    [InlineData("09/30/2014", "2014-09-30T00:00:00Z")]
    [InlineData("2018-12-27T12:30:00+03:00", "2018-12-27T09:30:00Z")]
    // 7.5
    [InlineData("2014-09-30T13:34z", "2014-09-30T13:34:00Z")]
    [InlineData("2014-09-30t13:34:08z", "2014-09-30T13:34:08Z")]
    [InlineData("2014-09-30T13:34:08-0430", "2014-09-30T18:04:08Z")]
    [InlineData("2014-09-30T13:34:08+02", "2014-09-30T11:34:08Z")]
    [InlineData("2014-09-30T13:34:08.123456789", "2014-09-30T13:34:08.123456789Z")]
    [InlineData("2014-09-30T13:34:08.123456789000", "2014-09-30T13:34:08.123456789Z")]
    [InlineData("2014-09-30T13:34:08.50", "2014-09-30T13:34:08.5Z")]
    [InlineData("9/3/2014", "2014-09-03T00:00:00Z")]
    [InlineData("01/01/68", "2068-01-01T00:00:00Z")]
    [InlineData("01/01/69", "1969-01-01T00:00:00Z")]
    [InlineData("2020-02-29", "2020-02-29T00:00:00Z")]
    [InlineData("0001-01-01", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31 23:59:59.999999999", "9999-12-31T23:59:59.999999999Z")]
    [InlineData("100000000", "1973-03-03T09:46:40Z")]
    [InlineData("99999999999", "5138-11-16T09:46:39Z")]
    [InlineData("1412098448.25", "2014-09-30T17:34:08.25Z")]
    [InlineData("141209844800", "1974-06-23T08:57:24.8Z")]
    [InlineData("14120984480000", "2417-06-23T07:41:20Z")]
    [InlineData("  2014-09-30 ", "2014-09-30T00:00:00Z")]
    public void Convert_AcceptedForm_GivesUtcInstant(string input, string expected)
    {
        Assert.Equal(ParsedValue.Of($"\"{expected}\""), Text.Convert(input));
    }

    // 17.3
    [Theory]
    [InlineData("30/09/2014")]
    [InlineData("2014-13-01")]
    [InlineData("2014-02-30")]
    [InlineData("1-Mar")]
    [InlineData("Sep 30 2014")]
    [InlineData("41912")]
    [InlineData("2014-09-30 25:00:00")]
    // 7.5
    [InlineData("13/01/2020")]
    [InlineData("2014-09-30T13:34:60")]
    [InlineData("2014-09-30T13:60:00")]
    [InlineData("2014-09-30T24:00:00")]
    [InlineData("2014-09-30T13")]
    [InlineData("2014-09-30T")]
    [InlineData("2014-09-30Z")]
    [InlineData("2014-09-30T13:34:08.")]
    [InlineData("2014-09-30T13:34.5")]
    [InlineData("2014-09-30T13:34:08.1234567891")]
    [InlineData("2014-09-30T13:34:08+")]
    [InlineData("2014-09-30T13:34:08+1")]
    [InlineData("2014-09-30T13:34:08+16:00")]
    [InlineData("2014-09-30T13:34:08 UTC")]
    [InlineData("2014-9-30")]
    [InlineData("20140930")]
    [InlineData("0000-01-01")]
    [InlineData("2021-02-29")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("9/30/014")]
    [InlineData("9/30")]
    [InlineData("9/30/2014 1:34 PM")]
    [InlineData("9/30/2014 13:34:08.5")]
    [InlineData("09/30/2014T13:34")]
    [InlineData("99999999")]
    [InlineData("012345678")]
    [InlineData("-1412098448")]
    [InlineData("1412098448.")]
    [InlineData("1412098448000.5")]
    [InlineData("141209844800000")]
    [InlineData("٢٠١٤-٠٩-٣٠")]
    [InlineData("infinity")]
    public void Convert_AnythingElse_IsDateInvalid(string input)
    {
        Assert.Equal(ProblemCodes.DateInvalid, Text.Convert(input).Error?.Code);
    }

    [Theory]
    [InlineData(InputKind.Date, "2014-09-30", "2014-09-30T00:00:00Z")]
    [InlineData(InputKind.TimestampWithZone, "2014-09-30T13:34:08.5Z", "2014-09-30T13:34:08.5Z")]
    [InlineData(InputKind.Timestamp, "2014-07-01T12:00:00", "2014-07-01T16:00:00Z")]
    // twice: the earlier instant; skipped: forward by the gap
    [InlineData(InputKind.Timestamp, "2021-11-07T01:30:00", "2021-11-07T05:30:00Z")]
    [InlineData(InputKind.Timestamp, "2021-03-14T02:30:00", "2021-03-14T07:30:00Z")]
    [InlineData(InputKind.Timestamp, "2021-03-14T01:59:59.999999999", "2021-03-14T06:59:59.999999999Z")]
    [InlineData(InputKind.Timestamp, "2021-03-14T03:00:00", "2021-03-14T07:00:00Z")]
    [InlineData(InputKind.Timestamp, "2021-11-07T00:59:59", "2021-11-07T04:59:59Z")]
    [InlineData(InputKind.Timestamp, "2021-11-07T02:00:00", "2021-11-07T07:00:00Z")]
    public void Convert_Native_UsesTheZoneOnlyForTimestampsWithoutOne(InputKind kind, string input, string expected)
    {
        var converter = ValueConverters.For(PropertyType.Date, kind, new ValueOptions { Zone = NewYork });

        Assert.Equal(ParsedValue.Of($"\"{expected}\""), converter.Convert(input));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2021-03-28T02:30:00", "2021-03-28T01:30:00Z")]
    [InlineData("Europe/Berlin", "2021-10-31T02:30:00", "2021-10-31T00:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2021-10-03T02:15:00", "2021-10-02T15:45:00Z")]
    [InlineData("Australia/Lord_Howe", "2021-04-04T01:45:00", "2021-04-03T14:45:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z")]
    [InlineData("Asia/Kathmandu", "2021-01-01T00:00:00", "2020-12-31T18:15:00Z")]
    public void Convert_ClockChangesOfOtherZones_FollowTheSameRule(string zone, string input, string expected)
    {
        var converter = ValueConverters.For(PropertyType.Date, InputKind.Timestamp, new ValueOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById(zone) });

        Assert.Equal(ParsedValue.Of($"\"{expected}\""), converter.Convert(input));
    }

    [Theory]
    [InlineData(EpochUnit.Seconds, "1412098448", "2014-09-30T17:34:08Z")]
    [InlineData(EpochUnit.Seconds, "0", "1970-01-01T00:00:00Z")]
    [InlineData(EpochUnit.Milliseconds, "-1", "1969-12-31T23:59:59.999Z")]
    [InlineData(EpochUnit.Microseconds, "1412098448000001", "2014-09-30T17:34:08.000001Z")]
    [InlineData(EpochUnit.Nanoseconds, "1412098448000000001", "2014-09-30T17:34:08.000000001Z")]
    [InlineData(EpochUnit.Nanoseconds, "253402300799999999999", "9999-12-31T23:59:59.999999999Z")]
    public void Convert_NativeInteger_UsesTheStatedUnit(EpochUnit unit, string input, string expected)
    {
        var converter = ValueConverters.For(PropertyType.Date, InputKind.Integer, new ValueOptions { IntegerDateUnit = unit });

        Assert.Equal(ParsedValue.Of($"\"{expected}\""), converter.Convert(input));
    }

    [Theory]
    [InlineData(EpochUnit.Seconds, "253402300800")]
    [InlineData(EpochUnit.Seconds, "-62135596801")]
    [InlineData(EpochUnit.Seconds, "1.5")]
    [InlineData(EpochUnit.Seconds, "99999999999999999999999999999999999999999999")]
    public void Convert_NativeIntegerOutOfRange_IsDateInvalid(EpochUnit unit, string input)
    {
        var converter = ValueConverters.For(PropertyType.Date, InputKind.Integer, new ValueOptions { IntegerDateUnit = unit });

        Assert.Equal(ProblemCodes.DateInvalid, converter.Convert(input).Error?.Code);
    }

    [Fact]
    public void For_NativeIntegerWithoutUnit_IsRefused()
    {
        Assert.True(ValueConverters.NeedsUnit(PropertyType.Date, InputKind.Integer));
        Assert.Throws<ArgumentException>(() => ValueConverters.For(PropertyType.Date, InputKind.Integer));
    }
}
