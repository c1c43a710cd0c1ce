using System.Globalization;
using CsCheck;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Scheduling;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Tests.Scheduling;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Anchor = Utc("2024-01-01T00:07:30Z");

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("America/Nuuk")]
    public void NextAfter_DailyOverTwoYears_RunsOnceOnEachLocalDay(string zoneName)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        foreach (var time in new[] { new TimeOnly(0, 0), new TimeOnly(1, 45), new TimeOnly(2, 15), new TimeOnly(2, 30), new TimeOnly(6, 0), new TimeOnly(23, 30) })
        {
            var schedule = Schedule.Create(new ScheduleDefinition(Daily: time, Zone: zoneName), Anchor);
            var dues = Dues(schedule, Utc("2023-12-29T12:00:00Z"), Utc("2026-01-03T00:00:00Z"));

            var days = dues.Select(due => CalendarDay(due, time, zone)).Where(day => day.Year is 2024 or 2025).ToList();

            var expected = Enumerable.Range(0, 731).Select(offset => new DateOnly(2024, 1, 1).AddDays(offset)).ToList();
            Assert.Equal(expected, days);
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", "02:30", "2024-03-30T12:00:00Z", "2024-03-31T01:00:00Z", "the clocks skip 02:00–03:00: first moment after")]
    [InlineData("Europe/Berlin", "02:30", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z", "and only once")]
    [InlineData("Europe/Berlin", "02:30", "2024-10-26T12:00:00Z", "2024-10-27T00:30:00Z", "a repeated time: the first pass")]
    [InlineData("Europe/Berlin", "02:30", "2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z", "and only once")]
    [InlineData("America/New_York", "02:30", "2024-03-10T00:00:00Z", "2024-03-10T07:00:00Z", "skipped")]
    [InlineData("America/New_York", "01:30", "2024-11-03T05:30:00Z", "2024-11-04T06:30:00Z", "repeated")]
    [InlineData("Australia/Lord_Howe", "02:15", "2024-10-05T00:00:00Z", "2024-10-05T15:30:00Z", "a gap of half an hour")]
    [InlineData("Asia/Kathmandu", "06:00", "2024-06-01T00:15:00Z", "2024-06-02T00:15:00Z", "an offset of 5:45")]
    [InlineData("Pacific/Apia", "06:00", "2011-12-29T16:00:00Z", "2011-12-30T16:00:00Z", "30 December did not exist: from the 29th to the 31st")]
    [InlineData("America/Nuuk", "23:30", "2024-03-30T12:00:00Z", "2024-03-31T01:00:00Z", "a gap that ends at midnight does not swallow the day")]
    public void NextAfter_DailyAtClockChange_RunsOnce(string zone, string time, string after, string expected, string why)
    {
        var schedule = Schedule.Create(new ScheduleDefinition(Daily: TimeOnly.Parse(time, CultureInfo.InvariantCulture), Zone: zone), Anchor);

        var next = schedule.NextAfter(Utc(after));

        Assert.True(next == Utc(expected), $"{why}: expected {expected}, found {next:O}");
    }

    [Theory]
    [InlineData("0 6 * * *", "Europe/Berlin", "2024-03-30T05:00:00Z", "2024-03-31T04:00:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z")]
    [InlineData("*/15 * * * *", "UTC", "2024-01-01T00:15:00Z", "2024-01-01T00:30:00Z")]
    [InlineData("0 9 * * MON-FRI", "America/New_York", "2024-03-08T15:00:00Z", "2024-03-11T13:00:00Z")]
    public void NextAfter_Cron_FollowsZone(string cron, string zone, string after, string expected)
    {
        var schedule = Schedule.Create(new ScheduleDefinition(Cron: cron, Zone: zone), Anchor);

        Assert.Equal(Utc(expected), schedule.NextAfter(Utc(after)));
    }

    [Theory]
    [InlineData("Africa/Casablanca", "0 0 * * *", "2010-05-01T23:00:00Z")]
    [InlineData("Pacific/Apia", "0 0 * * *", "2011-12-29T11:00:00Z")]
    [InlineData("Pacific/Apia", "15 0 * * *", "2011-12-29T11:00:00Z")]
    public void NextAfter_CronWhereTheBaseOffsetChanges_MovesOn(string zone, string cron, string after)
    {
        var schedule = Schedule.Create(new ScheduleDefinition(Cron: cron, Zone: zone), Anchor);
        var instant = Utc(after);

        for (var run = 0; run < 5; run++)
        {
            var next = schedule.NextAfter(instant);
            Assert.InRange(next!.Value, instant.AddTicks(1), instant.AddDays(2));
            instant = next.Value;
        }
    }

    [Fact]
    public void NextAfter_Every_StaysOnTheAnchorsGrid()
    {
        var schedule = Schedule.Create(new ScheduleDefinition(Every: TimeSpan.FromHours(1)), Anchor);

        Assert.Equal(Anchor, schedule.NextAfter(Anchor.AddTicks(-1)));
        Assert.Equal(Anchor.AddHours(1), schedule.NextAfter(Anchor));
        Assert.Equal(Anchor.AddHours(1), schedule.NextAfter(Anchor.AddMinutes(59)));
        Assert.Equal(Anchor.AddHours(1001), schedule.NextAfter(Anchor.AddHours(1000).AddSeconds(1)));
    }

    [Fact]
    public void NextAfter_Manual_IsNever()
    {
        var schedule = Schedule.Create(new ScheduleDefinition(Manual: true), Anchor);

        Assert.True(schedule.IsManual);
        Assert.Null(schedule.NextAfter(Anchor));
    }

    [Fact]
    public void NextAfter_EndOfCalendar_IsNever()
    {
        Assert.Null(Schedule.Create(new ScheduleDefinition(Every: TimeSpan.FromDays(1)), Anchor).NextAfter(DateTimeOffset.MaxValue));
        Assert.Null(Schedule.Create(new ScheduleDefinition(Daily: new TimeOnly(6, 0), Zone: "Europe/Berlin"), Anchor).NextAfter(DateTimeOffset.MaxValue));
    }

    [Fact]
    public void NextAfter_AnySchedule_IsLaterAndTheFirst()
    {
        var zone = Gen.OneOf("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca");
        var definition = Gen.OneOf(
            Gen.Select(Gen.Int[1, 3000], minutes => new ScheduleDefinition(Every: TimeSpan.FromMinutes(minutes))),
            Gen.Select(Gen.Int[0, 1439], zone, (minute, name) => new ScheduleDefinition(Daily: new TimeOnly(minute / 60, minute % 60), Zone: name)),
            Gen.Select(Gen.Int[0, 59], Gen.Int[0, 23], zone, (minute, hour, name) => new ScheduleDefinition(Cron: $"{minute} {hour} * * *", Zone: name)));
        var instant = Gen.Select(Gen.Int[0, 20 * 365 * 24 * 60], Gen.Int[0, 2], (minutes, ticks) => Utc("2010-01-01T00:00:00Z").AddMinutes(minutes).AddTicks(ticks - 1));

        Gen.Select(definition, instant, Gen.Int[0, 4000]).Sample((schedule, now, earlierMinutes) =>
        {
            var subject = Schedule.Create(schedule, Anchor);
            var next = subject.NextAfter(now);
            if (next is null || next <= now) return false;

            // No due time lies between: asking from any earlier instant never jumps over this one.
            var step = subject.NextAfter(now.AddMinutes(-earlierMinutes));
            while (step is { } due && due <= now)
            {
                step = subject.NextAfter(due);
                if (step <= due) return false;
            }

            return step == next;
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("W. Europe Standard Time")]
    [InlineData("../../etc/hostname")]
    [InlineData("")]
    public void Validate_UnknownZone_NamesIt(string zone)
    {
        var problem = Assert.Single(Schedule.Validate(new ScheduleDefinition(Daily: new TimeOnly(6, 0), Zone: zone)));

        Assert.Equal(SetupCodes.ZoneUnknown, problem.Code);
        Assert.Equal("/zone", problem.Pointer);
        Assert.Contains($"'{zone}'", problem.Message, StringComparison.Ordinal);
    }

    public static TheoryData<ScheduleDefinition> InvalidSchedules => new(
        new ScheduleDefinition(),
        new ScheduleDefinition(Every: TimeSpan.FromSeconds(59)),
        new ScheduleDefinition(Every: TimeSpan.FromDays(400)),
        new ScheduleDefinition(Every: TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)),
        new ScheduleDefinition(Every: TimeSpan.FromHours(1), Manual: true),
        new ScheduleDefinition(Every: TimeSpan.FromHours(1), Zone: "UTC"),
        new ScheduleDefinition(Daily: new TimeOnly(6, 0)),
        new ScheduleDefinition(Cron: "0 6 * * *"),
        new ScheduleDefinition(Cron: "0 0 6 * * *", Zone: "UTC"),
        new ScheduleDefinition(Cron: "@daily", Zone: "UTC"),
        new ScheduleDefinition(Cron: "61 * * * *", Zone: "UTC"),
        new ScheduleDefinition(Cron: "0 0 31 2 *", Zone: "UTC"));

    [Theory]
    [MemberData(nameof(InvalidSchedules))]
    public void Validate_BrokenSchedule_IsScheduleInvalid(ScheduleDefinition definition)
    {
        var problem = Assert.Single(Schedule.Validate(definition));

        Assert.Equal(SetupCodes.ScheduleInvalid, problem.Code);
    }

    private static List<DateTimeOffset> Dues(Schedule schedule, DateTimeOffset from, DateTimeOffset to)
    {
        var dues = new List<DateTimeOffset>();
        for (var due = schedule.NextAfter(from); due is { } at && at < to; due = schedule.NextAfter(at)) dues.Add(at);
        return dues;
    }

    // A run whose time was skipped starts up to an hour late, which may be after midnight; the day it answers is the one of the moment just before.
    private static DateOnly CalendarDay(DateTimeOffset due, TimeOnly time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(due, zone);
        if (TimeOnly.FromDateTime(local.DateTime) == time) return DateOnly.FromDateTime(local.DateTime);
        return DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(due.AddTicks(-1), zone).DateTime);
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
