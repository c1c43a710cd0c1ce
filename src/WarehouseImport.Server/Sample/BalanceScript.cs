using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Sample;

/// <summary>
/// Writes <c>loyalty.balances</c>: two thirds of the customers, some people the customer table refused and some it never heard of. Runs after the
/// customer sync, so a known customer's row is an update.
/// </summary>
internal sealed class BalanceScript
{
    /// <summary>The greatest <c>updated_at</c> of the first phase.</summary>
    public static readonly DateTimeOffset Watermark = new DateTimeOffset(2024, 3, 31, 21, 0, 0, TimeSpan.Zero).AddMicroseconds(500_001);

    private const int FirstAtWatermark = 9_000;
    private const int FirstInLookback = 9_060;
    private const int EndInLookback = 9_150;
    private const int FirstUnknown = 30_000;

    private static readonly DateTimeOffset Start = new(2024, 3, 1, 3, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset SecondPhase = new(2024, 4, 1, 7, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lookback = TimeSpan.FromMinutes(15);
    private static readonly string[] Tiers = ["Bronze", "Silver", "Gold", "Platinum"];

    private readonly List<BalanceRow> _rows = [];
    private readonly List<string> _replaced = [];
    private readonly ExpectedRunTally _expected = new();

    /// <summary>Whether the customer has a balance from the first phase on.</summary>
    public static bool IsMember(int person) => person % 3 != 0;

    public static TableChange<BalanceRow> First()
    {
        var script = new BalanceScript();
        for (var person = 0; person < CustomerScript.People; person++)
        {
            if (IsMember(person)) script.Add(Member(person), Outcome.Updated);
        }

        for (var person = 6_000; person < 6_045; person++)
        {
            if (!IsMember(person)) continue;
            var row = Member(person);
            script.Add(row with { Balance = row.Balance + 1, UpdatedAt = row.UpdatedAt - TimeSpan.FromSeconds(30) }, Outcome.Duplicate);
        }

        for (var broken = 0; broken < CustomerScript.BrokenPeople; broken++)
        {
            if (CustomerScript.IsBrokenMember(broken)) script.Add(Balance(CustomerScript.FirstBroken + broken, Start.AddMinutes(broken)), Outcome.Created);
        }

        for (var person = FirstUnknown; person < FirstUnknown + 200; person++) script.Add(Balance(person, Start.AddMinutes(person)), Outcome.Created);
        for (var person = FirstUnknown + 200; person < FirstUnknown + 225; person++)
        {
            script.Add(Balance(person, Start.AddMinutes(person)) with { CardEmail = "card holder at example.com" }, Outcome.Failed, "email_invalid");
        }

        for (var person = FirstUnknown + 225; person < FirstUnknown + 230; person++)
        {
            script.Add(Balance(person, Start.AddMinutes(person)) with { CustomerId = "", CardEmail = null }, Outcome.Failed, "identifier_missing");
        }

        for (var person = FirstUnknown + 230; person < FirstUnknown + 235; person++) script._rows.Add(Balance(person, null));
        for (var person = FirstUnknown + 235; person < FirstUnknown + 238; person++) script._rows.Add(Balance(person, new DateTimeOffset(2999, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        script.RememberUnread();
        return script.ToChange();
    }

    public static TableChange<BalanceRow> Second()
    {
        var script = new BalanceScript();
        for (var person = FirstAtWatermark; person < FirstInLookback; person++)
        {
            if (IsMember(person)) script._expected.Read(Outcome.Unchanged);
        }

        for (var person = FirstInLookback; person < EndInLookback; person++)
        {
            if (!IsMember(person)) continue;
            var row = Member(person);
            if (person < FirstInLookback + 12) script.Replace(row with { Balance = row.Balance + 5, UpdatedAt = row.UpdatedAt - TimeSpan.FromSeconds(5) }, Outcome.Stale);
            else script._expected.Read(Outcome.Unchanged);
        }

        for (var person = 1_000; person < 1_600; person++)
        {
            if (!IsMember(person)) continue;
            var row = Member(person);
            script.Replace(row with { Balance = row.Balance + 12.5m, Points = row.Points + 1, UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Updated);
        }

        for (var person = 1_600; person < 1_750; person++)
        {
            if (IsMember(person)) script.Replace(Member(person) with { UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Unchanged);
        }

        for (var person = 300; person < 600; person++)
        {
            if (!IsMember(person)) script.Add(Balance(person, SecondPhase.AddSeconds(person)), Outcome.Updated);
        }

        for (var person = 7_200; person < 7_230; person += 3) script.Add(Balance(person, Watermark - TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(person - 7_200)), Outcome.Updated);
        for (var person = 7_230; person < 7_260; person += 3) script.Add(Balance(person, Watermark), Outcome.Updated);
        for (var person = FirstUnknown + 300; person < FirstUnknown + 360; person++) script.Add(Balance(person, SecondPhase.AddSeconds(person)), Outcome.Created);
        script.RememberUnread();
        return script.ToChange();
    }

    private static BalanceRow Member(int person) => Balance(person, person switch
    {
        >= FirstAtWatermark and < FirstInLookback => Watermark,
        >= FirstInLookback and < EndInLookback => Watermark - Lookback + TimeSpan.FromSeconds(20 + (person - FirstInLookback) * 9),
        CustomerScript.Showcase => CustomerScript.OrdinaryInstant(person) - TimeSpan.FromHours(1),
        >= CustomerScript.FirstWithTier and < CustomerScript.EndWithTier when person % 2 == 1 => CustomerScript.OrdinaryInstant(person) - TimeSpan.FromHours(1),
        _ => Start.AddSeconds(person * 200L).AddMicroseconds(SampleRandom.For(person, 3).Next(1_000_000)),
    });

    private static BalanceRow Balance(int person, DateTimeOffset? updatedAt)
    {
        var random = SampleRandom.For(person, 4);
        var email = person switch
        {
            _ when person % 10 == 7 => SamplePeople.Email(person),
            _ when person % 5 == 0 => SamplePeople.Email(person).ToUpperInvariant(),
            _ => null,
        };
        return new BalanceRow(
            SamplePeople.CustomerId(person),
            email,
            person == 4_001 ? 99_999_999_999_999.9999m : random.Next(5_000_000) / 10_000m,
            random.Next(100_000),
            random.Pick(Tiers),
            random.Next(8) != 0,
            random.Next(6) == 0 ? null : new DateOnly(2018, 1, 1).AddDays(random.Next(2_000)),
            updatedAt);
    }

    private void RememberUnread()
    {
        _expected.HasNoCursor(5);
        _expected.IsFuture(3);
    }

    private void Add(BalanceRow row, Outcome outcome, params ReadOnlySpan<string> codes)
    {
        _rows.Add(row);
        _expected.Read(outcome, codes);
    }

    private void Replace(BalanceRow row, Outcome outcome)
    {
        _replaced.Add(row.CustomerId!);
        Add(row, outcome);
    }

    private TableChange<BalanceRow> ToChange() => new(_rows, _replaced, _expected.ToExpected());
}
