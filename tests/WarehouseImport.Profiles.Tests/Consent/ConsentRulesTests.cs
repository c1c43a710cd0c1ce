using System.Text.Json;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Tests.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Profiles.Views;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 9 and 17.5, from cells to stored profiles. Days are UTC days of 2021.</summary>
public sealed class ConsentRulesTests
{
    private const string Person = "p1";
    private const string Address = "e@x.example";
    private const string Mobile = "+12345678900";
    private const string OtherMobile = "+12345678901";
    private const string FixedLine = "+442079460018";

    private static readonly string[] Registers = ["consent.email.marketing", "consent.sms.marketing", "consent.sms.transactional"];

    private readonly InMemoryProfileStore _store = new();
    private readonly ProfileBatchApplier _applier = new(TimeProvider.System);
    private long _run;

    // 17.5, in its order: email.marketing
    [Theory]
    [InlineData("", "01-01", null, "NEVER_SUBSCRIBED", null)]
    [InlineData("", "05-01", "Subscribe", "SUBSCRIBED 05-01", null)]
    [InlineData("Subscribed 06-01", "05-01", "Subscribed", "SUBSCRIBED 06-01 first 05-01", null)]
    [InlineData("Unsubscribed 06-01", "05-01", "Subscribed", "UNSUBSCRIBED 06-01 first 05-01", ProblemCodes.ConsentOlderThanOptOut)]
    [InlineData("Unsubscribed 04-01", "05-01", "Subscribed", "SUBSCRIBED 05-01", null)]
    [InlineData("Subscribed 05-01", "05-01", "Unsubscribed", "UNSUBSCRIBED 05-01 first 05-01", null)]
    [InlineData("Unsubscribed 05-01", "05-01", "Subscribed", "UNSUBSCRIBED 05-01 first 05-01", ProblemCodes.ConsentOlderThanOptOut)]
    [InlineData("Subscribed 05-01", "06-01", "Never Subscribed", "SUBSCRIBED 05-01", ProblemCodes.ConsentResetIgnored)]
    [InlineData("Subscribed 05-01", "06-01", "false", "UNSUBSCRIBED 06-01 first 05-01", null)]
    [InlineData("Never Subscribed 05-01", "06-01", "false", "NEVER_SUBSCRIBED", null)]
    [InlineData("false 06-01", "05-01", "true", "UNSUBSCRIBED 06-01 first 05-01", ProblemCodes.ConsentOlderThanOptOut)]
    [InlineData("true 05-01", "06-01", "false", "UNSUBSCRIBED 06-01 first 05-01", null)]
    [InlineData("Subscribed 05-01", "06-01", "", "SUBSCRIBED 05-01", null)]
    [InlineData("Unsubscribed 05-01", "06-01", " ", "UNSUBSCRIBED 05-01", null)]
    [InlineData("Never Subscribed 05-01", "06-01", "", "NEVER_SUBSCRIBED", null)]
    [InlineData("", "06-01", " ", "NEVER_SUBSCRIBED", null)]
    [InlineData("Subscribed 05-01", "06-01", "maybe", "SUBSCRIBED 05-01", ProblemCodes.ConsentValueInvalid)]
    [InlineData("Unsubscribed 05-01", "06-01", "maybe", "UNSUBSCRIBED 05-01", ProblemCodes.ConsentValueInvalid)]
    [InlineData("Never Subscribed 05-01", "06-01", "maybe", "NEVER_SUBSCRIBED", ProblemCodes.ConsentValueInvalid)]
    // C4 and the ties of 9.3a beyond the table
    [InlineData("Subscribed 06-01", "05-01", "Unsubscribed", "SUBSCRIBED 06-01", ProblemCodes.ConsentOlderThanOptIn)]
    [InlineData("Subscribed 05-01", "05-01", "false", "UNSUBSCRIBED 05-01 first 05-01", null)]
    [InlineData("false 05-01", "05-01", "Subscribed", "UNSUBSCRIBED 05-01 first 05-01", ProblemCodes.ConsentOlderThanOptOut)]
    [InlineData("false 04-01", "05-01", "Subscribed", "SUBSCRIBED 05-01", null)]
    [InlineData("Subscribed 06-01", "05-01", "false", "SUBSCRIBED 06-01", null)]
    [InlineData("Unsubscribed 05-01", "06-01", "false", "UNSUBSCRIBED 05-01", null)]
    public async Task Apply_EmailMarketing_FollowsTheTable(string before, string day, string? cell, string expected, string? code)
    {
        if (before.Length > 0) await RowAsync(before[^5..], Address, null, (Registers[0], before[..^6]));

        var codes = cell is null ? await RowAsync(day, Address, null) : await RowAsync(day, Address, null, (Registers[0], cell));

        Assert.Equal(code is null ? [] : [code], codes);
        Assert.Equal(expected, Shown(ConsentRegisterKind.EmailMarketing));
    }

    // 17.5: an instant before 1990 (C1)
    [Fact]
    public async Task Apply_InstantOf1975_IsFirstSubscribedIn1990()
    {
        await RowAsync("05-01", Address, null, (Registers[0], "Subscribe"));

        var codes = await RowAsync("06-01", Address, null, (Registers[0], "Subscribe"), (Registers[0] + ".timestamp", "1975-01-01"));

        Assert.Equal([ProblemCodes.ConsentTimestampClamped], codes);
        Assert.Equal("1990-01-01T00:00:00Z", View().Consent.Single().FirstSubscribedAt.ToString());
    }

    // 17.5: SMS rows. Null is a column that is not mapped.
    [Theory]
    [InlineData(null, null, "Subscribe", "Subscribe", "SUBSCRIBED 05-01", "SUBSCRIBED 05-01")]
    [InlineData(null, null, "Subscribe", "Never subscribed", "SUBSCRIBED 05-01", "NEVER_SUBSCRIBED")]
    [InlineData(null, null, "Never subscribed", "Subscribe", "NEVER_SUBSCRIBED", "SUBSCRIBED 05-01")]
    [InlineData(null, null, "Unsubscribed", "Never subscribed", "UNSUBSCRIBED 05-01", "NEVER_SUBSCRIBED")]
    [InlineData("Subscribe", "Subscribe", "Unsubscribed", null, "UNSUBSCRIBED 05-01 first 04-01", "UNSUBSCRIBED 05-01 first 04-01")]
    // C7: marketing alone leaves the transactional register; C8: also for transactional, and a blank cell states nothing
    [InlineData(null, null, "Subscribe", null, "SUBSCRIBED 05-01", "NEVER_SUBSCRIBED")]
    [InlineData(null, null, null, "Subscribe", "NEVER_SUBSCRIBED", "SUBSCRIBED 05-01")]
    [InlineData("Subscribe", "Subscribe", null, "Unsubscribed", "UNSUBSCRIBED 05-01 first 04-01", "UNSUBSCRIBED 05-01 first 04-01")]
    [InlineData("Subscribe", "Subscribe", "Unsubscribed", "", "UNSUBSCRIBED 05-01 first 04-01", "UNSUBSCRIBED 05-01 first 04-01")]
    [InlineData("Subscribe", "Subscribe", "Unsubscribed", "Subscribe", "UNSUBSCRIBED 05-01 first 04-01", "SUBSCRIBED 05-01 first 04-01")]
    public async Task Apply_SmsRow_FollowsTheTable(string? marketingBefore, string? transactionalBefore, string? marketing, string? transactional, string expectedMarketing, string expectedTransactional)
    {
        if (marketingBefore is not null) await RowAsync("04-01", null, Mobile, (Registers[1], marketingBefore), (Registers[2], transactionalBefore!));

        var cells = new List<(string, string)>();
        if (marketing is not null) cells.Add((Registers[1], marketing));
        if (transactional is not null) cells.Add((Registers[2], transactional));
        await RowAsync("05-01", null, Mobile, [.. cells]);

        Assert.Equal((expectedMarketing, expectedTransactional), (Shown(ConsentRegisterKind.SmsMarketing), Shown(ConsentRegisterKind.SmsTransactional)));
    }

    // 17.5, last row, and C9
    [Fact]
    public async Task Apply_PhoneChangesAndReturns_StartsAnewAndComesBack()
    {
        await RowAsync("04-01", null, Mobile, (Registers[1], "Subscribe"));

        await RowAsync("05-01", null, OtherMobile);
        var changed = (Shown(ConsentRegisterKind.SmsMarketing), Shown(ConsentRegisterKind.SmsTransactional));
        await RowAsync("06-01", null, Mobile);

        Assert.Equal(("NEVER_SUBSCRIBED", "NEVER_SUBSCRIBED"), changed);
        Assert.Equal("SUBSCRIBED 04-01", Shown(ConsentRegisterKind.SmsMarketing));
        Assert.Equal(
            [
                (null, $$"""{"address":"{{Mobile}}","method":"WAREHOUSE","status":"SUBSCRIBED"}"""),
                ($$"""{"address":"{{Mobile}}","method":"WAREHOUSE","status":"SUBSCRIBED"}""", $$"""{"address":"{{OtherMobile}}","status":"NEVER_SUBSCRIBED"}"""),
                ($$"""{"address":"{{OtherMobile}}","status":"NEVER_SUBSCRIBED"}""", $$"""{"address":"{{Mobile}}","method":"WAREHOUSE","status":"SUBSCRIBED"}"""),
            ],
            _store.Changes.Where(change => change.Field == "consent.sms.marketing").Select(change => (change.OldValue, change.NewValue)));
    }

    // C9: the address goes to another profile, and comes back
    [Fact]
    public async Task Apply_AddressGoesToAnotherProfile_TakesItsConsentOutOfSight()
    {
        await RowAsync("04-01", Address, null, (Registers[0], "Subscribe"));
        var first = Assert.Single(_store.Profiles.Keys);

        await ApplyAsync(new ProfileUpdate(0, Day("05-01"), [External("p2"), Email(Address)], []));
        var lost = Shown(ConsentRegisterKind.EmailMarketing, first);
        await ApplyAsync(new ProfileUpdate(0, Day("06-01"), [External("p2"), Email("other@x.example")], []));

        Assert.Equal("NEVER_SUBSCRIBED", lost);
        Assert.Equal("SUBSCRIBED 04-01", Shown(ConsentRegisterKind.EmailMarketing, first));
        Assert.Equal(
            [ChangeKind.Set, ChangeKind.Cleared, ChangeKind.Set],
            _store.Changes.Where(change => change.ProfileId == first && change.Field == "consent.email.marketing").Select(change => change.Kind));
    }

    // C10
    [Theory]
    [InlineData("consent.email.marketing", "Subscribe", true)]
    [InlineData("consent.sms.transactional", "Unsubscribed", true)]
    [InlineData("consent.email.marketing", "false", false)]
    [InlineData("consent.email.marketing", "Never Subscribed", false)]
    public async Task Apply_ConsentWithoutAnAddress_FailsTheRowAndWritesNothing(string target, string cell, bool fails)
    {
        var codes = await RowAsync("05-01", null, null, (target, cell));

        Assert.Equal(fails ? [ProblemCodes.ConsentWithoutAddress] : [], codes);
        Assert.Equal(fails ? 0 : 1, _store.Profiles.Count);
    }

    [Fact]
    public async Task Apply_ConsentWithoutAnAddressOnTheRow_TakesTheOneTheProfileHolds()
    {
        await RowAsync("04-01", Address, null);

        var codes = await RowAsync("05-01", null, null, (Registers[0], "Subscribe"));

        Assert.Empty(codes);
        Assert.Equal("SUBSCRIBED 05-01", Shown(ConsentRegisterKind.EmailMarketing));
    }

    // C11
    [Theory]
    [InlineData("Subscribe", ProblemCodes.ConsentFixedLine, "NEVER_SUBSCRIBED")]
    [InlineData("Unsubscribed", null, "UNSUBSCRIBED 05-01")]
    public async Task Apply_SmsConsentForAFixedLine_IsNotAppliedButTheOptOutIs(string cell, string? code, string expected)
    {
        var codes = await RowAsync("05-01", null, FixedLine, (Registers[1], cell));

        Assert.Equal(code is null ? [] : [code], codes);
        Assert.Equal(expected, Shown(ConsentRegisterKind.SmsMarketing));
    }

    [Theory]
    [InlineData("+442079460018", true)]
    [InlineData("+447400123456", false)]
    [InlineData("+12345678900", false)]
    [InlineData("+999123456789", false)]
    public void IsFixedLine_Number_IsTrueOnlyWhereTheDataCanTell(string number, bool expected)
    {
        Assert.Equal(expected, PhoneLines.IsFixedLine(number));
    }

    // 9.6 and 17.5
    [Fact]
    public async Task Apply_Resubscribed_LiftsWhatIsNotLaterAndKeepsDeliverability()
    {
        await RowAsync("04-01", Address, null, (Registers[0], "Unsubscribed"), ("suppression.reason", "SPAM_COMPLAINT"));
        await RowAsync("04-02", Address, null, ("suppression", "true"));
        await RowAsync("04-03", Address, null, ("suppression.reason", "HARD_BOUNCE"));
        var before = Reasons();

        await RowAsync("05-01", Address, null, (Registers[0], "Subscribed"));

        Assert.Equal(["HARD_BOUNCE 04-03", "SPAM_COMPLAINT 04-01", "UNSUBSCRIBE 04-01", "USER_SUPPRESSED 04-02"], before);
        Assert.Equal(["HARD_BOUNCE 04-03"], Reasons());
        Assert.False(View().CanReceiveEmailMarketing);
        Assert.Equal(
            ["email_suppressions.SPAM_COMPLAINT", "email_suppressions.UNSUBSCRIBE", "email_suppressions.USER_SUPPRESSED"],
            _store.Changes.Where(change => change.Kind == ChangeKind.Cleared).Select(change => change.Field));
    }

    [Fact]
    public async Task Apply_SuppressionLaterThanTheConsent_StandsBesideIt()
    {
        await RowAsync("05-01", Address, null, (Registers[0], "Subscribed"));
        await RowAsync("04-01", Address, null, ("suppression", "true"));
        var lifted = View().CanReceiveEmailMarketing;

        await RowAsync("05-02", Address, null, ("suppression", "true"));

        Assert.True(lifted);
        Assert.Equal(["USER_SUPPRESSED 05-02"], Reasons());
        Assert.Equal("SUBSCRIBED 05-01", Shown(ConsentRegisterKind.EmailMarketing));
    }

    // C9 is about registers: the reason why mail must not be sent goes with the person until a later consent lifts it
    [Fact]
    public async Task Apply_OptedOutPersonChangesAddress_StaysSuppressed()
    {
        await RowAsync("04-01", Address, null, (Registers[0], "Unsubscribed"));

        await RowAsync("05-01", "new@x.example", null);
        var moved = (Shown(ConsentRegisterKind.EmailMarketing), string.Join(' ', Reasons()));
        await RowAsync("06-01", "new@x.example", null, (Registers[0], "Subscribed"));

        Assert.Equal(("NEVER_SUBSCRIBED", "UNSUBSCRIBE 04-01"), moved);
        Assert.Empty(Reasons());
    }

    // C13
    [Fact]
    public async Task Apply_NoConsentData_LeavesNoTraceInTheDocument()
    {
        await RowAsync("05-01", Address, Mobile);

        Assert.Equal($$"""{"email":"{{Address}}","external_id":"p1","phone_number":"{{Mobile}}"}""", Assert.Single(_store.Profiles.Values).Document);
        Assert.Equal(ConsentStatus.NeverSubscribed, View().StatusOf(ConsentRegisterKind.SmsMarketing));
        Assert.True(View().CanReceiveEmailMarketing);
    }

    // 9.1
    [Fact]
    public async Task Apply_Consent_StandsInTheDocumentWithItsOrigin()
    {
        await RowAsync("06-01", Address, Mobile, (Registers[0], "Subscribe"), (Registers[0] + ".timestamp", "2021-05-01"), ("consent.custom_source", "Till 3"));

        var document = JsonDocument.Parse(Assert.Single(_store.Profiles.Values).Document).RootElement;
        Assert.Equal(
            $$"""{"status":"SUBSCRIBED","consented_at":"2021-05-01T00:00:00Z","first_subscribed_at":"2021-05-01T00:00:00Z","last_updated":"2021-06-01T00:00:00Z","method":"WAREHOUSE","method_detail":"sync {{SyncA}}, run {{RunId(SyncA, 1)}}","custom_source":"Till 3","address":"{{Address}}"}""",
            document.GetProperty("consent").GetProperty("email").GetProperty("marketing").GetRawText());
        Assert.Equal($$"""{"status":"NEVER_SUBSCRIBED","address":"{{Mobile}}"}""", document.GetProperty("consent").GetProperty("sms").GetProperty("transactional").GetRawText());
        Assert.Equal(0, document.GetProperty("email_suppressions").GetArrayLength());
        Assert.True(document.GetProperty("can_receive_email_marketing").GetBoolean());
    }

    [Fact]
    public async Task Apply_ConsentChange_StandsInTheHistoryWithItsInstants()
    {
        await RowAsync("04-01", Address, null, (Registers[0], "Subscribe"));
        await RowAsync("06-01", Address, null, (Registers[0], "Unsubscribe"), (Registers[0] + ".timestamp", "2021-05-01"));

        var change = _store.Changes.Last(entry => entry.Field == "consent.email.marketing");
        Assert.Equal((Day("04-01"), Day("05-01"), SyncA, RunId(SyncA, 2)), (change.OldInstant, change.NewInstant, change.SyncId, change.RunId));
    }

    // The outcome of the row: a change, a lost statement, a repetition
    [Fact]
    public async Task Apply_ConsentOnly_CountsAsFieldsDo()
    {
        var created = await OutcomesAsync("05-01", "Subscribe");
        var repeated = await OutcomesAsync("05-02", "Subscribe");
        var changed = await OutcomesAsync("06-01", "Unsubscribe");
        var lost = await OutcomesAsync("05-03", "Subscribe");
        var reset = await OutcomesAsync("07-01", "Never Subscribed");

        Assert.Equal(new OutcomeCounts(Created: 1), created);
        Assert.Equal(new OutcomeCounts(Unchanged: 1), repeated);
        Assert.Equal(new OutcomeCounts(Updated: 1), changed);
        Assert.Equal(new OutcomeCounts(Stale: 1), lost);
        Assert.Equal(new OutcomeCounts(Unchanged: 1), reset);
    }

    [Fact]
    public async Task Apply_LostConsentOfASyncThatRecordsThem_StandsInTheHistory()
    {
        await RowAsync("06-01", Address, null, (Registers[0], "Unsubscribe"));
        var row = Update("05-01", Address, null, (Registers[0], "Subscribe")).Row;

        await _applier.ApplyAsync(_store, Batch(SyncA, 9, [], row) with { RecordStale = true }, TestContext.Current.CancellationToken);

        var change = Assert.Single(_store.Changes, entry => entry.Kind == ChangeKind.Superseded);
        Assert.Equal("consent.email.marketing", change.Field);
        Assert.Contains("\"SUBSCRIBED\"", change.NewValue, StringComparison.Ordinal);
        Assert.Equal(Day("05-01"), change.NewInstant);
    }

    // A statement for an address that an older row names is kept with that address.
    [Fact]
    public async Task Apply_OlderRowWithAnotherAddress_KeepsItsConsentWithThatAddress()
    {
        await RowAsync("05-01", Address, null);

        await RowAsync("04-01", "former@x.example", null, (Registers[0], "Subscribe"));

        Assert.Equal("NEVER_SUBSCRIBED", Shown(ConsentRegisterKind.EmailMarketing));
        var register = Assert.Single(View().Consent);
        Assert.Equal(("former@x.example", false, ConsentStatus.Subscribed), (register.Address, register.IsCurrent, register.Status));
    }

    private static SourceInstant Day(string monthAndDay) => SourceInstant.Parse($"2021-{monthAndDay}T00:00:00Z");

    private static (ProfileUpdate Row, List<string> Codes) Update(string day, string? email, string? phone, params (string Target, string? Cell)[] cells)
    {
        var reader = new ConsentReader([.. cells.Select(cell => ConsentColumns.TryGet(cell.Target, out var column)
            ? new ConsentColumnBinding(column, InputKind.Text)
            : throw new ArgumentException(cell.Target))]);
        var reading = reader.Read([.. cells.Select(cell => cell.Cell)], Day(day), Day("12-31"));
        var identifiers = new List<IdentifierClaim> { External(Person) };
        if (email is not null) identifiers.Add(Email(email));
        if (phone is not null) identifiers.Add(Phone(phone));
        var row = new ProfileUpdate(0, Day(day), [.. identifiers], []) { Consent = reading.Writes, Suppressions = reading.Suppressions };
        return (row, [.. reading.Problems.Select(problem => problem.Problem.Code)]);
    }

    /// <summary>Imports one row as a run of its own, unless its cells are refused.</summary>
    /// <returns>The codes of the row's problems.</returns>
    private async Task<List<string>> RowAsync(string day, string? email, string? phone, params (string Target, string? Cell)[] cells)
    {
        var (row, codes) = Update(day, email, phone, cells);
        if (codes.Exists(code => ProblemCatalogue.Get(code).Severity == ProblemSeverity.Error)) return codes;
        var result = await ApplyAsync(row);
        codes.AddRange(result.Problems.SelectMany(problems => problems.Problems).Select(problem => problem.Code));
        return codes;
    }

    private async Task<OutcomeCounts> OutcomesAsync(string day, string cell) => (await ApplyAsync(Update(day, Address, null, (Registers[0], cell)).Row)).Counts;

    private Task<BatchResult> ApplyAsync(ProfileUpdate row) => _applier.ApplyAsync(_store, Batch(SyncA, ++_run, [], row), default);

    private ProfileView View() => ProfileView.From(Assert.Single(_store.Profiles.Values));

    private string Shown(ConsentRegisterKind kind, Ulid? id = null)
    {
        StoredProfile stored = id is { } known ? _store.Profiles[known] : Assert.Single(_store.Profiles.Values);
        var register = ProfileView.From(stored).Consent.SingleOrDefault(candidate => candidate.Kind == kind && candidate.IsCurrent);
        if (register?.Deciding is not { } deciding) return "NEVER_SUBSCRIBED";
        var first = register.FirstSubscribedAt is { } at && (at != deciding.Instant || register.Status != ConsentStatus.Subscribed) ? $" first {MonthAndDay(at)}" : "";
        return $"{register.Status.Name()} {MonthAndDay(deciding.Instant)}{first}";
    }

    private List<string> Reasons() => [.. View().EmailSuppressions.Select(suppression => $"{suppression.Reason.Name()} {MonthAndDay(suppression.Instant)}")];

    private static string MonthAndDay(SourceInstant instant) => instant.ToString()[5..10];
}
