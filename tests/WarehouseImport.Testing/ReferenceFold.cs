using System.Numerics;
using System.Text.Json;

namespace WarehouseImport.Testing;

/// <summary>
/// An independent account of what imports must lead to, written from the rules alone and sharing no code with the product: every write ever made is kept,
/// and whatever holds is found by looking for the greatest one. Slow and plain on purpose.
/// </summary>
public sealed class ReferenceFold
{
    private readonly List<ReferencePerson> _people = [];
    private readonly Dictionary<ReferenceIdentifier, HashSet<ReferencePerson>> _everClaimed = [];

    public IReadOnlyList<ReferencePerson> People => _people;

    /// <summary>Folds a run's rows, in any order; rows already refused by validation are given as <paramref name="refused"/>.</summary>
    /// <param name="skipped">Rows that a boundary digest took for unchanged.</param>
    public ReferenceCounts Run(IEnumerable<ReferenceRow> rows, long refused = 0, long skipped = 0)
    {
        var counts = new ReferenceCounts { Failed = refused, Unchanged = skipped };
        var groups = new Dictionary<ReferencePerson, ReferenceGroup>();
        var statements = rows
            .GroupBy(r => (r.Instant, r.Identifiers[0]))
            .OrderBy(s => s.Key.Instant)
            .ThenBy(s => s.First(), Comparer<ReferenceRow>.Create(ReferenceRow.CompareContent));
        foreach (var statement in statements)
        {
            var person = Holder(statement.Key.Item2);
            var accepted = new List<ReferenceRow>();
            foreach (var row in statement)
            {
                if (row.Identifiers.Skip(1).Any(i => i.Kind == "external_id" && Holder(i) is { } other && other != person)) counts.Failed++;
                else if (person is null && row.UpdateOnly) counts.Unchanged++;
                else accepted.Add(row);
            }

            if (accepted.Count == 0) continue;
            var isNew = person is null;
            if (isNew)
            {
                person = new ReferencePerson();
                _people.Add(person);
            }

            var effect = Write(person!, accepted);
            counts.Duplicate += accepted.Count - 1;
            if (groups.TryGetValue(person!, out var group)) counts.Duplicate++;
            else groups[person!] = group = new ReferenceGroup { Created = isNew };
            group.Add(statement.Key.Instant, effect);
        }

        foreach (var group in groups.Values)
        {
            if (group.Created) counts.Created++;
            else if (group.Changed) counts.Updated++;
            else if (group.LostAtGreatest) counts.Stale++;
            else counts.Unchanged++;
        }

        return counts;
    }

    private ReferencePerson? Holder(ReferenceIdentifier identifier)
    {
        ReferencePerson? holder = null;
        foreach (var person in _everClaimed.GetValueOrDefault(identifier) ?? [])
        {
            if (person.Winner(identifier.Kind)?.Value != identifier.Json) continue;
            if (holder is null || Beats(person, holder, identifier.Kind)) holder = person;
        }

        return holder;
    }

    private static bool Beats(ReferencePerson left, ReferencePerson right, string kind)
    {
        var order = left.Winner(kind)!.Key.CompareTo(right.Winner(kind)!.Key);
        foreach (var other in new[] { "external_id", "email", "phone_number" })
        {
            if (order == 0 && other != kind) order = string.CompareOrdinal(left.Winner(other)?.Value, right.Winner(other)?.Value);
        }

        return order > 0;
    }

    /// <summary>Writes the rows of one person and instant as one statement.</summary>
    private ReferenceEffect Write(ReferencePerson person, List<ReferenceRow> rows)
    {
        var writes = new List<ReferenceWrite>();
        foreach (var row in rows)
        {
            foreach (var identifier in row.Identifiers)
            {
                writes.Add(new ReferenceWrite(identifier.Kind, identifier.Json, row.Key(weak: false), "replace"));
                if (!_everClaimed.TryGetValue(identifier, out var claimants)) _everClaimed[identifier] = claimants = [];
                claimants.Add(person);
            }

            foreach (var field in row.Fields) writes.Add(new ReferenceWrite(field.Field, field.Json, row.Key(field.IfEmpty), field.Mode));
        }

        var touched = writes.Select(w => w.Field).Distinct().ToList();
        var before = touched.ToDictionary(f => f, f => Effective(person, f));
        person.Writes.AddRange(writes);
        if (touched.Any(f => Effective(person, f) != before[f])) return ReferenceEffect.Changed;

        foreach (var said in writes.Where(w => w.Mode == "replace").GroupBy(w => w.Field))
        {
            var greatest = said.Aggregate((left, right) => right.CompareTo(left) > 0 ? right : left);
            if (Effective(person, said.Key) != greatest.Value) return ReferenceEffect.Lost;
        }

        return writes.Any(w => w.Mode != "replace" && ReferencePerson.Items(Effective(person, w.Field)).Contains(w.Value!) != (w.Mode == "append"))
            ? ReferenceEffect.Lost
            : ReferenceEffect.Nothing;
    }

    /// <summary>The value a person shows for a field: identifiers only while held.</summary>
    public string? Effective(ReferencePerson person, string field)
    {
        var winner = person.Winner(field);
        if (field is not ("external_id" or "email" or "phone_number") || winner?.Value is null) return person.Value(field);
        return Holder(new ReferenceIdentifier(field, winner.Value)) == person ? winner.Value : null;
    }

    /// <summary>Everything a person shows, ordered by field, with the source instant of each value.</summary>
    public string Describe(ReferencePerson person)
    {
        var fields = person.Writes.Select(w => w.Field).Distinct().Order(StringComparer.Ordinal);
        return string.Join('\n', fields.Select(f => (Field: f, Value: Effective(person, f))).Where(f => f.Value is not null).Select(f => $"{f.Field}={f.Value}@{person.Instant(f.Field)}"));
    }

    private enum ReferenceEffect
    {
        Nothing,
        Lost,
        Changed,
    }

    private sealed class ReferenceGroup
    {
        public bool Created { get; init; }

        public bool Changed { get; private set; }

        public bool LostAtGreatest { get; private set; }

        private BigInteger? Greatest { get; set; }

        public void Add(BigInteger instant, ReferenceEffect effect)
        {
            Changed |= effect == ReferenceEffect.Changed;
            LostAtGreatest = effect == ReferenceEffect.Lost || (LostAtGreatest && instant == Greatest);
            Greatest = instant;
        }
    }
}

/// <summary>Rows per outcome.</summary>
public sealed class ReferenceCounts
{
    public long Created { get; set; }

    public long Updated { get; set; }

    public long Unchanged { get; set; }

    public long Stale { get; set; }

    public long Duplicate { get; set; }

    public long Failed { get; set; }

    public override string ToString() => $"created {Created}, updated {Updated}, unchanged {Unchanged}, stale {Stale}, duplicate {Duplicate}, failed {Failed}";
}

/// <param name="Json">The canonical value as a JSON string.</param>
public sealed record ReferenceIdentifier(string Kind, string Json);

/// <param name="Mode"><c>replace</c>, <c>append</c> or <c>remove</c>; for the latter two <paramref name="Json"/> is one element.</param>
public sealed record ReferenceField(string Field, string? Json, bool IfEmpty = false, string Mode = "replace")
{
    /// <summary>The value as the row gave it: list elements come as a list.</summary>
    public string? Whole => Mode == "replace" ? Json : $"[{Json}]";
}

/// <param name="Instant">Picoseconds since the epoch.</param>
public sealed record ReferenceRow(
    BigInteger Instant,
    int Precedence,
    string SyncId,
    long RunSeq,
    IReadOnlyList<ReferenceIdentifier> Identifiers,
    IReadOnlyList<ReferenceField> Fields,
    bool UpdateOnly = false)
{
    private static readonly string[] Ranks = ["external_id", "email", "phone_number"];

    /// <summary>Rows of one instant in the order of what they say.</summary>
    public static int CompareContent(ReferenceRow left, ReferenceRow right)
    {
        var identifiers = left.Identifiers.Zip(right.Identifiers, (l, r) => (Array.IndexOf(Ranks, l.Kind), l.Json) == (Array.IndexOf(Ranks, r.Kind), r.Json) ? 0
            : Array.IndexOf(Ranks, l.Kind) != Array.IndexOf(Ranks, r.Kind) ? Array.IndexOf(Ranks, l.Kind) - Array.IndexOf(Ranks, r.Kind)
            : string.CompareOrdinal(l.Json, r.Json));
        var fields = left.Fields.Zip(right.Fields, (l, r) => l.Field != r.Field ? string.CompareOrdinal(l.Field, r.Field) : string.CompareOrdinal(l.Whole, r.Whole));
        var first = identifiers.Concat(fields).FirstOrDefault(order => order != 0);
        return first != 0 ? first : (left.Identifiers.Count, left.Fields.Count).CompareTo((right.Identifiers.Count, right.Fields.Count));
    }

    public ReferenceKey Key(bool weak) => new(weak, Instant, Precedence, SyncId, RunSeq);
}

/// <summary>The version order of guarantees section 3 without the value.</summary>
public sealed record ReferenceKey(bool Weak, BigInteger Instant, int Precedence, string SyncId, long RunSeq) : IComparable<ReferenceKey>
{
    public int CompareTo(ReferenceKey? other)
    {
        if (other is null) return 1;
        if (Weak != other.Weak) return Weak ? -1 : 1;
        var order = (Instant, Precedence).CompareTo((other.Instant, other.Precedence));
        if (order == 0) order = string.CompareOrdinal(SyncId, other.SyncId);
        if (order == 0) order = RunSeq.CompareTo(other.RunSeq);
        return Weak ? -order : order;
    }
}

public sealed record ReferenceWrite(string Field, string? Value, ReferenceKey Key, string Mode)
{
    /// <summary>The whole order, the value's own characters last.</summary>
    public int CompareTo(ReferenceWrite other)
    {
        var order = Key.CompareTo(other.Key);
        if (order != 0) return order;
        var byValue = string.CompareOrdinal(Value, other.Value);
        return Key.Weak ? -byValue : byValue;
    }
}

public sealed class ReferencePerson
{
    public List<ReferenceWrite> Writes { get; } = [];

    /// <summary>The greatest whole-value write of a field.</summary>
    public ReferenceWrite? Winner(string field)
    {
        ReferenceWrite? winner = null;
        foreach (var write in Writes)
        {
            if (write.Field == field && write.Mode == "replace" && (winner is null || write.CompareTo(winner) > 0)) winner = write;
        }

        return winner;
    }

    public string? Value(string field)
    {
        var elements = StandingElements(field);
        var winner = Winner(field);
        if (elements.Count == 0) return winner?.Value;

        var items = Items(winner?.Value);
        var removed = elements.Where(e => e.Mode == "remove").Select(e => e.Value!).ToHashSet();
        var appended = elements.Where(e => e.Mode == "append").Select(e => e.Value!).Where(e => !items.Contains(e)).Order(StringComparer.Ordinal).ToList();
        if (winner is { Value: null } && appended.Count == 0) return null;
        return $"[{string.Join(',', items.Where(i => !removed.Contains(i)).Concat(appended))}]";
    }

    public static List<string> Items(string? list) =>
        list is null ? [] : [.. JsonSerializer.Deserialize<JsonElement[]>(list)!.Select(e => e.GetRawText())];

    /// <summary>Picoseconds of the write that decides the field.</summary>
    public BigInteger Instant(string field)
    {
        var keys = StandingElements(field).Select(e => e.Key).ToList();
        if (Winner(field) is { } winner) keys.Add(winner.Key);
        return keys.Max()!.Instant;
    }

    /// <summary>Per element the greatest statement above the whole-value winner; a removal holds at equal keys.</summary>
    private List<ReferenceWrite> StandingElements(string field)
    {
        var winner = Winner(field);
        return [.. Writes
            .Where(w => w.Field == field && w.Mode != "replace" && (winner is null || w.Key.CompareTo(winner.Key) > 0))
            .GroupBy(w => w.Value)
            .Select(g => g.OrderBy(w => w.Key).ThenBy(w => w.Mode == "remove" ? 1 : 0).Last())];
    }
}
