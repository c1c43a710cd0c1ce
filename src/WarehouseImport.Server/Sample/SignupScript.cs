using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Sample;

/// <summary>
/// Writes <c>web.signups</c>: what people stated on a newsletter page, known by their address and sometimes by a number. Runs last. It owns e-mail consent, with
/// its time as text; some of the customers' SMS consent stands in their own table without one.
/// </summary>
internal sealed class SignupScript
{
    private const int FirstKnown = 900;
    private const int FirstNew = 50_000;
    private const int FirstBroken = 51_000;
    private const string Campaign = "Spring fair";

    private static readonly DateTimeOffset Start = new(2024, 3, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset SecondPhase = new(2024, 4, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Longer than the lookback, so that of the first phase only the last row is read again.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(20);

    private readonly List<SignupRow> _rows = [];
    private readonly ExpectedRunTally _expected = new();
    private readonly DateTimeOffset _start;

    private SignupScript(DateTimeOffset start) => _start = start;

    public static TableChange<SignupRow> First()
    {
        var script = new SignupScript(Start);
        foreach (var person in Known(0, 30)) script.Add(Signup(person) with { Consent = "Subscribed", ConsentedAt = "2024-02-01 10:00:00" }, Outcome.Updated);
        foreach (var person in Known(30, 40)) script.Add(Signup(person) with { Campaign = null, Comment = "Just looking" }, Outcome.Failed, "required_missing");
        foreach (var person in Known(40, 50)) script.Add(Signup(person) with { Consent = "opt-out", ConsentedAt = "02/10/2024" }, Outcome.Updated);
        foreach (var person in Known(50, 54)) script.Add(Signup(person) with { Consent = "TRUE", ConsentedAt = "1970-01-01" }, Outcome.Updated, "consent_timestamp_clamped");

        // They gave the shop another address, but the same number.
        foreach (var person in OfSharedNumber)
            script.Add(Signup(person) with { Email = OtherEmail(person), Phone = SamplePeople.Phone(person), Consent = "yes", ConsentedAt = "2024-03-01" }, Outcome.Created, "identifier_reassigned");

        // The customer table knows them by their number only; here it gets an address, and the two are one.
        for (var person = CustomerScript.FirstPhoneOnly; person < CustomerScript.EndPhoneOnly; person++)
            script.Add(Signup(person) with { Phone = SamplePeople.Phone(person), Consent = "Subscribe", ConsentedAt = "2024-03-01" }, Outcome.Created, "identifier_reassigned");

        script.AddBroken();
        for (var person = FirstNew; person < FirstNew + 50; person++)
            script.Add(Signup(person) with { Consent = "Subscribed", ConsentedAt = "2024-03-02T08:00:00+01:00" }, Outcome.Created);
        return script.ToChange();
    }

    public static TableChange<SignupRow> Second()
    {
        var script = new SignupScript(SecondPhase);
        script._expected.Read(Outcome.Unchanged);
        foreach (var person in Known(0, 5)) script.Add(Signup(person) with { Consent = "Unsubscribed", ConsentedAt = "2024-01-15" }, Outcome.Stale, "consent_older_than_opt_in");
        foreach (var person in Known(5, 10)) script.Add(Signup(person) with { Consent = "Never Subscribed" }, Outcome.Unchanged, "consent_reset_ignored");
        foreach (var person in Known(10, 15)) script.Add(Signup(person) with { Consent = "no", ConsentedAt = "2024-03-20" }, Outcome.Updated);
        foreach (var person in Known(40, 45)) script.Add(Signup(person) with { Consent = "Subscribed", ConsentedAt = "2024-02-05" }, Outcome.Stale, "consent_older_than_opt_out");
        foreach (var person in Known(45, 50)) script.Add(Signup(person) with { Consent = "Subscribed", ConsentedAt = "2024-04-01" }, Outcome.Updated);
        return script.ToChange();
    }

    /// <summary>What the registers must show after both phases.</summary>
    public static IEnumerable<ExpectedConsent> Consent()
    {
        foreach (var person in Known(0, 10)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Subscribed);
        foreach (var person in Known(10, 15)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Unsubscribed);
        foreach (var person in Known(15, 30)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Subscribed);
        foreach (var person in Known(30, 40)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Never);
        foreach (var person in Known(40, 45)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Unsubscribed);
        foreach (var person in Known(45, 54)) yield return Email(SamplePeople.Email(person), ExpectedConsent.Subscribed);
        foreach (var person in OfSharedNumber) yield return Email(OtherEmail(person), ExpectedConsent.Subscribed);
        for (var person = CustomerScript.FirstPhoneOnly; person < CustomerScript.EndPhoneOnly; person++) yield return Email(SamplePeople.Email(person), ExpectedConsent.Subscribed);

        static ExpectedConsent Email(string address, string status) => new(address, status, ExpectedConsent.Never, ExpectedConsent.Never);
    }

    /// <summary>Pairs of profiles that the first run must list.</summary>
    public static int Pairs => OfSharedNumber.Count() + Conflicts.Count();

    /// <summary>People whose two profiles the first run must make one.</summary>
    public static IEnumerable<string> Merged =>
        Enumerable.Range(CustomerScript.FirstPhoneOnly, CustomerScript.EndPhoneOnly - CustomerScript.FirstPhoneOnly).Select(SamplePeople.Email);

    private static IEnumerable<int> OfSharedNumber => Known(60, 70);

    private static IEnumerable<int> Conflicts => Known(71, 74);

    /// <summary>People of whom the customer table has both an address and, up to 979, a number.</summary>
    private static IEnumerable<int> Known(int from, int to) => Enumerable.Range(FirstKnown + from, to - from).Where(person => person % 10 != 7);

    private static string OtherEmail(int person) => $"web.{SamplePeople.Email(person)}";

    private static SignupRow Signup(int person) => new() { Email = SamplePeople.Email(person), Campaign = Campaign };

    private void AddBroken()
    {
        foreach (var person in Conflicts) Add(Signup(person) with { CustomerNumber = SamplePeople.CustomerId(person + 100) }, Outcome.Failed, "identifier_conflict");

        (Func<SignupRow, SignupRow> Break, string[] Codes)[] broken =
        [
            (row => row with { Consent = "perhaps" }, ["consent_value_invalid"]),
            (row => row with { Consent = "Subscribed", ConsentedAt = "last summer" }, ["consent_timestamp_invalid"]),
            (row => row with { Consent = "Subscribed", ConsentedAt = "2999-01-01" }, ["consent_timestamp_in_future"]),
            (row => row with { SuppressionReason = "Grumpy" }, ["suppression_reason_invalid"]),
            (row => row with { CustomerNumber = "C\u0007" }, ["external_id_invalid"]),
            (row => row with { ProfileId = "01ARZ3NDEKTSV4RRFFQ69G5FAV" }, ["profile_id_unknown"]),
            (row => row with { Age = "forty-two" }, ["number_invalid"]),
            (row => row with { Age = new string('4', 39) }, ["number_out_of_range"]),
            (row => row with { WantsCatalogue = "oui" }, ["boolean_invalid"]),
            (row => row with { Interests = $"[{string.Join(',', Enumerable.Repeat("\"shoes\"", 1_001))}]" }, ["list_too_long"]),
            (row => row with { Answers = "{\"colour\": blue}" }, ["json_invalid"]),
            (row => row with { Answers = new string('[', 33) + new string(']', 33) }, ["json_too_deep"]),
            (row => row with { Comment = new string('x', 110_000) }, ["property_too_large"]),
            (row => row with { Comment = new string('x', 300_000) }, ["cell_too_large"]),
            (row => row with { Avatar = "ftp://example.com/me.png" }, ["image_invalid"]),
            (row => row with { Ip = "300.1.1.1" }, ["ip_invalid"]),
            (row => row with { Latitude = "91", Longitude = "5" }, ["latitude_invalid", "coordinates_incomplete"]),
            (row => row with { Latitude = "52", Longitude = "181" }, ["longitude_invalid", "coordinates_incomplete"]),
        ];
        for (var index = 0; index < broken.Length; index++) Add(broken[index].Break(Signup(FirstBroken + index)), Outcome.Failed, broken[index].Codes);
        Add(Signup(FirstBroken + broken.Length) with { Latitude = "52.5" }, Outcome.Created, "coordinates_incomplete");
    }

    private void Add(SignupRow row, Outcome outcome, params ReadOnlySpan<string> codes)
    {
        _rows.Add(row with { SubmittedAt = _start + Step * _rows.Count });
        _expected.Read(outcome, codes);
    }

    private TableChange<SignupRow> ToChange() => new(_rows, [], _expected.ToExpected());
}
