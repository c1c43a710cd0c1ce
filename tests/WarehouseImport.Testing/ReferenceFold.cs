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
            .OrderBy(r => r.Instant)
            .ThenBy(r => r, Comparer<ReferenceRow>.Create(ReferenceRow.CompareContent))
            .GroupBy(r => (r.Instant, r.Identifiers[0]));
        foreach (var statement in statements)
        {
            var person = Holder(statement.Key.Item2);
            var accepted = new List<ReferenceRow>();
            foreach (var row in statement)
            {
                if (row.Identifiers.Skip(1).Any(i => i.Kind == "external_id" && Holder(i) is { } other && other != person)) counts.Failed++;
                else if (person is null && row.UpdateOnly) counts.Unchanged++;
                else if (row.Consent.Any(c => c.Statement is "subscribed" or "unsubscribed" && Address(person, row, c.Register) is null)) counts.Failed++;
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
        var shown = Shown(person);
        person.Writes.AddRange(writes);
        var changed = touched.Any(f => Effective(person, f) != before[f]) || Shown(person) != shown;
        foreach (var row in rows)
        {
            shown = Shown(person);
            foreach (var said in row.Consent) State(person, row, said);
            foreach (var reason in row.Suppressions) person.Suppressions.Add((reason, row.Instant));
            changed |= Shown(person) != shown;
        }

        if (changed) return ReferenceEffect.Changed;

        foreach (var said in writes.Where(w => w.Mode == "replace").GroupBy(w => w.Field))
        {
            var greatest = said.Aggregate((left, right) => right.CompareTo(left) > 0 ? right : left);
            if (Effective(person, said.Key) != greatest.Value) return ReferenceEffect.Lost;
        }

        var isLost = writes.Any(w => w.Mode != "replace" && ReferencePerson.Items(Effective(person, w.Field)).Contains(w.Value!) != (w.Mode == "append"))
            || rows.Any(row => row.Consent.Any(said => IsLost(person, row, said)));
        return isLost ? ReferenceEffect.Lost : ReferenceEffect.Nothing;
    }

    /// <summary>The JSON of the address a statement is for: the row's, else the person's.</summary>
    private string? Address(ReferencePerson? person, ReferenceRow row, string register)
    {
        var kind = ReferencePerson.AddressKind(register);
        return row.Identifiers.FirstOrDefault(i => i.Kind == kind)?.Json ?? (person is null ? null : Effective(person, kind));
    }

    private void State(ReferencePerson person, ReferenceRow row, ReferenceConsent said)
    {
        if (Address(person, row, said.Register) is not { } address) return;
        person.Statements.Add((said.Register, address, said.Statement, said.Instant));

        // An opt-out by SMS is for both purposes unless the row has its own word on the other.
        var other = said.Register == "sms.marketing" ? "sms.transactional" : "sms.marketing";
        if (said.Statement != "unsubscribed" || said.Register == "email.marketing" || row.Consent.Any(c => c.Register == other)) return;
        person.Statements.Add((other, address, "unsubscribed", said.Instant));
    }

    private bool IsLost(ReferencePerson person, ReferenceRow row, ReferenceConsent said)
    {
        if (Address(person, row, said.Register) is not { } address) return false;
        var status = person.Consent(said.Register, address).Status;
        return said.Statement switch
        {
            "subscribed" => status == "UNSUBSCRIBED",
            "unsubscribed" => status == "SUBSCRIBED",
            "no" => status == "SUBSCRIBED" && person.WasSubscribed(said.Register, address, said.Instant),
            _ => false,
        };
    }

    /// <summary>What people see of someone's consent, without instants: a repeated statement shows nothing new.</summary>
    private string Shown(ReferencePerson person)
    {
        var shown = new List<string>();
        foreach (var (register, address, standing) in ShownRegisters(person))
        {
            if (standing.Status != "NEVER_SUBSCRIBED") shown.Add($"{register} {standing.Status} {address}");
        }

        return string.Join('|', shown.Concat(ShownSuppressions(person)));
    }

    private IEnumerable<(string Register, string Address, (string Status, BigInteger? Instant) Standing)> ShownRegisters(ReferencePerson person)
    {
        foreach (var register in new[] { "email.marketing", "sms.marketing", "sms.transactional" })
        {
            if (Effective(person, ReferencePerson.AddressKind(register)) is { } address) yield return (register, address, person.Consent(register, address));
        }
    }

    private IEnumerable<string> ShownSuppressions(ReferencePerson person)
    {
        var (status, since) = ShownRegisters(person).Where(r => r.Register == "email.marketing").Select(r => r.Standing).FirstOrDefault();
        var standing = person.Suppressions
            .Where(s => status != "SUBSCRIBED" || s.Instant > since || s.Reason is "HARD_BOUNCE" or "INVALID_EMAIL")
            .Select(s => s.Reason);

        // Whoever opted out with one address did not opt in by changing it.
        var isOptedOut = person.Statements
            .Where(said => said.Register == "email.marketing")
            .Select(said => person.Consent(said.Register, said.Address))
            .Any(former => former.Status == "UNSUBSCRIBED" && (status != "SUBSCRIBED" || former.Instant > since));
        return (isOptedOut ? standing.Append("UNSUBSCRIBE") : standing).Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>What people see of someone's consent, with the instants of the statements that decide it.</summary>
    public string DescribeConsent(ReferencePerson person) => string.Join(
        '\n',
        ShownRegisters(person)
            .Where(r => r.Standing.Status != "NEVER_SUBSCRIBED")
            .Select(r => $"{r.Register}={r.Standing.Status}@{r.Standing.Instant}")
            .Concat(ShownSuppressions(person)));

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

/// <param name="Register"><c>email.marketing</c>, <c>sms.marketing</c> or <c>sms.transactional</c>.</param>
/// <param name="Statement"><c>subscribed</c>, <c>unsubscribed</c>, <c>no</c> (a bare false) or <c>never</c>.</param>
/// <param name="Instant">Picoseconds since the epoch.</param>
public sealed record ReferenceConsent(string Register, string Statement, BigInteger Instant);

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
    private static readonly string[] Statements = ["subscribed", "unsubscribed", "no", "never"];

    public IReadOnlyList<ReferenceConsent> Consent { get; init; } = [];

    /// <summary>Names of the email suppressions the row adds.</summary>
    public IReadOnlyList<string> Suppressions { get; init; } = [];

    private static readonly string[] Ranks = ["external_id", "email", "phone_number"];

    /// <summary>Rows of one instant in the order of what they say.</summary>
    public static int CompareContent(ReferenceRow left, ReferenceRow right)
    {
        var identifiers = left.Identifiers.Zip(right.Identifiers, (l, r) => (Array.IndexOf(Ranks, l.Kind), l.Json) == (Array.IndexOf(Ranks, r.Kind), r.Json) ? 0
            : Array.IndexOf(Ranks, l.Kind) != Array.IndexOf(Ranks, r.Kind) ? Array.IndexOf(Ranks, l.Kind) - Array.IndexOf(Ranks, r.Kind)
            : string.CompareOrdinal(l.Json, r.Json));
        var fields = left.Fields.Zip(right.Fields, (l, r) => l.Field != r.Field ? string.CompareOrdinal(l.Field, r.Field) : string.CompareOrdinal(l.Whole, r.Whole));
        var first = identifiers.Concat(fields).FirstOrDefault(order => order != 0);
        if (first == 0) first = (left.Identifiers.Count, left.Fields.Count).CompareTo((right.Identifiers.Count, right.Fields.Count));
        if (first != 0) return first;

        var consent = left.Consent.Zip(right.Consent, (l, r) => (l.Register, Array.IndexOf(Statements, l.Statement), l.Instant)
            .CompareTo((r.Register, Array.IndexOf(Statements, r.Statement), r.Instant)));
        var suppressions = left.Suppressions.Zip(right.Suppressions, string.CompareOrdinal);
        first = consent.Concat(suppressions).FirstOrDefault(order => order != 0);
        return first != 0 ? first : (left.Consent.Count, left.Suppressions.Count).CompareTo((right.Consent.Count, right.Suppressions.Count));
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

    public List<(string Register, string Address, string Statement, BigInteger Instant)> Statements { get; } = [];

    public List<(string Reason, BigInteger Instant)> Suppressions { get; } = [];

    public static string AddressKind(string register) => register == "email.marketing" ? "email" : "phone_number";

    public bool WasSubscribed(string register, string address, BigInteger by) =>
        Statements.Any(s => s.Register == register && s.Address == address && s.Statement == "subscribed" && s.Instant <= by);

    /// <summary>The last word on a register: at one instant an opt-out is the last; a bare false is an opt-out of someone subscribed by then.</summary>
    public (string Status, BigInteger? Instant) Consent(string register, string address)
    {
        (string Status, BigInteger? Instant) last = ("NEVER_SUBSCRIBED", null);
        foreach (var (_, _, statement, instant) in Statements.Where(s => s.Register == register && s.Address == address).OrderBy(s => s.Instant))
        {
            var isOptOut = statement == "unsubscribed" || (statement == "no" && WasSubscribed(register, address, instant));
            if (isOptOut) last = ("UNSUBSCRIBED", instant);
            else if (statement == "subscribed" && (last.Status != "UNSUBSCRIBED" || last.Instant < instant)) last = ("SUBSCRIBED", instant);
        }

        return last;
    }

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
