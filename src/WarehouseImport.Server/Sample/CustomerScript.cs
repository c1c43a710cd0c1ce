using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Sample;

/// <summary>
/// Writes <c>crm.customers</c>. Groups of people are told apart by number, and each group is written for one purpose, so that the outcome of every
/// row is known when it is written.
/// </summary>
internal sealed class CustomerScript
{
    /// <summary>The greatest <c>updated_at</c> of the first phase: the watermark after the first run.</summary>
    public static readonly DateTimeOffset Watermark = new DateTimeOffset(2024, 3, 31, 22, 30, 0, TimeSpan.Zero).AddMicroseconds(123_456);

    public const int People = 12_000;
    public const int BrokenPeople = 160;
    public const int FirstBroken = 14_000;

    /// <summary>People whose tier both the customer table and the loyalty table name, with either of the two newer.</summary>
    public const int FirstWithTier = 2_000;
    public const int EndWithTier = 3_000;

    /// <summary>A person all three syncs know, whose tier the two tables disagree about, and who moves in the second phase.</summary>
    public const int Showcase = 4_004;

    /// <summary>People of whom the table has a phone number and nothing else to know them by.</summary>
    public const int FirstPhoneOnly = 15_210;
    public const int EndPhoneOnly = 15_220;

    /// <summary>People with SMS consent in four groups of ten: subscribed, unsubscribed, a bare no, never subscribed.</summary>
    private const int FirstSubscribed = 810;
    private const int FirstUnsubscribed = 830;
    private const int FirstBareNo = 850;
    private const int FirstNeverSubscribed = 870;
    private const int GroupSize = 10;

    private const int FirstFixedLine = 732;
    private const int EndFixedLine = 738;
    private const int FirstBrokenConsent = 14_200;
    private const int FirstInLookback = 11_800;
    private const int FirstAtWatermark = 11_860;
    private const int EndAtWatermark = 11_900;
    private const int FirstWithoutCursor = 15_000;
    private const int FirstFuture = 15_100;
    private const int FirstWithoutCustomerId = 15_200;
    private const int FirstBrokenNearWatermark = 15_300;
    private const int FirstNew = 20_000;

    private static readonly DateTimeOffset Start = new(2024, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset MassLoad = new DateTimeOffset(2024, 3, 2, 6, 0, 0, TimeSpan.Zero).AddMicroseconds(1);
    private static readonly DateTimeOffset SecondPhase = new(2024, 4, 1, 6, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lookback = TimeSpan.FromMinutes(15);

    private readonly List<CustomerRow> _rows = [];
    private readonly List<string> _replaced = [];
    private readonly ExpectedRunTally _expected = new();

    /// <summary>When an ordinary person's row was changed: one every 200 s, with microseconds.</summary>
    public static DateTimeOffset OrdinaryInstant(int person) => Start.AddSeconds(person * 200L).AddMicroseconds(SampleRandom.For(person, 2).Next(1_000_000));

    public static TableChange<CustomerRow> First()
    {
        var script = new CustomerScript();
        for (var person = 0; person < People; person++) script.Add(Ordinary(person), Outcome.Created, WarningsOf(person));
        script.AddDuplicates();
        script.AddBroken();
        script.AddBrokenNearWatermark(Outcome.Failed);
        for (var person = FirstWithoutCustomerId; person < FirstWithoutCustomerId + 10; person++)
        {
            script.Add(SamplePeople.Customer(person, Start.AddHours(person - FirstWithoutCustomerId)) with { CustomerId = null, Email = SamplePeople.MessyEmail(person) }, Outcome.Created);
        }

        for (var person = FirstPhoneOnly; person < EndPhoneOnly; person++)
        {
            script.Add(SamplePeople.Customer(person, Start.AddHours(person - FirstPhoneOnly)) with { CustomerId = null, Email = null, Phone = SamplePeople.Phone(person) }, Outcome.Created);
        }

        script.AddBrokenConsent();
        for (var person = FirstWithoutCursor; person < FirstWithoutCursor + 25; person++)
        {
            script._rows.Add(SamplePeople.Customer(person, null));
            script._expected.HasNoCursor();
        }

        for (var person = FirstFuture; person < FirstFuture + 12; person++)
        {
            script._rows.Add(SamplePeople.Customer(person, new DateTimeOffset(person % 2 == 0 ? 2999 : 9999, 12, 31, 23, 59, 59, TimeSpan.Zero)));
            script._expected.IsFuture();
        }

        return script.ToChange();
    }

    public static TableChange<CustomerRow> Second()
    {
        var script = new CustomerScript();
        script.ReadLookbackAgain();
        script.ReadWatermarkAgain();
        script.ChangeOrdinaryPeople();
        script.ChangeConsent();
        script.RepairBroken();
        script.AddNewPeople();

        for (var person = FirstWithoutCursor; person < FirstWithoutCursor + 5; person++)
        {
            script.Replace(SamplePeople.Customer(person, SecondPhase.AddSeconds(person)), Outcome.Created);
        }

        script._expected.HasNoCursor(20);
        script._expected.IsFuture(12);
        return script.ToChange();
    }

    /// <summary>The registers of people with SMS consent after both phases.</summary>
    public static IEnumerable<ExpectedConsent> Consent()
    {
        foreach (var person in WithAddress(FirstSubscribed, 3)) yield return Sms(person, ExpectedConsent.Subscribed, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstSubscribed + 3, 3)) yield return Sms(person, ExpectedConsent.Unsubscribed, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstSubscribed + 6, 2)) yield return Sms(person, ExpectedConsent.Never, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstSubscribed + 8, 2)) yield return Sms(person, ExpectedConsent.Subscribed, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstUnsubscribed, 5)) yield return Sms(person, ExpectedConsent.Subscribed, ExpectedConsent.Unsubscribed);
        foreach (var person in WithAddress(FirstUnsubscribed + 5, 5)) yield return Sms(person, ExpectedConsent.Unsubscribed, ExpectedConsent.Unsubscribed);
        foreach (var person in WithAddress(FirstBareNo, GroupSize)) yield return Sms(person, ExpectedConsent.Never, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstNeverSubscribed, GroupSize)) yield return Sms(person, ExpectedConsent.Never, ExpectedConsent.Never);
        foreach (var person in WithAddress(FirstFixedLine, EndFixedLine - FirstFixedLine)) yield return Sms(person, ExpectedConsent.Never, ExpectedConsent.Never);

        static IEnumerable<int> WithAddress(int first, int count) => Enumerable.Range(first, count).Where(person => person % 10 != 7);

        static ExpectedConsent Sms(int person, string marketing, string transactional) => new(SamplePeople.Email(person), ExpectedConsent.Never, marketing, transactional);
    }

    /// <summary>Pairs of profiles that the second run must list: people who took each other's address.</summary>
    public static int Pairs => (5_300 - 5_201 + 9) / 10;

    /// <summary>Broken people the second phase does not mend and the loyalty table knows; their loyalty row creates the profile.</summary>
    public static bool IsBrokenMember(int broken) => broken % 16 is 0 or 6;

    private static CustomerRow Ordinary(int person)
    {
        var instant = person switch
        {
            >= 3_000 and < 3_500 => MassLoad,
            FirstInLookback - 1 => Watermark - Lookback - TimeSpan.FromMicroseconds(1),
            >= FirstInLookback and < FirstAtWatermark => LookbackInstant(person),
            >= FirstAtWatermark and < EndAtWatermark => Watermark,
            _ => OrdinaryInstant(person),
        };
        var row = person is >= 100 and < 140 ? SamplePeople.HostileCustomer(person, instant) : SamplePeople.Customer(person, instant);
        return person switch
        {
            >= 700 and < 730 => row with { Phone = SamplePeople.ForeignPhone(person), Country = "France" },
            >= 740 and < 760 => row with { TimeZone = "Mars/Olympus" },
            >= FirstFixedLine and < EndFixedLine => row with { Phone = SamplePeople.FixedLine(person), Country = "UK", SmsConsent = "Subscribe" },
            >= FirstSubscribed and < FirstSubscribed + GroupSize => row with { SmsConsent = "Subscribe" },
            >= FirstUnsubscribed and < FirstUnsubscribed + GroupSize => row with { SmsConsent = "UNSUBSCRIBED" },
            >= FirstBareNo and < FirstBareNo + GroupSize => row with { SmsConsent = "no" },
            >= FirstNeverSubscribed and < FirstNeverSubscribed + GroupSize => row with { SmsConsent = "never_subscribed" },
            >= FirstWithTier and < EndWithTier or Showcase => row with { LoyaltyTier = "Standard" },
            _ => row,
        };
    }

    private static string[] WarningsOf(int person) => person switch
    {
        >= 700 and < 730 => ["phone_country_mismatch"],
        >= FirstFixedLine and < EndFixedLine => ["consent_fixed_line"],
        >= 740 and < 760 => ["timezone_unknown"],
        _ => [],
    };

    /// <summary>The first lies exactly on the window's lower end, which is inclusive; the last 74 s below the watermark.</summary>
    private static DateTimeOffset LookbackInstant(int person) => Watermark - Lookback + TimeSpan.FromSeconds((person - FirstInLookback) * 14);

    private void AddDuplicates()
    {
        for (var person = 500; person < 550; person++)
        {
            var row = Ordinary(person);
            Add(row with { City = "Formerly elsewhere", UpdatedAt = row.UpdatedAt - TimeSpan.FromSeconds(40) }, Outcome.Duplicate);
        }

        for (var person = 550; person < 580; person++) Add(Ordinary(person), Outcome.Duplicate);
        for (var person = 580; person < 600; person++) Add(Ordinary(person) with { City = "Contradiction" }, Outcome.Duplicate, "conflicting_duplicate");
        for (var person = FirstInLookback + 10; person < FirstInLookback + 15; person++) Add(EarlierInLookback(person), Outcome.Duplicate);
    }

    private static CustomerRow EarlierInLookback(int person) =>
        Ordinary(person) with { City = "Formerly elsewhere", UpdatedAt = LookbackInstant(person) - TimeSpan.FromSeconds(3) };

    private void AddBroken()
    {
        for (var broken = 0; broken < BrokenPeople; broken++)
        {
            var (row, codes) = Break(FirstBroken + broken, broken % 16, Start.AddSeconds(broken * 15_000L + 7));
            Add(row, Outcome.Failed, codes);
        }
    }

    private void AddBrokenConsent()
    {
        for (var broken = 0; broken < 5; broken++)
        {
            var row = SamplePeople.Customer(FirstBrokenConsent + broken, Start.AddMinutes(broken)) with { Email = SamplePeople.Email(FirstBrokenConsent + broken) };
            Add(row with { Phone = null, SmsConsent = "Subscribe" }, Outcome.Failed, "consent_without_address");
        }

        for (var broken = 5; broken < 10; broken++)
        {
            var person = FirstBrokenConsent + broken;
            var row = SamplePeople.Customer(person, Start.AddMinutes(broken)) with { Email = SamplePeople.Email(person), Phone = SamplePeople.Phone(person) };
            Add(row with { SmsConsent = "maybe" }, Outcome.Failed, "consent_value_invalid");
        }
    }

    /// <summary>Rows that fail at the watermark and within the lookback are tried again by every run that reads them.</summary>
    private void AddBrokenNearWatermark(Outcome outcome)
    {
        for (var broken = 0; broken < 7; broken++)
        {
            var instant = broken < 3 ? Watermark : Watermark - TimeSpan.FromMinutes(broken);
            var (row, codes) = Break(FirstBrokenNearWatermark + broken, 0, instant);
            Add(row, outcome, codes);
        }
    }

    private static (CustomerRow Row, string[] Codes) Break(int person, int kind, DateTimeOffset instant)
    {
        var row = SamplePeople.Customer(person, instant) with { Email = SamplePeople.Email(person), Phone = null };
        return kind switch
        {
            0 => (row with { Email = $"person{person}@@example.com" }, ["email_invalid"]),
            1 => (row with { Email = $"per son{person}@example.com" }, ["email_invalid"]),
            2 => (row with { Email = $"person{person}@example" }, ["email_invalid"]),
            3 => (row with { Email = $"{new string('a', 60)}@{new string('b', 50)}.example.com" }, ["email_too_long"]),
            4 => (row with { Phone = "+999123456789" }, ["phone_invalid"]),
            5 => (row with { Phone = "2345678901", Country = null }, ["phone_country_missing"]),
            6 => (row with { SignedUp = "30/09/2014" }, ["date_invalid"]),
            7 => (row with { SignedUp = "Sep 30 2014" }, ["date_invalid"]),
            8 => (row with { Tags = "vip,newsletter" }, ["list_invalid"]),
            9 => (row with { Tags = """[{"tag":"vip"}]""" }, ["list_item_invalid"]),
            10 => (row with { Locale = "??" }, ["locale_invalid"]),
            11 => (row with { CustomerId = SamplePeople.CustomerId(person) + new string('0', 64) }, ["external_id_too_long"]),
            12 => (row with { Email = "not an address", SignedUp = "2014-02-30" }, ["email_invalid", "date_invalid"]),
            13 => (row with { FirstName = new string('n', 300) }, ["text_too_long"]),
            14 => (row with { CustomerId = null, Email = " ", Phone = null }, ["identifier_missing"]),
            _ => (row with { Phone = "n/a" }, ["phone_invalid"]),
        };
    }

    private void ReadLookbackAgain()
    {
        for (var person = FirstInLookback; person < FirstAtWatermark; person++)
        {
            if (person is >= FirstInLookback + 30 and < FirstInLookback + 40)
            {
                // A restored backup: the row goes back in time and says something else, so it loses against what it said before.
                Replace(Ordinary(person) with { City = "From a backup", UpdatedAt = LookbackInstant(person) - TimeSpan.FromSeconds(5) }, Outcome.Stale);
            }
            else
            {
                _expected.Read(Outcome.Unchanged);
            }
        }

        _expected.Read(Outcome.Duplicate, 5);
    }

    private void ReadWatermarkAgain()
    {
        for (var person = FirstAtWatermark; person < EndAtWatermark; person++)
        {
            if (person < EndAtWatermark - 5) _expected.Read(Outcome.Unchanged);
            else Replace(Ordinary(person) with { City = "Moved", UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Updated);
        }

        for (var broken = 0; broken < 7; broken++) _expected.Read(Outcome.Failed, "email_invalid");
    }

    private void ChangeOrdinaryPeople()
    {
        for (var person = 4_000; person < 4_400; person++)
        {
            Replace(Ordinary(person) with { City = "Moved", JobTitle = "Promoted", UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Updated);
        }

        for (var person = 4_400; person < 4_550; person++) Replace(Ordinary(person) with { UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Unchanged);

        for (var person = 5_001; person < 5_200; person += 10)
        {
            Replace(Ordinary(person) with { Email = $"new.{SamplePeople.Email(person)}", UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Updated);
        }

        for (var person = 5_201; person < 5_300; person += 10)
        {
            Replace(Ordinary(person) with { Email = SamplePeople.Email(person + 2), UpdatedAt = SecondPhase.AddSeconds(person) }, Outcome.Updated, "identifier_reassigned");
        }
    }

    private void ChangeConsent()
    {
        Say(FirstSubscribed, 3, "Never Subscribed", Outcome.Unchanged, "consent_reset_ignored");
        Say(FirstSubscribed + 3, 3, "false", Outcome.Updated);
        Say(FirstUnsubscribed, 5, "opted in", Outcome.Updated);

        // Another number starts without the consent that was given for the first.
        for (var person = FirstSubscribed + 6; person < FirstSubscribed + 8; person++)
        {
            var row = Ordinary(person) with { Phone = SamplePeople.ForeignPhone(person), Country = "UK", SmsConsent = null, UpdatedAt = SecondPhase.AddSeconds(person) };
            Replace(row, Outcome.Updated);
        }

        void Say(int first, int count, string consent, Outcome outcome, params ReadOnlySpan<string> codes)
        {
            for (var person = first; person < first + count; person++) Replace(Ordinary(person) with { SmsConsent = consent, UpdatedAt = SecondPhase.AddSeconds(person) }, outcome, codes);
        }
    }

    private void RepairBroken()
    {
        for (var broken = 0; broken < BrokenPeople; broken++)
        {
            if (broken % 16 is not (0 or 6 or 8)) continue;
            var person = FirstBroken + broken;
            var row = SamplePeople.Customer(person, SecondPhase.AddSeconds(person)) with { Email = SamplePeople.Email(person), Phone = null };
            Replace(row, IsBrokenMember(broken) ? Outcome.Updated : Outcome.Created);
        }
    }

    private void AddNewPeople()
    {
        for (var person = FirstNew; person < FirstNew + 300; person++) Add(SamplePeople.Customer(person, SecondPhase.AddSeconds(person)), Outcome.Created);
        for (var person = FirstNew; person < FirstNew + 20; person++)
        {
            Add(SamplePeople.Customer(person, SecondPhase.AddSeconds(person - 1_000)) with { City = "Formerly elsewhere" }, Outcome.Duplicate);
        }

        for (var person = FirstNew + 300; person < FirstNew + 330; person++)
        {
            Add(SamplePeople.Customer(person, Watermark - TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds((person - FirstNew - 300) * 7)), Outcome.Created);
        }

        for (var person = FirstNew + 330; person < FirstNew + 380; person++) Add(SamplePeople.Customer(person, Watermark), Outcome.Created);

        for (var kind = 0; kind < 16; kind++)
        {
            var (row, codes) = Break(FirstNew + 400 + kind, kind, SecondPhase.AddSeconds(kind));
            Add(row, Outcome.Failed, codes);
        }
    }

    private void Add(CustomerRow row, Outcome outcome, params ReadOnlySpan<string> codes)
    {
        _rows.Add(row);
        _expected.Read(outcome, codes);
    }

    private void Replace(CustomerRow row, Outcome outcome, params ReadOnlySpan<string> codes)
    {
        _replaced.Add(row.CustomerId!);
        Add(row, outcome, codes);
    }

    private TableChange<CustomerRow> ToChange() => new(_rows, _replaced, _expected.ToExpected());
}
