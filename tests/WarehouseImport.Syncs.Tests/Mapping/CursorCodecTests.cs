using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Mapping;

public sealed class CursorCodecTests
{
    private static readonly string[] ZoneNames = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];

    // Few enough that adjacent instants, equal seconds and the ends of the calendar turn up in every run.
    private static readonly Gen<SourceInstant> Instants = Gen.Select(
        Gen.OneOf(Gen.Long[-62_135_596_800 + 86_400, 253_402_300_799 - 86_400], Gen.Long[1_700_000_000, 1_700_000_003], Gen.Long[-3, 3]),
        Gen.OneOf(Gen.Const(0L), Gen.Const(1L), Gen.Const(999_999_999_999L), Gen.Long[0, 999_999_999_999], Gen.Select(Gen.Long[0, 999_999], f => f * 1_000_000)),
        (seconds, picoseconds) => new SourceInstant(seconds, picoseconds));

    [Fact]
    public void RoundTrip_TimestampWithZone_KeepsEveryDigit()
    {
        var codec = Codec(ColumnKind.TimestampWithZone);

        Instants.Sample(instant => Reads(codec, codec.FormatLowerBound(instant)) == instant && codec.FormatUpperBound(instant) == codec.FormatLowerBound(instant), iter: 100_000);
    }

    [Fact]
    public void RoundTrip_TimestampInUtc_KeepsEveryDigit()
    {
        var codec = Codec(ColumnKind.Timestamp);

        Instants.Sample(instant => Reads(codec, codec.FormatUpperBound(instant)) == instant, iter: 100_000);
    }

    [Fact]
    public void RoundTrip_TextWithTwelveDigits_KeepsEveryDigitAndSortsLikeTheInstants()
    {
        var codec = Codec(ColumnKind.Text, new CursorDefinition("t", TextForm: "YYYY-MM-DD HH:MM:SS.ffffffffffffZ"));

        Gen.Select(Instants, Instants).Sample((left, right) =>
        {
            var (leftText, rightText) = (codec.FormatLowerBound(left), codec.FormatLowerBound(right));
            return Reads(codec, leftText) == left && Math.Sign(string.CompareOrdinal(leftText, rightText)) == Math.Sign(left.CompareTo(right))
                && Regex.IsMatch(leftText, codec.TextPattern!);
        }, iter: 100_000);
    }

    [Theory]
    [InlineData(CursorUnit.Seconds)]
    [InlineData(CursorUnit.Milliseconds)]
    [InlineData(CursorUnit.Microseconds)]
    [InlineData(CursorUnit.Nanoseconds)]
    public void RoundTrip_Integer_RoundsDownToItsUnit(CursorUnit unit)
    {
        var codec = Codec(ColumnKind.Integer, new CursorDefinition("t", Unit: unit));

        Instants.Sample(instant =>
        {
            var text = codec.FormatUpperBound(instant);
            var next = (Int128.Parse(text, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
            return Reads(codec, text) <= instant && Reads(codec, next) > instant && codec.FormatLowerBound(instant) == text
                && codec.FormatUpperBound(Reads(codec, text)) == text;
        }, iter: 100_000);
    }

    [Theory]
    [InlineData("2024-05-06T07:08:09.123456789012", 123_456_789_012)]
    [InlineData("2024-05-06T07:08:09.123456", 123_456_000_000)]
    [InlineData("2024-05-06T07:08:09.1234567", 123_456_700_000)]
    [InlineData("2024-05-06T07:08:09.000000000001", 1)]
    [InlineData("2024-05-06T07:08:09", 0)]
    public void TryParse_Fraction_IsExact(string text, long picoseconds)
    {
        Assert.Equal(new SourceInstant(1_714_979_289, picoseconds), Reads(Codec(ColumnKind.Timestamp), text));
    }

    [Theory]
    [InlineData("9007199254740993", 9_007_199_254, 740_993_000_000)]
    [InlineData("-1", -1, 999_999_000_000)]
    [InlineData("0", 0, 0)]
    public void TryParse_IntegerBeyondADouble_IsExact(string text, long seconds, long picoseconds)
    {
        Assert.Equal(new SourceInstant(seconds, picoseconds), Reads(Codec(ColumnKind.Integer, new CursorDefinition("t", Unit: CursorUnit.Microseconds)), text));
    }

    [Theory]
    [InlineData(ColumnKind.Timestamp, "")]
    [InlineData(ColumnKind.Timestamp, "2024-05-06T07:08:09Z")]
    [InlineData(ColumnKind.Timestamp, "2024-05-06 07:08:09")]
    [InlineData(ColumnKind.Timestamp, "2024-05-06T07:08:09.1234567890123")]
    [InlineData(ColumnKind.Timestamp, "2024-05-06T07:08:09.")]
    [InlineData(ColumnKind.Timestamp, "2024-05-06T07:08:60")]
    [InlineData(ColumnKind.Timestamp, "2024-02-30T07:08:09")]
    [InlineData(ColumnKind.Timestamp, "0000-01-01T00:00:00")]
    [InlineData(ColumnKind.Timestamp, "infinity")]
    [InlineData(ColumnKind.TimestampWithZone, "2024-05-06T07:08:09")]
    [InlineData(ColumnKind.TimestampWithZone, "2024-05-06T07:08:09+00:00")]
    [InlineData(ColumnKind.Date, "2024-05-06T00:00:00")]
    [InlineData(ColumnKind.Date, "06.05.2024")]
    public void TryParse_NotTheExactForm_IsFalse(ColumnKind kind, string text)
    {
        Assert.False(Codec(kind).TryParse(text, out _));
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e9")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("-")]
    [InlineData("")]
    [InlineData("253402300800")]
    [InlineData("99999999999999999999999999999999999999999")]
    public void TryParse_BadInteger_IsFalse(string text)
    {
        Assert.False(Codec(ColumnKind.Integer, new CursorDefinition("t", Unit: CursorUnit.Seconds)).TryParse(text, out _));
    }

    [Fact]
    public void TryParse_LocalTimes_NeverReadBackwards()
    {
        foreach (var zone in ZoneNames)
        {
            var codec = Codec(ColumnKind.Timestamp, new CursorDefinition("t", Zone: zone == "UTC" ? null : zone));
            foreach (var day in ClockChangeDays)
            {
                var previous = SourceInstant.MinValue;
                for (var second = 0; second < 3 * 86_400; second += 300)
                {
                    var instant = Reads(codec, Local(day.AddSeconds(second)));
                    Assert.True(instant >= previous, $"{zone}: {day.AddSeconds(second):O} reads as {instant}, before {previous}");
                    previous = instant;
                }
            }
        }
    }

    [Theory]
    [InlineData("2024-10-27T02:30:00.5", "2024-10-27T00:30:00.5Z")]
    [InlineData("2024-10-27T03:00:00", "2024-10-27T02:00:00Z")]
    [InlineData("2024-03-31T02:30:00.5", "2024-03-31T01:00:00Z")]
    public void TryParse_BerlinClockChange_TakesTheEarlierInstantOrTheEndOfTheGap(string local, string expected)
    {
        Assert.Equal(expected, Reads(Codec(ColumnKind.Timestamp, new CursorDefinition("t", Zone: "Europe/Berlin")), local).ToString());
    }

    [Fact]
    public void FormatLowerBound_AnyZone_ExcludesNoLaterWallClock()
    {
        foreach (var zoneName in ZoneNames[1..])
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
            var codec = Codec(ColumnKind.Timestamp, new CursorDefinition("t", Zone: zoneName));
            foreach (var day in ClockChangeDays)
            {
                for (var minute = 0; minute < 3 * 1440; minute += 15)
                {
                    var from = day.AddMinutes(minute);
                    var bound = codec.FormatLowerBound(Instant(from));

                    // The wall clock of every quarter hour from then on, which is what writers of such a column stamp.
                    var least = Enumerable.Range(0, 4 * 30).Min(step => Local(TimeZoneInfo.ConvertTimeFromUtc(from.AddMinutes(15 * step), zone)))!;
                    Assert.True(string.CompareOrdinal(bound, least) <= 0, $"{zoneName} {from:O}: bound {bound} excludes {least}");
                }
            }
        }
    }

    [Fact]
    public void FormatUpperBound_AnyZone_IsTheGreatestValueNotLater()
    {
        foreach (var zoneName in ZoneNames)
        {
            var codec = Codec(ColumnKind.Timestamp, new CursorDefinition("t", Zone: zoneName == "UTC" ? null : zoneName));
            foreach (var day in ClockChangeDays)
            {
                var quarters = Enumerable.Range(-200, 4 * 96 + 400).Select(quarter => Local(day.AddMinutes(15 * quarter))).Select(text => (Text: text, Instant: Reads(codec, text))).ToList();
                for (var minute = 0; minute < 3 * 1440; minute += 15)
                {
                    var ceiling = Instant(day.AddMinutes(minute));
                    var bound = codec.FormatUpperBound(ceiling);

                    var allowed = quarters.FindLast(value => value.Instant <= ceiling).Text;
                    var refused = quarters.Find(value => value.Instant > ceiling).Text;
                    Assert.True(string.CompareOrdinal(allowed, bound) <= 0 && string.CompareOrdinal(bound, refused) < 0, $"{zoneName} {ceiling}: {allowed} <= {bound} < {refused}");
                    Assert.True(Reads(codec, bound) <= ceiling);
                }
            }
        }
    }

    [Fact]
    public void FormatLowerBound_InsideARepeatedHour_GoesBackToItsStart()
    {
        var codec = Codec(ColumnKind.Timestamp, new CursorDefinition("t", Zone: "Europe/Berlin"));

        Assert.Equal("2024-10-27T02:00:00", codec.FormatLowerBound(SourceInstant.Parse("2024-10-27T00:45:00.123Z")));
        Assert.Equal("2024-10-27T02:59:59.999999999999", codec.FormatUpperBound(SourceInstant.Parse("2024-10-27T01:15:00Z")));
        Assert.Equal("2024-10-27T01:45:00.123", codec.FormatLowerBound(SourceInstant.Parse("2024-10-26T23:45:00.123Z")));
    }

    [Theory]
    [InlineData(null, "2024-05-06T23:59:59Z", "2024-05-06")]
    [InlineData(null, "2024-05-06T00:00:00Z", "2024-05-06")]
    [InlineData("America/New_York", "2024-05-06T03:59:59Z", "2024-05-05")]
    [InlineData("Asia/Kathmandu", "2024-05-05T18:15:00Z", "2024-05-06")]
    public void FormatBounds_Date_CoverTheWholeDay(string? zone, string instant, string expected)
    {
        var codec = Codec(ColumnKind.Date, new CursorDefinition("t", Zone: zone));

        Assert.Equal(expected, codec.FormatLowerBound(SourceInstant.Parse(instant)));
        Assert.Equal(expected, codec.FormatUpperBound(SourceInstant.Parse(instant)));
        Assert.True(Reads(codec, expected) <= SourceInstant.Parse(instant));
    }

    [Theory]
    [InlineData("YYYY-MM-DD", "2024-05-06", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    [InlineData("YYYY-MM-DDTHH:MM:SSZ", "2024-05-06T07:08:09Z", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
    [InlineData("YYYY-MM-DD HH:MM:SS.fff", "2024-05-06 07:08:09.120", "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}$")]
    public void TextForm_Valid_ReadsAndWritesThatFormOnly(string form, string value, string pattern)
    {
        var codec = Codec(ColumnKind.Text, new CursorDefinition("t", TextForm: form));

        Assert.Equal(pattern, codec.TextPattern);
        Assert.Matches(codec.TextPattern!, value);
        Assert.Equal(value, codec.FormatUpperBound(Reads(codec, value)));
        Assert.False(codec.TryParse(value + "0", out _));
        Assert.False(codec.TryParse(value.AsSpan(0, value.Length - 1), out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("DD.MM.YYYY")]
    [InlineData("YYYY-MM-DDTHH:MM:SS.")]
    [InlineData("YYYY-MM-DDTHH:MM:SS.fffffffffffff")]
    [InlineData("YYYY-MM-DDTHH:MM:SS+00:00")]
    [InlineData("YYYY-MM-DDTHH:MM")]
    public void TryCreate_TextFormThatDoesNotSort_IsRefused(string? form)
    {
        Assert.False(CursorCodec.TryCreate(new CursorDefinition("t", TextForm: form), ColumnKind.Text, out _, out var problem));

        Assert.Equal(SetupCodes.ValueInvalid, problem.Code);
        Assert.Equal("/textForm", problem.Pointer);
    }

    [Theory]
    [InlineData(ColumnKind.Float)]
    [InlineData(ColumnKind.Decimal)]
    [InlineData(ColumnKind.Boolean)]
    [InlineData(ColumnKind.Time)]
    [InlineData(ColumnKind.List)]
    [InlineData(ColumnKind.Json)]
    [InlineData(ColumnKind.Unreadable)]
    public void TryCreate_KindThatCannotBeACursor_IsRefused(ColumnKind kind)
    {
        Assert.False(CursorCodec.TryCreate(new CursorDefinition("t"), kind, out _, out var problem));

        Assert.Equal(WarehouseErrors.CursorUnsupported, problem.Code);
    }

    [Fact]
    public void TryCreate_SettingsThatDoNotFitTheKind_AreRefused()
    {
        Assert.Equal("/unit", Refusal(new CursorDefinition("t"), ColumnKind.Integer).Pointer);
        Assert.Equal("/unit", Refusal(new CursorDefinition("t", Unit: CursorUnit.Seconds), ColumnKind.Timestamp).Pointer);
        Assert.Equal("/textForm", Refusal(new CursorDefinition("t", TextForm: "YYYY-MM-DD"), ColumnKind.Date).Pointer);
        Assert.Equal("/zone", Refusal(new CursorDefinition("t", Zone: "Europe/Berlin"), ColumnKind.TimestampWithZone).Pointer);
        Assert.Equal(SetupCodes.ZoneUnknown, Refusal(new CursorDefinition("t", Zone: "Europe/Atlantis"), ColumnKind.Timestamp).Code);
    }

    private static readonly DateTime[] ClockChangeDays =
    [
        new(2024, 3, 9), new(2024, 3, 30), new(2024, 4, 6), new(2024, 10, 5), new(2024, 10, 26), new(2024, 11, 2), new(2011, 12, 29),
    ];

    private static SetupProblem Refusal(CursorDefinition cursor, ColumnKind kind)
    {
        Assert.False(CursorCodec.TryCreate(cursor, kind, out _, out var problem));
        return problem;
    }

    private static CursorCodec Codec(ColumnKind kind, CursorDefinition? cursor = null) => CursorCodec.Create(cursor ?? new CursorDefinition("t"), kind);

    private static SourceInstant Reads(CursorCodec codec, string text)
    {
        Assert.True(codec.TryParse(text, out var instant), text);
        return instant;
    }

    private static string Local(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static SourceInstant Instant(DateTime utc) => SourceInstant.FromDateTimeOffset(new DateTimeOffset(utc, TimeSpan.Zero));
}
