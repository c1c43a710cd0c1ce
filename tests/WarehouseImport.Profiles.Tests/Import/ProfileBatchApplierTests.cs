using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Views;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Import;

public sealed class ProfileBatchApplierTests
{
    private readonly InMemoryProfileStore _store = new();
    private readonly ProfileBatchApplier _applier = new(TimeProvider.System);

    [Fact]
    public async Task Apply_EmailAndPhone_MakesOneProfileWithBoth()
    {
        var result = await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email("e@x.example"), Phone("+12345678900")])));

        Assert.Equal(new OutcomeCounts(Created: 1), result.Counts);
        var profile = Assert.Single(_store.Profiles.Values);
        Assert.Equal(profile.Id, _store.Identifiers[new Identifier(IdentifierKind.Email, "e@x.example")].Holder);
        Assert.Equal(profile.Id, _store.Identifiers[new Identifier(IdentifierKind.PhoneNumber, "+12345678900")].Holder);
    }

    [Fact]
    public async Task Apply_NewerClaimOfHeldPhone_MovesItAndWarnsWithBothProfiles()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Phone("+12345678900")])));
        var former = Assert.Single(_store.Profiles.Keys);

        var result = await ApplyAsync(Batch(SyncA, 2, [], Row(0, 2, [Email("e@x.example"), Phone("+12345678900")])));

        var problem = Assert.Single(Assert.Single(result.Problems).Problems);
        var holder = _store.Identifiers[new Identifier(IdentifierKind.PhoneNumber, "+12345678900")];
        Assert.Equal("identifier_reassigned", problem.Code);
        Assert.Contains(former.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Contains(holder.Holder!.Value.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Equal([former], holder.Contenders);
        Assert.Equal(FieldState.Released, Field(former, "phone_number").State);
        Assert.Contains(_store.Changes, c => c.ProfileId == former && c.Kind == ChangeKind.Released && c.OldValue == "\"+12345678900\"");
    }

    [Fact]
    public async Task Apply_OlderClaimOfHeldEmail_UpdatesOtherFieldsAndCountsTheEmailAsStale()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 5, [External("1"), Email("e@x.example")]), Row(1, 1, [External("2")])));
        var holder = _store.Identifiers[new Identifier(IdentifierKind.Email, "e@x.example")].Holder;

        var result = await ApplyAsync(Batch(SyncA, 2, [Batches.Field("title")], Row(0, 3, [External("2"), Email("e@x.example")], (0, "\"Dr\""))));

        Assert.Equal(new OutcomeCounts(Updated: 1), result.Counts);
        Assert.Equal(1, result.FieldsStale);
        Assert.Empty(result.Problems);
        Assert.Equal(holder, _store.Identifiers[new Identifier(IdentifierKind.Email, "e@x.example")].Holder);
    }

    [Fact]
    public async Task Apply_HolderMovesToAnotherEmail_GivesTheEmailBackToTheRemainingClaim()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [External("1"), Email("e@x.example")])));
        var first = Assert.Single(_store.Profiles.Keys);
        await ApplyAsync(Batch(SyncA, 2, [], Row(0, 2, [External("2"), Email("e@x.example")])));

        await ApplyAsync(Batch(SyncA, 3, [], Row(0, 3, [External("2"), Email("other@x.example")])));

        Assert.Equal(first, _store.Identifiers[new Identifier(IdentifierKind.Email, "e@x.example")].Holder);
        Assert.Equal(FieldState.Held, Field(first, "email").State);
        Assert.Contains(_store.Changes, c => c.ProfileId == first && c.Kind == ChangeKind.Regained);
    }

    [Fact]
    public async Task Apply_IdAndExternalIdOfTwoProfiles_FailsTheRowNamingBoth()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [External("1")])));
        var a = Assert.Single(_store.Profiles.Keys);
        await ApplyAsync(Batch(SyncA, 2, [], Row(0, 1, [Email("x@x.example")])));
        var b = _store.Profiles.Keys.Single(id => id != a);

        var result = await ApplyAsync(Batch(SyncA, 3, [], Row(0, 2, [Id(b), External("1")])));

        var problem = Assert.Single(Assert.Single(result.Problems).Problems);
        Assert.Equal("identifier_conflict", problem.Code);
        Assert.Contains(a.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Contains(b.ToString(), problem.Detail, StringComparison.Ordinal);
        Assert.Equal(new OutcomeCounts(Failed: 1), result.Counts);
    }

    [Fact]
    public async Task Apply_UnknownProfileId_FailsAndCreatesNothing()
    {
        var result = await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Id(Ulid.NewUlid()), Email("e@x.example")])));

        Assert.Equal("profile_id_unknown", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Equal(new OutcomeCounts(Failed: 1), result.Counts);
        Assert.Empty(_store.Profiles);
    }

    [Fact]
    public async Task Apply_UpdateOnlyWithUnknownIdentifier_IsUnchangedWithoutMatch()
    {
        var batch = Batch(SyncA, 1, [], Row(0, 1, [Email("e@x.example")])) with { Mode = ImportMode.UpdateOnly };

        var result = await ApplyAsync(batch);

        Assert.Equal(new OutcomeCounts(Unchanged: 1), result.Counts);
        Assert.Equal(1, result.NoMatch);
        Assert.Empty(_store.Profiles);
    }

    [Fact]
    public async Task Apply_CreateOnly_LeavesProfilesOfEarlierRunsAlone()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\""))));

        var result = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 2, [Email("e@x.example")], (0, "\"Prof\""))) with { Mode = ImportMode.CreateOnly });

        Assert.Equal(new OutcomeCounts(Unchanged: 1), result.Counts);
        Assert.Equal("\"Dr\"", Field("e@x.example", "title").Json);
    }

    [Fact]
    public async Task Apply_SameBatchTwice_ReturnsStoredCountsAndWritesNothing()
    {
        var batch = Batch(SyncA, 1, [Batches.Field("title")], Row(0, 1, [Email("e@x.example")], (0, "\"Dr\"")));
        var first = await ApplyAsync(batch);
        var changes = _store.Changes.Count;

        var second = await ApplyAsync(batch);

        Assert.Equal(BatchStatus.Replayed, second.Status);
        Assert.Equal(first.Counts, second.Counts);
        Assert.Equal(changes, _store.Changes.Count);
        Assert.Equal(1, _store.Profiles.Values.Single().RowVersion);
    }

    [Fact]
    public async Task Apply_WithLowerFence_IsRefusedAndWritesNothing()
    {
        _store.CurrentFence = 2;

        var result = await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email("e@x.example")])));

        Assert.Equal(BatchStatus.Fenced, result.Status);
        Assert.Empty(_store.Profiles);
    }

    [Fact]
    public async Task Apply_AnotherWriterCommitsFirst_MergesBothWithoutLosingAField()
    {
        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email("e@x.example")])));
        _store.BeforeCommit = () => _applier.ApplyAsync(_store, Batch(SyncB, 1, [Batches.Field("title")], Row(0, 2, [Email("e@x.example")], (0, "\"Dr\""))), default);

        var result = await ApplyAsync(Batch(SyncA, 2, [Batches.Field("first_name")], Row(0, 2, [Email("e@x.example")], (0, "\"Ada\""))));

        Assert.Equal(new OutcomeCounts(Updated: 1), result.Counts);
        Assert.Equal("\"Dr\"", Field("e@x.example", "title").Json);
        Assert.Equal("\"Ada\"", Field("e@x.example", "first_name").Json);
    }

    [Fact]
    public async Task Apply_TwoBatchesCreateOnePerson_OneCreatesAndTheOtherUpdates()
    {
        var other = BatchStatus.Fenced;
        _store.BeforeCommit = async () => other = (await _applier.ApplyAsync(_store, Batch(SyncB, 1, [], Row(0, 1, [Email("e@x.example")])), default)).Status;

        var result = await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [Email("e@x.example")])));

        Assert.Equal(BatchStatus.Applied, other);
        Assert.Equal(0, result.Counts.Created);
        Assert.Single(_store.Profiles);
    }

    [Fact]
    public async Task Apply_GroupOverSeveralPages_CountsTheGroupOnceAndTheRestAsDuplicates()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        var page0 = await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\""))));
        var second = Batch(SyncA, 1, targets, Row(0, 2, [Email("e@x.example")], (0, "\"Prof\"")), Row(1, 3, [Email("e@x.example")]));

        var page1 = await ApplyAsync(second with { Key = second.Key with { Page = 1 } });

        Assert.Equal(new OutcomeCounts(Created: 1, Duplicate: 2), page0.Counts + page1.Counts);
        Assert.Equal(2, page1.Counts.Total);
    }

    [Fact]
    public async Task Apply_UnchangedProfileChangedByLaterPage_MovesTheGroupFromUnchangedToUpdated()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\""))));
        var page0 = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\""))));
        var later = Batch(SyncA, 2, targets, Row(0, 2, [Email("e@x.example")], (0, "\"Prof\"")));

        var page1 = await ApplyAsync(later with { Key = later.Key with { Page = 1 } });

        Assert.Equal(new OutcomeCounts(Unchanged: 1), page0.Counts);
        Assert.Equal(new OutcomeCounts(Updated: 1, Unchanged: -1, Duplicate: 1), page1.Counts);
    }

    [Fact]
    public async Task Apply_SameInstantDifferentValues_ReportsConflictingDuplicate()
    {
        FieldTarget[] targets = [Batches.Field("title")];

        var result = await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\"")), Row(1, 1, [Email("e@x.example")], (0, "\"Prof\""))));

        Assert.Equal(new OutcomeCounts(Created: 1, Duplicate: 1), result.Counts);
        Assert.Equal("conflicting_duplicate", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Equal("\"Prof\"", Field("e@x.example", "title").Json);
    }

    [Fact]
    public async Task Apply_OlderValueThanStored_IsStaleAndRecordedOnlyOnRequest()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 5, [Email("e@x.example")], (0, "\"Prof\""))));

        var quiet = await ApplyAsync(Batch(SyncB, 1, targets, Row(0, 2, [Email("e@x.example")], (0, "\"Dr\""))));
        var recorded = await ApplyAsync(Batch(SyncB, 2, targets, Row(0, 3, [Email("e@x.example")], (0, "\"Dr\""))) with { RecordStale = true });

        Assert.Equal(new OutcomeCounts(Stale: 1), quiet.Counts);
        Assert.Equal(new OutcomeCounts(Stale: 1), recorded.Counts);
        var change = Assert.Single(_store.Changes, c => c.Kind == ChangeKind.Superseded);
        Assert.Equal("\"Dr\"", change.NewValue);
        Assert.Equal(At(5), change.OldInstant);
    }

    [Fact]
    public async Task Apply_ExplicitClear_LeavesAVersionThatAnOlderValueCannotBeat()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\"")), Row(1, 5, [Email("e@x.example")], (0, null))));

        await ApplyAsync(Batch(SyncB, 1, targets, Row(0, 3, [Email("e@x.example")], (0, "\"Prof\""))));

        Assert.Equal(FieldState.Cleared, Field("e@x.example", "title").State);
        Assert.Equal(At(5), Field("e@x.example", "title").Version.Instant);
    }

    [Fact]
    public async Task Apply_EqualValueWithGreaterVersion_RaisesTheStoredVersion()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, "\"Dr\""))));

        var raised = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 9, [Email("e@x.example")], (0, "\"Dr\""))));

        Assert.Equal(new OutcomeCounts(Unchanged: 1), raised.Counts);
        Assert.Equal(0, raised.FieldsChanged);
        Assert.Equal(At(9), Field("e@x.example", "title").Version.Instant);
    }

    [Fact]
    public async Task Apply_SameWindowThreeTimes_ChangesNothingAfterTheFirst()
    {
        FieldTarget[] targets = [Batches.Field("title"), Batches.Field("properties.tags", WriteMode.Append)];
        ProfileUpdate[] rows =
        [
            Row(0, 1, [Email("a@x.example")], (0, "\"Dr\""), (1, "[\"x\"]")),
            Row(1, 2, [Email("a@x.example")], (0, "\"Prof\"")),
            Row(2, 2, [Email("b@x.example"), Phone("+12345678900")], (0, null)),
        ];
        await ApplyAsync(Batch(SyncA, 1, targets, rows));
        var canonical = Dump();

        var second = await ApplyAsync(Batch(SyncA, 2, targets, rows));
        var third = await ApplyAsync(Batch(SyncA, 3, targets, rows));

        Assert.Equal(new OutcomeCounts(Unchanged: 2, Duplicate: 1), second.Counts);
        Assert.Equal(second.Counts, third.Counts);
        Assert.Equal(0, second.FieldsChanged + third.FieldsChanged);
        Assert.Equal(canonical, Dump());
    }

    [Fact]
    public async Task Apply_ConflictingRowsOfOneInstantReadAgain_TurnNoValueOver()
    {
        FieldTarget[] targets = [Batches.Field("title")];
        ProfileUpdate[] rows =
        [
            Row(0, 1, [External("1"), Email("a@x.example")], (0, "\"Dr\"")),
            Row(1, 1, [External("1"), Email("b@x.example")], (0, "\"Prof\"")),
        ];
        await ApplyAsync(Batch(SyncA, 1, targets, rows));

        var again = await ApplyAsync(Batch(SyncA, 2, targets, rows));

        Assert.Equal(new OutcomeCounts(Unchanged: 1, Duplicate: 1), again.Counts);
        Assert.Equal(0, again.FieldsChanged);
        Assert.Equal("\"Prof\"", Field("b@x.example", "title").Json);
    }

    [Fact]
    public async Task Apply_ThousandAndFirstProperty_FailsTheRowAndChangesNothing()
    {
        FieldTarget[] targets = [.. Enumerable.Range(0, 1001).Select(i => Batches.Field($"properties.p{i}"))];
        var full = Row(0, 1, [Email("e@x.example")], [.. Enumerable.Range(0, 1000).Select(i => (i, (string?)"1"))]);
        await ApplyAsync(Batch(SyncA, 1, targets, full));

        var result = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 2, [Email("e@x.example")], (0, "2"), (1000, "1"))));

        Assert.Equal("too_many_properties", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Equal(new OutcomeCounts(Failed: 1), result.Counts);
        Assert.Equal("1", Field("e@x.example", "properties.p0").Json);
    }

    [Fact]
    public async Task Apply_MoreThanThousandListItems_FailsWithListTooLong()
    {
        FieldTarget[] targets = [Batches.Field("properties.tags", WriteMode.Append)];
        var items = $"[{string.Join(',', Enumerable.Range(0, 1000))}]";
        await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], (0, items))));

        var result = await ApplyAsync(Batch(SyncA, 2, targets, Row(0, 2, [Email("e@x.example")], (0, "[1000]"))));

        Assert.Equal("list_too_long", Assert.Single(Assert.Single(result.Problems).Problems).Code);
    }

    [Fact]
    public async Task Apply_ProfileBeyondOneMebibyte_FailsWithProfileTooLarge()
    {
        FieldTarget[] targets = [.. Enumerable.Range(0, 12).Select(i => Batches.Field($"properties.p{i}"))];
        var large = $"\"{new string('x', 100_000)}\"";

        var result = await ApplyAsync(Batch(SyncA, 1, targets, Row(0, 1, [Email("e@x.example")], [.. Enumerable.Range(0, 12).Select(i => (i, (string?)large))])));

        Assert.Equal("profile_too_large", Assert.Single(Assert.Single(result.Problems).Problems).Code);
        Assert.Empty(_store.Profiles);
    }

    [Fact]
    public async Task Apply_RawIdentifierInput_IsKeptInTheHistoryOnly()
    {
        var claim = Email("jane@example.com") with { RawInput = " Jane@Example.COM " };

        await ApplyAsync(Batch(SyncA, 1, [], Row(0, 1, [claim])));

        Assert.Equal(" Jane@Example.COM ", Assert.Single(_store.Changes).RawInput);
        Assert.Equal("""{"email":"jane@example.com"}""", Assert.Single(_store.Profiles.Values).Document);
    }

    private Task<BatchResult> ApplyAsync(ProfileBatch batch) => _applier.ApplyAsync(_store, batch, default);

    private string Dump() => string.Join('\n', _store.Profiles.Values.Select(CanonicalProfile.Describe).Order(StringComparer.Ordinal));

    private FieldView Field(string email, string field) => Field(_store.Identifiers[new Identifier(IdentifierKind.Email, email)].Holder!.Value, field);

    private FieldView Field(Ulid id, string field) => ProfileView.From(_store.Profiles[id]).Fields.Single(f => f.Field == field);
}
