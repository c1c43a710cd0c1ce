using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Tests.Import;
using WarehouseImport.Profiles.Views;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Identity;

/// <summary>profile-import-rules 3.4, rule by rule.</summary>
public sealed class ProfileMergingTests
{
    private const string E = "e@x.example";
    private const string F = "f@x.example";

    private readonly InMemoryProfileStore _store = new();
    private readonly ProfileBatchApplier _applier = new(TimeProvider.System);

    // Rule 1
    [Fact]
    public async Task Merge_FieldsOfBoth_GreaterVersionWinsEach()
    {
        FieldTarget[] targets = [Batches.Field("first_name"), Batches.Field("title"), Batches.Field("organization")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email(E)], (0, "\"Kept\""), (2, "\"Acme\"")), Row(1, 2, [Email(F)], (0, "\"Removed\""), (1, "\"Dr\""))));

        var result = await Merging.MergeAsync(Holder(E), Holder(F), "ann", TestContext.Current.CancellationToken);

        Assert.Equal("""{"email":"f@x.example","first_name":"Removed","organization":"Acme","title":"Dr"}""", result.Profile!.Document);
    }

    // Rule 1 for values without a source instant, rules 2 and 3
    [Theory]
    [InlineData("first_name", "\"kept\"", "\"removed\"", "\"kept\"")]
    [InlineData("first_name", null, "\"removed\"", "\"removed\"")]
    [InlineData("location.timezone", "\"Europe/Paris\"", "\"Europe/Rome\"", "\"Europe/Rome\"")]
    [InlineData("location.timezone", "\"Europe/Paris\"", null, "\"Europe/Paris\"")]
    public void Merge_ValuesSetByHand_FollowTheirOwnRules(string field, string? kept, string? removed, string expected)
    {
        var merged = ProfileMerger.Merge(ByHand((field, kept)), ByHand((field, removed)));

        Assert.Equal(expected, merged.Value(field));
    }

    // Rule 3
    [Fact]
    public void Merge_LocationsSetByHand_TakesTheFullerOneAsAWhole()
    {
        var kept = ByHand(("location.city", "\"Utrecht\""), ("location.zip", "\"3511\""));
        var removed = ByHand(("location.city", "\"Rome\""), ("location.country", "\"IT\""), ("location.region", "\"RM\""));

        var merged = ProfileMerger.Merge(kept, removed);

        Assert.Equal(("\"Rome\"", "\"IT\"", null), (merged.Value("location.city"), merged.Value("location.country"), merged.Value("location.zip")));
    }

    [Fact]
    public void Merge_LocationWithASourceInstantOnOneSide_IsDecidedFieldByField()
    {
        var kept = ByHand(("location.city", "\"Utrecht\""));
        var removed = new Profile(Ulid.NewUlid());
        removed.Restore("location.zip", new Register("\"00100\"", new FieldVersion(FieldStrength.Ordinary, At(1), 0, SyncA, 1)));
        removed.Restore("location.country", new Register("\"IT\"", new FieldVersion(FieldStrength.Ordinary, At(1), 0, SyncA, 1)));

        var merged = ProfileMerger.Merge(kept, removed);

        Assert.Equal(("\"Utrecht\"", "\"00100\""), (merged.Value("location.city"), merged.Value("location.zip")));
    }

    // Rules 4 and 6: consent stays with its address
    [Fact]
    public async Task Merge_ConsentOfAnotherAddress_IsKeptButNotShown()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Subscribed(Row(0, 2, [Email(E)]), 2), Subscribed(Row(1, 1, [Email(F)]), 1)));
        var kept = Holder(E);

        await Merging.MergeAsync(kept, Holder(F), "ann", TestContext.Current.CancellationToken);

        var view = ProfileView.From(_store.Profiles[kept]);
        Assert.Equal([(E, true), (F, false)], view.Consent.Select(c => (c.Address, c.IsCurrent)));
    }

    // Rule 5
    [Fact]
    public async Task Merge_SuppressedWithUnsuppressed_IsSuppressed()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email(E)]), Row(1, 1, [Phone("+12345678900")]) with { Suppressions = [new SuppressionWrite(SuppressionReason.HardBounce, At(1))] }));
        var kept = Holder(E);

        await Merging.MergeAsync(kept, _store.Profiles.Keys.Single(id => id != kept), "ann", TestContext.Current.CancellationToken);

        Assert.False(ProfileView.From(_store.Profiles[kept]).CanReceiveEmailMarketing);
        Assert.Contains(_store.Changes, c => c is { Kind: ChangeKind.Merged, Field: "email_suppressions.HARD_BOUNCE" });
    }

    // Rule 5, where the reason is an opt-out and the address it was given for is not the one that stays
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Merge_OptOutOfTheOtherAddress_SuppressesUnlessALaterConsentLiftsIt(bool isLater, bool isSuppressed)
    {
        var optOut = Row(1, 1, [Email(F)]) with { Consent = [new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Unsubscribed, At(2))] };
        await ApplyAsync(Batch(SyncA, 1, [], Subscribed(Row(0, 3, [Email(E)]), isLater ? 3 : 1), optOut));
        var kept = Holder(E);

        await Merging.MergeAsync(kept, Holder(F), "ann", TestContext.Current.CancellationToken);

        var view = ProfileView.From(_store.Profiles[kept]);
        Assert.Equal(isSuppressed ? [(SuppressionReason.Unsubscribe, At(2))] : [], view.EmailSuppressions.Select(s => (s.Reason, s.Instant)));
        Assert.Equal(ConsentStatus.Subscribed, view.StatusOf(ConsentRegisterKind.EmailMarketing));
    }

    // Rule 7
    [Fact]
    public async Task Undo_AfterQuietRepeats_RestoresBothAndLogsWho()
    {
        FieldTarget[] targets = [Batches.Field("first_name")];
        ProfileUpdate[] rows = [Row(0, 1, [Email(E)], (0, "\"Kept\"")), Row(1, 2, [Email(F)], (0, "\"Removed\""))];
        await ApplyAsync(Batch(SyncA, 1, targets, rows));
        var (kept, removed) = (Holder(E), Holder(F));
        var before = Dump();
        var merge = await Merging.MergeAsync(kept, removed, "ann", TestContext.Current.CancellationToken);
        await ApplyAsync(Batch(SyncA, 2, targets, rows[1]));

        var undo = await Merging.UndoAsync(merge.MergeId!.Value, "bob", TestContext.Current.CancellationToken);

        Assert.Equal(UndoStatus.Undone, undo.Status);
        Assert.Equal(before, Dump());
        Assert.Equal((kept, removed), (Holder(E), Holder(F)));
        Assert.Equal(["ann", "ann"], _store.Changes.Where(c => c.Kind is ChangeKind.Merged or ChangeKind.MergedInto && c.Field == "id").Select(c => c.By));
        Assert.Equal(["bob", "bob"], _store.Changes.Where(c => c.Kind == ChangeKind.MergeUndone).Select(c => c.By));
        Assert.Equal(UndoStatus.AlreadyUndone, (await Merging.UndoAsync(merge.MergeId.Value, "bob", TestContext.Current.CancellationToken)).Status);
        Assert.Equal(UndoStatus.MergeUnknown, (await Merging.UndoAsync(Ulid.NewUlid(), "bob", TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Undo_AfterAFieldChanged_IsBlockedAndNamesIt()
    {
        FieldTarget[] targets = [Batches.Field("first_name")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email(E)]), Row(1, 1, [Email(F)])));
        var merge = await Merging.MergeAsync(Holder(E), Holder(F), "ann", TestContext.Current.CancellationToken);
        await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 3, [Email(F)], (0, "\"New\""))));

        var undo = await Merging.UndoAsync(merge.MergeId!.Value, "ann", TestContext.Current.CancellationToken);

        Assert.Equal(UndoStatus.Blocked, undo.Status);
        Assert.Equal(["email has changed", "first_name has changed"], undo.Obstacles);
        Assert.Single(_store.Profiles);
    }

    // Rule 8: the identifier the merge gave up is anybody's
    [Fact]
    public async Task Merge_IdentifierGivenUp_MakesANewProfileWhichBlocksTheUndo()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email(E)]), Row(1, 2, [Email(F)])));
        var merge = await Merging.MergeAsync(Holder(E), Holder(F), "ann", TestContext.Current.CancellationToken);
        Assert.Null(_store.Identifiers[Email(E).Identifier].Holder);

        await ApplyAsync(Batch(SyncA, 2, [], Row(0, 3, [Email(E)])));

        Assert.Equal(2, _store.Profiles.Count);
        var undo = await Merging.UndoAsync(merge.MergeId!.Value, "ann", TestContext.Current.CancellationToken);
        Assert.Equal(UndoStatus.Blocked, undo.Status);
        Assert.Contains(E, Assert.Single(undo.Obstacles), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_WhileTheKeptProfileIsMergedItself_NamesThatMerge()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email(E)]), Row(1, 2, [Email(F)]), Row(2, 1, [External("1")])));
        var (a, b, c) = (Holder(E), Holder(F), _store.Identifiers[External("1").Identifier].Holder!.Value);
        var first = await Merging.MergeAsync(b, a, "ann", TestContext.Current.CancellationToken);
        await Merging.MergeAsync(c, b, "ann", TestContext.Current.CancellationToken);

        var undo = await Merging.UndoAsync(first.MergeId!.Value, "ann", TestContext.Current.CancellationToken);

        Assert.Equal(UndoStatus.Blocked, undo.Status);
        Assert.Contains(c.ToString(), Assert.Single(undo.Obstacles), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_ClaimOfAThirdProfile_ComesBackToItWhenTheMergeGivesItUp()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [External("3"), Email(E)]), Row(1, 2, [External("1"), Email(E)]), Row(2, 3, [Email(F)])));
        var (third, kept) = (_store.Identifiers[External("3").Identifier].Holder!.Value, _store.Identifiers[External("1").Identifier].Holder!.Value);

        await Merging.MergeAsync(kept, Holder(F), "ann", TestContext.Current.CancellationToken);

        Assert.Equal((third, kept), (Holder(E), Holder(F)));
        Assert.Contains(_store.Changes, c => c.ProfileId == third && c.Kind == ChangeKind.Regained);
    }

    [Fact]
    public async Task Preview_AnyPair_ShowsTheResultAndWritesNothing()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email(E)]), Row(1, 2, [Phone("+12345678900")])));
        var kept = Holder(E);
        var other = _store.Profiles.Keys.Single(id => id != kept);
        var before = Dump();

        var preview = await Merging.PreviewAsync(kept, other, TestContext.Current.CancellationToken);

        Assert.Equal("""{"email":"e@x.example","phone_number":"+12345678900"}""", preview.Profile!.Document);
        Assert.Null(preview.MergeId);
        Assert.Equal(before, Dump());
        Assert.Equal(preview.Profile.Document, (await Merging.MergeAsync(kept, other, "ann", TestContext.Current.CancellationToken)).Profile!.Document);
    }

    [Fact]
    public async Task Merge_UnknownRemovedOrSameProfile_IsRefused()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email(E)]), Row(1, 2, [Email(F)])));
        var (a, b) = (Holder(E), Holder(F));

        Assert.Equal(MergeStatus.SameProfile, (await Merging.MergeAsync(a, a, "ann", TestContext.Current.CancellationToken)).Status);
        Assert.Equal(MergeStatus.ProfileUnknown, (await Merging.MergeAsync(a, Ulid.NewUlid(), "ann", TestContext.Current.CancellationToken)).Status);
        await Merging.MergeAsync(a, b, "ann", TestContext.Current.CancellationToken);
        Assert.Equal(MergeStatus.SameProfile, (await Merging.MergeAsync(a, b, "ann", TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Merge_MoreThanAThousandProperties_IsRefusedAndWritesNothing()
    {
        FieldTarget[] targets = [.. Enumerable.Range(0, 1200).Select(i => Batches.Field($"properties.p{i}"))];
        await ApplyAsync(Batch(
            SyncA,
            1,
            targets,
            Row(0, 1, [Email(E)], [.. Enumerable.Range(0, 600).Select(i => (i, (string?)"1"))]),
            Row(1, 1, [Email(F)], [.. Enumerable.Range(600, 600).Select(i => (i, (string?)"1"))])));

        var result = await Merging.MergeAsync(Holder(E), Holder(F), "ann", TestContext.Current.CancellationToken);

        Assert.Equal((MergeStatus.TooLarge, "too_many_properties"), (result.Status, result.Problem!.Code));
        Assert.Equal(2, _store.Profiles.Count);
    }

    // G12: an import between load and commit
    [Fact]
    public async Task Merge_AgainstARacingImport_LosesNoField()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email(E)]), Row(1, 1, [Email(F)])));
        var kept = Holder(E);
        _store.BeforeCommit = () => ApplyAsync(Batch(SyncA, 2, targets, Row(0, 3, [Email(F)], (0, "\"Dr\""))));

        var result = await Merging.MergeAsync(kept, Holder(F), "ann", TestContext.Current.CancellationToken);

        Assert.Equal(MergeStatus.Merged, result.Status);
        Assert.Contains("Dr", _store.Profiles[kept].Document, StringComparison.Ordinal);
    }

    private ProfileMerging Merging => new(_store, _store, TimeProvider.System);

    private static ProfileUpdate Subscribed(ProfileUpdate row, int second) =>
        row with { Consent = [new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Subscribed, At(second), null)] };

    private static Profile ByHand(params (string Field, string? Json)[] values)
    {
        var profile = new Profile(Ulid.NewUlid());
        foreach (var (field, json) in values)
        {
            if (json is not null) profile.Restore(field, new Register(json, new FieldVersion(FieldStrength.Ordinary, At(profile.Registers.Count), 0, ManualSource.Id, 0)));
        }

        return profile;
    }

    private Ulid Holder(string email) => _store.Identifiers[new Identifier(IdentifierKind.Email, email)].Holder!.Value;

    private string Dump() => string.Join('\n', _store.Profiles.Values.OrderBy(p => p.Id).Select(p => $"{p.Id} {p.Document} {CanonicalProfile.Describe(p)}"));

    private Task<BatchResult> ApplyAsync(ProfileBatch batch) => _applier.ApplyAsync(_store, batch, default);
}
