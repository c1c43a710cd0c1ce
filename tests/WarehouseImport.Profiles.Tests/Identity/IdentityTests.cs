using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Tests.Import;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Identity;

/// <summary>profile-import-rules 3.3 and 17.6: what is listed and what is absorbed.</summary>
public sealed class IdentityTests
{
    private const string Number = "+12345678900";

    private readonly InMemoryProfileStore _store = new();
    private readonly ProfileBatchApplier _applier = new(TimeProvider.System);

    // 17.6: – | email e, phone p | one profile with both
    [Fact]
    public async Task Apply_TwoIdentifiersOfNobody_MakesOneProfileAndListsNothing()
    {
        await ApplyAsync(1, Row(0, 1, [Email("e@x.example"), Phone(Number)]));

        Assert.Single(_store.Profiles);
        Assert.Empty(_store.Sightings);
    }

    // 17.6: A: phone p | email e, phone p, newer | B with e takes p; A flagged
    [Fact]
    public async Task Apply_RowTakesTheLastIdentifier_SuggestListsThePair()
    {
        await ApplyAsync(1, Row(0, 1, [Phone(Number)]));
        var a = Assert.Single(_store.Profiles.Keys);

        await ApplyAsync(2, Row(0, 2, [Email("e@x.example"), Phone(Number)]));

        var b = Holder(Email("e@x.example"));
        Assert.Equal(b, Holder(Phone(Number)));
        var sighting = Assert.Single(_store.Sightings.Values);
        Assert.Equal((ProfilePair.Of(a, b), DuplicateReason.NoIdentifierLeft), (sighting.Pair, sighting.Reason));
        Assert.Contains(a, _store.Profiles.Keys);
    }

    // 17.6: the same | or absorbed (absorb)
    [Fact]
    public async Task Apply_RowTakesTheLastIdentifier_AbsorbMergesAtOnce()
    {
        FieldTarget[] targets = [Batches.Field("title"), Batches.Field("first_name")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Phone(Number)], (0, "\"Dr\""), (1, "\"Old\""))));
        var a = Assert.Single(_store.Profiles.Keys);

        var result = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 2, [Email("e@x.example"), Phone(Number)], (1, "\"New\""))) with { Orphans = OrphanPolicy.Absorb });

        Assert.Equal(new OutcomeCounts(Created: 1), result.Counts);
        var b = Assert.Single(_store.Profiles.Values);
        Assert.Equal("""{"email":"e@x.example","first_name":"New","phone_number":"+12345678900","title":"Dr"}""", b.Document);
        Assert.Equal(b.Id, _store.MergedInto[a]);
        Assert.Empty(_store.Pairs);
        Assert.Empty(_store.Identifiers[new Identifier(IdentifierKind.PhoneNumber, Number)].Contenders);
        Assert.Contains(_store.Changes, c => c.ProfileId == a && c.Kind == ChangeKind.MergedInto);
        Assert.Contains(_store.Changes, c => c.ProfileId == b.Id && c is { Kind: ChangeKind.Merged, Field: "title", NewValue: "\"Dr\"" });
    }

    [Fact]
    public async Task Apply_OrphanOfTheSameBatch_IsAbsorbedAndCanBeRestored()
    {
        var batch = Batch(SyncA, 1, [], Row(0, 1, [Phone(Number)]), Row(1, 2, [Email("e@x.example"), Phone(Number)])) with { Orphans = OrphanPolicy.Absorb };

        var result = await ApplyAsync(batch);

        Assert.Equal(2, result.Counts.Total);
        Assert.Single(_store.Profiles);
        var undo = await Merging.UndoAsync(Assert.Single(_store.Merges.Keys), "ann", TestContext.Current.CancellationToken);
        Assert.Equal(UndoStatus.Undone, undo.Status);
        Assert.Equal(2, _store.Profiles.Count);
    }

    [Fact]
    public async Task Apply_AbsorbOfAProfileWithAnotherIdentifier_LeavesIt()
    {
        await ApplyAsync(1, Row(0, 1, [External("1"), Phone(Number)]));

        await ApplyAsync(Batch(SyncA, 2, [], Row(0, 2, [Email("e@x.example"), Phone(Number)])) with { Orphans = OrphanPolicy.Absorb });

        Assert.Equal(2, _store.Profiles.Count);
        Assert.Equal(DuplicateReason.ClaimLost, Assert.Single(_store.Sightings.Values).Reason);
    }

    // 17.6: A: external 1, email e; B: external 2 | external 2, email e, newer than A's claim | B takes e, warning
    [Fact]
    public async Task Apply_NewerClaimOfAnothersEmail_TakesItAndListsThePair()
    {
        await ApplyAsync(1, Row(0, 1, [External("1"), Email("e@x.example")]), Row(1, 1, [External("2")]));

        var result = await ApplyAsync(2, Row(0, 2, [External("2"), Email("e@x.example")]));

        Assert.Equal("identifier_reassigned", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Equal(Holder(External("2")), Holder(Email("e@x.example")));
        Assert.Equal(ProfilePair.Of(Holder(External("1")), Holder(External("2"))), Assert.Single(_store.Sightings.Keys));
    }

    // 17.6: same | external 2, email e, older than A's claim | B updated in other fields; e stays with A; field counted as stale
    [Fact]
    public async Task Apply_OlderClaimOfAnothersEmail_LeavesItCountsItAsStaleAndListsThePair()
    {
        await ApplyAsync(1, Row(0, 5, [External("1"), Email("e@x.example")]), Row(1, 1, [External("2")]));

        var result = await ApplyAsync(Batch(SyncA, 2, [Batches.Field("title")], Row(0, 3, [External("2"), Email("e@x.example")], (0, "\"Dr\""))));

        Assert.Equal((1, 1), (result.Counts.Updated, result.FieldsStale));
        Assert.Equal(Holder(External("1")), Holder(Email("e@x.example")));
        Assert.Equal(ProfilePair.Of(Holder(External("1")), Holder(External("2"))), Assert.Single(_store.Sightings.Keys));
    }

    // 17.6: A: external 1; B: id X | id X, external 1 | identifier_conflict (A, B)
    [Fact]
    public async Task Apply_ExternalIdOfAnother_FailsNamesBothAndListsThePair()
    {
        await ApplyAsync(1, Row(0, 1, [External("1")]), Row(1, 1, [Email("e@x.example")]));
        var (a, b) = (Holder(External("1")), Holder(Email("e@x.example")));

        var result = await ApplyAsync(2, Row(0, 2, [Id(b), External("1")]));

        var problem = Assert.Single(Assert.Single(result.Problems).Problems);
        Assert.Equal("identifier_conflict", problem.Code);
        Assert.Contains(a.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Contains(b.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Equal((ProfilePair.Of(a, b), DuplicateReason.IdentifierConflict), (_store.Sightings.Single().Key, _store.Sightings.Single().Value.Reason));

        await Merging.MergeAsync(b, a, "ann", TestContext.Current.CancellationToken);
        Assert.Equal(new OutcomeCounts(Unchanged: 1), (await ApplyAsync(3, Row(0, 2, [Id(b), External("1")]))).Counts);
    }

    [Fact]
    public async Task Apply_UnknownId_FailsAndCreatesNothing()
    {
        var result = await ApplyAsync(1, Row(0, 1, [Id(Ulid.NewUlid())]));

        Assert.Equal("profile_id_unknown", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Empty(_store.Profiles);
    }

    // 3.3: replaced if the row's version is greater; whoever comes with the old value later may be the same person
    [Fact]
    public async Task Apply_AddressThatAProfileGaveUp_MakesANewProfileAndListsThePair()
    {
        await ApplyAsync(1, Row(0, 1, [External("1"), Email("old@x.example")]));
        await ApplyAsync(2, Row(0, 2, [External("1"), Email("new@x.example")]));

        await ApplyAsync(3, Row(0, 3, [Email("old@x.example")]));

        var sighting = Assert.Single(_store.Sightings.Values);
        Assert.Equal(ProfilePair.Of(Holder(External("1")), Holder(Email("old@x.example"))), sighting.Pair);
        Assert.Equal(DuplicateReason.FormerlyStated, sighting.Reason);
    }

    [Fact]
    public async Task Apply_AddressThatOnlyAnOlderRowStated_IsRememberedAllTheSame()
    {
        await ApplyAsync(1, Row(0, 2, [External("1"), Email("new@x.example")]));
        await ApplyAsync(2, Row(0, 1, [External("1"), Email("old@x.example")]));

        await ApplyAsync(3, Row(0, 3, [Email("old@x.example")]));

        Assert.Equal(DuplicateReason.FormerlyStated, Assert.Single(_store.Sightings.Values).Reason);
    }

    // G11
    [Fact]
    public async Task Apply_SameRowsAgain_AddsNoPair()
    {
        ProfileUpdate[] rows = [Row(0, 1, [External("1"), Email("old@x.example")]), Row(1, 2, [External("1"), Email("new@x.example")])];
        await ApplyAsync(1, rows);

        var again = await ApplyAsync(2, rows);

        Assert.Equal(0, again.FieldsChanged);
        Assert.Empty(_store.Sightings);
    }

    [Fact]
    public async Task Apply_IdOfARemovedProfile_MeansTheKeptOne()
    {
        await ApplyAsync(1, Row(0, 1, [External("1")]), Row(1, 1, [Email("e@x.example")]), Row(2, 1, [Phone(Number)]));
        var (a, b, c) = (Holder(External("1")), Holder(Email("e@x.example")), Holder(Phone(Number)));
        await Merging.MergeAsync(b, a, "ann", TestContext.Current.CancellationToken);
        await Merging.MergeAsync(c, b, "ann", TestContext.Current.CancellationToken);

        await ApplyAsync(Batch(SyncA, 2, [Batches.Field("title")], Row(0, 2, [Id(a)], (0, "\"Dr\""))));

        Assert.Contains("Dr", _store.Profiles[c].Document, StringComparison.Ordinal);
        Assert.Single(_store.Profiles);
    }

    private ProfileMerging Merging => new(_store, _store, TimeProvider.System);

    private Ulid Holder(IdentifierClaim claim) => _store.Identifiers[claim.Identifier].Holder!.Value;

    private Task<BatchResult> ApplyAsync(long runSeq, params ProfileUpdate[] rows) => ApplyAsync(Batch(SyncA, runSeq, [], rows));

    private Task<BatchResult> ApplyAsync(ProfileBatch batch) => _applier.ApplyAsync(_store, batch, default);
}
