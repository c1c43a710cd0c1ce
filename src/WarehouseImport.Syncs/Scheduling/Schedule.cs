using System.Diagnostics.CodeAnalysis;
using Cronos;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Scheduling;

/// <summary>
/// The due times of a sync (G19). A schedule has no memory: the due time after an instant depends on the definition and the anchor alone,
/// so restarts, lost ticks and repeated ticks cannot move it.
/// </summary>
/// <remarks>
/// Daily times follow the zone's calendar, never 24-hour steps. A time that the clocks skip is due at the first moment after the gap; a time they show
/// twice is due the first time; a calendar day that does not exist in the zone (Apia, 30 December 2011) has no due time. Intervals count from the
/// anchor, the sync's creation, so their due times never drift.
/// </remarks>
public sealed class Schedule
{
    /// <summary>Shortest distance between two due times (guarantees 10).</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Longest interval; a longer one is a mistyped unit.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromDays(366);

    // Whether a cron expression ever fires does not depend on when it is asked; a fixed instant keeps the answer the same everywhere.
    private static readonly DateTimeOffset CronProbe = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const long SecondsPerDay = 86_400;
    private const int MaxStuckMinutes = 2 * 1440;

    private readonly ScheduleDefinition _definition;
    private readonly DateTimeOffset _anchor;
    private readonly TimeZoneInfo _zone;
    private readonly LocalTimeline _timeline;
    private readonly CronExpression? _cron;

    private Schedule(ScheduleDefinition definition, DateTimeOffset anchor, TimeZoneInfo zone, CronExpression? cron)
    {
        _definition = definition;
        _anchor = anchor;
        _zone = zone;
        _timeline = new LocalTimeline(zone);
        _cron = cron;
    }

    /// <summary>True if the sync runs only on request.</summary>
    public bool IsManual => _definition.Manual;

    /// <param name="definition">The sync's schedule.</param>
    /// <param name="anchor">The sync's creation; intervals count from here.</param>
    /// <exception cref="ArgumentException">The definition breaks a rule that <see cref="Validate"/> reports.</exception>
    public static Schedule Create(ScheduleDefinition definition, DateTimeOffset anchor) =>
        TryCreate(definition, anchor, out var schedule, out var problems)
            ? schedule
            : throw new ArgumentException(string.Join(" ", problems.Select(problem => problem.Message)), nameof(definition));

    public static bool TryCreate(
        ScheduleDefinition definition,
        DateTimeOffset anchor,
        [NotNullWhen(true)] out Schedule? schedule,
        out IReadOnlyList<SetupProblem> problems)
    {
        schedule = null;
        var found = new List<SetupProblem>();
        problems = found;

        var forms = Forms(definition);
        if (forms.Count != 1)
        {
            found.Add(Invalid(
                forms.Count == 0 ? "The schedule states no form; exactly one of every, daily, cron or manual is needed." :
                $"The schedule states {string.Join(" and ", forms)}; exactly one of every, daily, cron or manual is allowed."));
            return false;
        }

        var zone = TimeZoneInfo.Utc;
        CronExpression? cron = null;
        if (definition.Daily is not null || definition.Cron is not null)
        {
            if (definition.Zone is null)
                found.Add(Invalid($"The schedule states {forms[0]} without a zone; give an IANA zone such as Europe/Berlin or UTC.", "/zone"));
            else if (Zones.TryGet(definition.Zone, out var known))
                zone = known;
            else
                found.Add(UnknownZone(definition.Zone, "/zone"));
        }
        else if (definition.Zone is not null)
        {
            found.Add(Invalid($"The schedule states the zone {definition.Zone}, which only daily and cron use.", "/zone"));
        }

        if (definition.Every is { } every && (every < ShortestInterval || every > LongestInterval || every.Ticks % TimeSpan.TicksPerSecond != 0))
            found.Add(Invalid($"The interval is {every:c}; it must be whole seconds between 1m and 366d.", "/every"));

        if (definition.Cron is not null && !TryParseCron(definition.Cron, out cron))
        {
            found.Add(Invalid(
                $"'{definition.Cron}' is not a cron expression of five fields (minute, hour, day of month, month, day of week), for example 0 6 * * 1-5.", "/cron"));
        }
        else if (cron is not null && found.Count == 0 && cron.GetNextOccurrence(CronProbe, zone) is null)
        {
            found.Add(Invalid($"The cron expression '{definition.Cron}' names no day that exists.", "/cron"));
        }

        if (found.Count > 0) return false;
        schedule = new Schedule(definition, anchor, zone, cron);
        return true;
    }

    /// <summary>Everything wrong with a schedule: <c>schedule_invalid</c>, <c>zone_unknown</c>. Pointers are relative to the schedule.</summary>
    public static IReadOnlyList<SetupProblem> Validate(ScheduleDefinition definition)
    {
        TryCreate(definition, DateTimeOffset.UnixEpoch, out _, out var problems);
        return problems;
    }

    /// <summary>The first due time strictly after an instant, in UTC; null for a manual schedule and at the end of the calendar.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset instant)
    {
        if (_definition.Every is { } every) return NextInterval(instant, every);
        if (_definition.Daily is { } time) return NextDaily(instant, time);
        return NextCron(instant.ToUniversalTime());
    }

    internal static SetupProblem UnknownZone(string name, string pointer) =>
        new(SetupCodes.ZoneUnknown, $"'{name}' is not a known IANA time zone.", pointer, "Use a name such as Europe/Berlin, America/New_York or UTC.");

    private static SetupProblem Invalid(string message, string pointer = "") => new(SetupCodes.ScheduleInvalid, message, pointer);

    private static List<string> Forms(ScheduleDefinition definition)
    {
        var forms = new List<string>();
        if (definition.Every is not null) forms.Add("every");
        if (definition.Daily is not null) forms.Add("daily");
        if (definition.Cron is not null) forms.Add("cron");
        if (definition.Manual) forms.Add("manual");
        return forms;
    }

    // Five fields only: six would allow a run every second, and words such as @daily hide the time.
    private static bool TryParseCron(string text, out CronExpression? cron)
    {
        cron = null;
        return text.Length <= 256 && !text.StartsWith('@') && CronExpression.TryParse(text, CronFormat.Standard, out cron);
    }

    private DateTimeOffset? NextInterval(DateTimeOffset instant, TimeSpan every)
    {
        if (instant < _anchor) return _anchor.ToUniversalTime();
        var steps = (instant.UtcTicks - _anchor.UtcTicks) / every.Ticks + 1;
        var ticks = _anchor.UtcTicks + (Int128)steps * every.Ticks;
        return ticks > DateTimeOffset.MaxValue.UtcTicks ? null : new DateTimeOffset((long)ticks, TimeSpan.Zero);
    }

    // The library answers with the instant it was asked about at some changes of a zone's base offset (Africa/Casablanca 2010, Pacific/Apia 2011). Cron times lie on
    // whole minutes, so asking again from a minute later skips none.
    private DateTimeOffset? NextCron(DateTimeOffset instant)
    {
        var from = instant;
        for (var minute = 0; minute <= MaxStuckMinutes; minute++)
        {
            if (_cron?.GetNextOccurrence(from, _zone)?.ToUniversalTime() is not { } next) return null;
            if (next > instant) return next;
            from = from.AddMinutes(1);
        }

        throw new InvalidOperationException($"The cron expression '{_definition.Cron}' in {_definition.Zone} has no due time found after {instant:O}.");
    }

    private DateTimeOffset? NextDaily(DateTimeOffset instant, TimeOnly time)
    {
        var localDay = _timeline.ToLocal(instant.UtcTicks / TimeSpan.TicksPerSecond) / SecondsPerDay;

        // One day back, because a time the clocks skip may fall due on the following day; a week on, because no zone has left out more than a day.
        for (var day = localDay - 1; day <= localDay + 7; day++)
            if (DueOn(day, time) is { } due && due > instant) return due;
        return null;
    }

    private DateTimeOffset? DueOn(long day, TimeOnly time)
    {
        var midnight = day * SecondsPerDay;
        if (midnight < 0 || midnight + SecondsPerDay > LocalTimeline.MaxSeconds) return null;

        var seconds = Math.DivRem(time.Ticks, TimeSpan.TicksPerSecond, out var fraction);
        var utc = _timeline.ToUtc(midnight + seconds, out var isSkipped);
        if (isSkipped)
        {
            _timeline.ToUtc(midnight, out var noStart);
            _timeline.ToUtc(midnight + SecondsPerDay - 1, out var noEnd);
            if (noStart && noEnd) return null;
            fraction = 0;
        }

        return utc is < 0 or > LocalTimeline.MaxSeconds ? null : new DateTimeOffset(utc * TimeSpan.TicksPerSecond + fraction, TimeSpan.Zero);
    }
}
