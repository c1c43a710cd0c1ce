using WarehouseImport.Cluster.Tests.Support;

namespace WarehouseImport.Cluster.Tests.EndToEnd;

/// <summary>
/// Makes and changes the rows of a feed: new people, rows changed in place, late rows within the lookback, ties at the watermark, copies, conflicting rows, invalid
/// ones, future and NULL cursors. In a round each person gets rows of one sort only, and values nobody had before, so that no run takes a value back that it has
/// just written: the order in which pages are applied must not show in the counts.
/// </summary>
internal sealed class Population(Random random, int pageRows)
{
    /// <summary>Between all rows that count and the rows of the future; any real clock is after the one and before the other.</summary>
    public const long Ceiling = Start + 1_000 * Minute;

    private const long Start = 1_709_280_000_000_000;
    private const long Second = 1_000_000;
    private const long Minute = 60 * Second;
    private const long Future = 253_000_000_000_000_000;
    private const int FirstPeople = 300;

    private readonly Dictionary<Feed, List<int>> _people = [];
    private readonly HashSet<(Feed, string?, long)> _taken = [];
    private readonly Dictionary<Feed, List<long>> _conflicts = [];
    private long _unique = 1;

    public void Begin(Feed feed)
    {
        _people[feed] = [];
        _conflicts[feed] = [];
        for (var person = 0; person < FirstPeople; person++) AddPerson(feed, Start, person % 3 == 0 ? 2 : 1);
        Add(feed, feed.Invalid(random, 3, Start + Minute));
        AddUnreadable(feed);
        KeepConflictsOnOnePage(feed);
    }

    public void Advance(Feed feed, int round)
    {
        var begin = Start + round * 20 * Minute;
        var watermark = feed.Watermark!.Value;
        var people = new Queue<int>(_people[feed].OrderBy(_ => random.Next()));
        for (var i = 0; i < 60; i++) ChangeInPlace(feed, people.Dequeue(), begin);
        for (var i = 0; i < 30; i++) AddFresh(feed, people.Dequeue(), () => watermark - random.NextInt64(Feed.Lookback / Second) * Second);
        for (var i = 0; i < 12; i++) AddFresh(feed, people.Dequeue(), () => watermark);
        for (var i = 0; i < 10; i++) AddTouched(feed, people.Dequeue(), begin);
        for (var i = 0; i < 3; i++) AddConflict(feed, people.Dequeue(), begin);
        for (var i = 0; i < 5; i++) Add(feed, feed.Invalid(random, people.Dequeue(), begin + random.Next(600) * Second));
        for (var i = 0; i < 40; i++) AddPerson(feed, begin, random.Next(1, 3));
        foreach (var copy in feed.Table.Rows.Where(row => row.Instant <= Ceiling && row.Instant >= feed.From).OrderBy(_ => random.Next()).Take(10).ToList()) Add(feed, copy);
        AddUnreadable(feed);
        KeepConflictsOnOnePage(feed);
    }

    private void AddPerson(Feed feed, long begin, int rows)
    {
        // Segments come from one person in five whom no customer is.
        var person = _people[feed].Count;
        if (feed is SegmentFeed && person % 5 == 0) person += 10_000;
        _people[feed].Add(person);
        for (var row = 0; row < rows; row++) AddFresh(feed, person, () => begin + random.Next(600) * Second);
    }

    private void ChangeInPlace(Feed feed, int person, long begin)
    {
        var newest = Newest(feed, person);
        if (newest is not null) feed.Table.Rows.Remove(newest);
        AddFresh(feed, person, () => begin + random.Next(600) * Second);
    }

    // Only the time moves: nothing changes, and the version is raised all the same.
    private void AddTouched(Feed feed, int person, long begin)
    {
        if (Newest(feed, person) is not { } newest || feed.IsRefused(newest)) return;
        var instant = FreeInstant(feed, person, () => begin + random.Next(600) * Second);
        if (feed is CustomerFeed customers)
        {
            if (customers.Touched(newest, instant) is { } touched) Add(feed, touched);
            return;
        }

        Add(feed, newest with { Instant = instant });
    }

    private void AddConflict(Feed feed, int person, long begin)
    {
        var instant = begin + 5 * Minute + _unique++;
        Add(feed, feed.Fresh(random, person, instant));
        Add(feed, feed.Fresh(random, person, instant));
        _conflicts[feed].Add(instant);
    }

    private void AddUnreadable(Feed feed)
    {
        Add(feed, feed.Fresh(random, 1, 0) with { Instant = null });
        Add(feed, feed.Fresh(random, 2, Future + _unique++ * Second));
    }

    private void AddFresh(Feed feed, int person, Func<long> instant) => Add(feed, feed.Fresh(random, person, FreeInstant(feed, person, instant)));

    // Two rows of one person and instant would be a conflict, which is made on purpose only.
    private long FreeInstant(Feed feed, int person, Func<long> instant)
    {
        for (var attempt = 0; ; attempt++)
        {
            var chosen = instant();
            if (_taken.Add((feed, feed.Key(person), chosen))) return chosen;
            if (attempt == 100) throw new InvalidOperationException($"Person {person} of {feed.Table.Name} has a row at every instant.");
        }
    }

    private static TableRow? Newest(Feed feed, int person) => feed.Table.Rows.Where(row => row.Instant <= Ceiling && feed.PersonOf(row) == feed.Key(person)).MaxBy(row => row.Instant);

    private static void Add(Feed feed, TableRow row) => feed.Table.Rows.Add(row);

    // Conflicting rows on two pages are two statements, and their order decides how the run is counted; on one page they are one.
    private void KeepConflictsOnOnePage(Feed feed)
    {
        while (IsAnySplit())
        {
            var person = _people[feed].Count;
            _people[feed].Add(person);
            Add(feed, feed.Fresh(random, person, Math.Max(feed.From, Start) + _unique++));
        }

        bool IsAnySplit()
        {
            var window = feed.Window(Ceiling);
            return _conflicts[feed].Any(instant => window.FindIndex(row => row.Instant == instant) is var first and >= 0
                && first / pageRows != window.FindLastIndex(row => row.Instant == instant) / pageRows);
        }
    }
}
