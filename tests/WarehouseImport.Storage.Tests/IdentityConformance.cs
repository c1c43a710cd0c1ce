using System.Globalization;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Views;

namespace WarehouseImport.Storage.Tests;

/// <summary>Possible duplicates, merges and undo through the real apply path.</summary>
public abstract class IdentityConformance : ConformanceTest
{
    private static readonly Guid Sync = new("0a000000-0000-0000-0000-000000000000");

    private long _runs;

    private ProfileMerging Merging => new(Store.Profiles, Store.Identity, TimeProvider.System);

    [Fact]
    public async Task ListDuplicatesAsync_Pages_GiveEveryOpenPairOnce()
    {
        for (var person = 0; person < 5; person++)
        {
            await ApplyAsync(Row(1, Phone(person)));
            await ApplyAsync(Row(2, Email(person), Phone(person)));
        }

        var seen = new List<PossibleDuplicate>();
        while (true)
        {
            var page = await Store.Identity.ListDuplicatesAsync(false, seen.Count == 0 ? null : seen[^1].Pair, 2, Cancellation);
            seen.AddRange(page);
            if (page.Count < 2) break;
        }

        Assert.Equal(5, seen.Count);
        Assert.Equal(seen.Select(pair => pair.Pair).Distinct(), seen.Select(pair => pair.Pair));
        Assert.Equal(seen.OrderBy(pair => pair.Pair.Low).ThenBy(pair => pair.Pair.High), seen);
        Assert.All(seen, pair => Assert.Equal((DuplicateReason.NoIdentifierLeft, IdentifierKind.PhoneNumber, Sync), (pair.Reason, pair.Identifier.Kind, pair.SyncId)));
    }

    [Fact]
    public async Task CommitAsync_PairSeenAgain_KeepsTheFirstTimeAndStaysDismissed()
    {
        var pair = await MakePairAsync();
        var first = Assert.Single(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation));

        Assert.True(await Store.Identity.DismissAsync(pair, "ann", Sample.Now, Cancellation));
        await ApplyAsync(Row(2, Email(0), Phone(0)));

        Assert.Empty(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation));
        var dismissed = Assert.Single(await Store.Identity.ListDuplicatesAsync(true, null, 10, Cancellation));
        Assert.Equal((first.FirstSeen, "ann", Sample.Now), (dismissed.FirstSeen, dismissed.DismissedBy, dismissed.DismissedAt));
        Assert.True(dismissed.LastSeen > first.LastSeen);
        Assert.False(await Store.Identity.DismissAsync(ProfilePair.Of(Ulid.NewUlid(), Ulid.NewUlid()), "ann", Sample.Now, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_AddressGivenUp_IsRemembered()
    {
        await ApplyAsync(Row(1, External("1"), Email(1)));
        await ApplyAsync(Row(2, External("1"), Email(2)));
        await ApplyAsync(Row(3, Email(1)));

        Assert.Equal(DuplicateReason.FormerlyStated, Assert.Single(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation)).Reason);
    }

    [Fact]
    public async Task ListMergesAsync_KeptRemovedAndUndone_AreAllListedNewestFirst()
    {
        var first = await MakePairAsync();
        await ApplyAsync(Row(3, Email(7)));
        var second = (await Store.Reader.FindAsync(Email(7), Cancellation))!.Id;
        var one = (await Merging.MergeAsync(first.Low, first.High, "ann", Cancellation)).MergeId!.Value;
        var two = (await Merging.MergeAsync(second, first.Low, "ann", Cancellation)).MergeId!.Value;
        await Merging.UndoAsync(two, "bob", Cancellation);

        var ofBoth = await Store.Identity.ListMergesAsync(first.Low, null, 10, Cancellation);

        Assert.Equal(new[] { one, two }.OrderDescending(), ofBoth.Select(merge => merge.Id));
        Assert.Equal("bob", ofBoth.Single(merge => merge.Id == two).UndoneBy);
        Assert.Equal([one], (await Store.Identity.ListMergesAsync(first.High, null, 10, Cancellation)).Select(merge => merge.Id));
        Assert.Equal([ofBoth[1].Id], (await Store.Identity.ListMergesAsync(first.Low, ofBoth[0].Id, 10, Cancellation)).Select(merge => merge.Id));
        Assert.Equal([ofBoth[0].Id], (await Store.Identity.ListMergesAsync(first.Low, null, 1, Cancellation)).Select(merge => merge.Id));
        Assert.Equal([two], (await Store.Identity.ListMergesAsync(second, null, 10, Cancellation)).Select(merge => merge.Id));
        Assert.Empty(await Store.Identity.ListMergesAsync(Ulid.NewUlid(), null, 10, Cancellation));
    }

    [Fact]
    public async Task MergeAndUndo_Pair_ForwardsAndRestoresEveryByte()
    {
        var pair = await MakePairAsync();
        var before = (await GetAsync(pair.Low), await GetAsync(pair.High));

        var merge = await Merging.MergeAsync(pair.Low, pair.High, "ann", Cancellation);

        Assert.Equal(MergeStatus.Merged, merge.Status);
        Assert.Null(await Store.Reader.GetAsync(pair.High, Cancellation));
        Assert.Equal(pair.Low, await Store.Identity.FindForwardAsync(pair.High, Cancellation));
        Assert.Equal(pair.Low, (await Store.Reader.FindAsync(Email(0), Cancellation))!.Id);
        Assert.Empty(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation));
        var stored = await Store.Identity.GetMergeAsync(merge.MergeId!.Value, Cancellation);
        Assert.Equal(("ann", null), (stored!.By, stored.UndoneAt));
        Assert.Equal([ChangeKind.Merged, ChangeKind.MergedInto], (await HistoryAsync(pair.Low)).Concat(await HistoryAsync(pair.High)).Where(c => c is { Field: "id", By: "ann" }).Select(c => c.Kind));

        var undo = await Merging.UndoAsync(merge.MergeId.Value, "bob", Cancellation);

        Assert.Equal(UndoStatus.Undone, undo.Status);
        var after = (await GetAsync(pair.Low), await GetAsync(pair.High));
        Assert.Equal((Contents(before.Item1), Contents(before.Item2)), (Contents(after.Item1), Contents(after.Item2)));
        Assert.True(after.Item2.RowVersion > before.Item2.RowVersion);
        Assert.Equal(pair, Assert.Single(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation)).Pair);
        Assert.Null(await Store.Identity.FindForwardAsync(pair.High, Cancellation));
        Assert.Equal("bob", (await Store.Identity.GetMergeAsync(merge.MergeId.Value, Cancellation))!.UndoneBy);
        Assert.Equal(UndoStatus.AlreadyUndone, (await Merging.UndoAsync(merge.MergeId.Value, "bob", Cancellation)).Status);
    }

    [Fact]
    public async Task MergeAndUndo_Chain_CollapsesAndUnfolds()
    {
        var ids = new List<Ulid>();
        for (var person = 0; person < 4; person++)
        {
            await ApplyAsync(Row(1, Email(person)));
            ids.Add((await Store.Reader.FindAsync(Email(person), Cancellation))!.Id);
        }

        var merges = new List<Ulid>();
        for (var next = 1; next < 4; next++) merges.Add((await Merging.MergeAsync(ids[next], ids[next - 1], "ann", Cancellation)).MergeId!.Value);

        Assert.All(await ForwardsAsync(), forward => Assert.Equal(ids[3], forward));
        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [.. ids.Select(id => new Identifier(IdentifierKind.Id, id.ToString()))], Cancellation);
        Assert.Equal([ids[3]], snapshot.Profiles.Select(profile => profile.Id));
        Assert.Equal(ids[..3].Order(), snapshot.Forwards.Keys.Order());
        Assert.Equal(UndoStatus.Blocked, (await Merging.UndoAsync(merges[0], "ann", Cancellation)).Status);

        Assert.Equal(UndoStatus.Undone, (await Merging.UndoAsync(merges[2], "ann", Cancellation)).Status);
        Assert.Equal([ids[2], ids[2]], (await ForwardsAsync())[..2]);
        Assert.Equal(UndoStatus.Undone, (await Merging.UndoAsync(merges[1], "ann", Cancellation)).Status);
        Assert.Equal(UndoStatus.Undone, (await Merging.UndoAsync(merges[0], "ann", Cancellation)).Status);
        Assert.Equal(4, await Store.Reader.CountAsync(Cancellation));

        async Task<Ulid?[]> ForwardsAsync()
        {
            var forwards = new Ulid?[3];
            for (var i = 0; i < 3; i++) forwards[i] = await Store.Identity.FindForwardAsync(ids[i], Cancellation);
            return forwards;
        }
    }

    [Fact]
    public async Task CommitAsync_Absorb_MergesInTheBatchsTransaction()
    {
        await ApplyAsync(Row(1, Phone(0)));
        var loser = (await Store.Reader.FindAsync(Phone(0), Cancellation))!.Id;

        await ApplyAsync(OrphanPolicy.Absorb, Row(2, Email(0), Phone(0)), Row(1, Phone(1)), Row(2, Email(1), Phone(1)));

        Assert.Equal(2, await Store.Reader.CountAsync(Cancellation));
        Assert.Equal((await Store.Reader.FindAsync(Phone(0), Cancellation))!.Id, await Store.Identity.FindForwardAsync(loser, Cancellation));
        Assert.Empty(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_MergeOfAProfileThatChanged_WritesNothing()
    {
        var pair = await MakePairAsync();
        var removed = await GetAsync(pair.High);
        var kept = await GetAsync(pair.Low);
        var merge = new StoredMerge(Ulid.NewUlid(), kept, removed with { RowVersion = removed.RowVersion + 1 }, kept, Sync, Guid.NewGuid(), "ann", Sample.Now);

        var status = await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey()) with { Merges = [merge] }, Cancellation);

        Assert.Equal(CommitStatus.Conflict, status);
        Assert.Null(await Store.Identity.GetMergeAsync(merge.Id, Cancellation));
        Assert.Null(await Store.Identity.FindForwardAsync(pair.High, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_SightingsOfAnyNumber_TakeTheSameNumberOfCommands()
    {
        var one = await CommitAsync(1);
        var many = await CommitAsync(500);
        var none = await CommitAsync(0);

        Assert.Equal(one, many);
        Assert.True(none < one);

        async Task<long> CommitAsync(int pairs)
        {
            var sightings = Enumerable.Range(0, pairs).Select(i => new DuplicateSighting(ProfilePair.Of(Ulid.NewUlid(), Ulid.NewUlid()), DuplicateReason.ClaimLost, Email(i))).ToList();
            var before = Store.Database.CommandCount;
            Assert.Equal(CommitStatus.Committed, await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey()) with { Duplicates = sightings }, Cancellation));
            return Store.Database.CommandCount - before;
        }
    }

    private static Identifier Email(int person) => Sample.Email(string.Create(CultureInfo.InvariantCulture, $"p{person}@x.example"));

    private static Identifier Phone(int person) => new(IdentifierKind.PhoneNumber, string.Create(CultureInfo.InvariantCulture, $"+3161234567{person}"));

    private static Identifier External(string value) => new(IdentifierKind.ExternalId, value);

    private static ProfileUpdate Row(int second, params Identifier[] identifiers) =>
        new(0, new SourceInstant(1_600_000_000 + second, 0), [.. identifiers.Select(identifier => new IdentifierClaim(identifier))], []);

    private static string Contents(StoredProfile profile) =>
        $"{profile.Document} {Convert.ToHexString(profile.Versions)} {profile.CreatedAt:O} {profile.UpdatedAt:O} {CanonicalProfile.Describe(profile)}";

    private Task ApplyAsync(params ProfileUpdate[] rows) => ApplyAsync(OrphanPolicy.Suggest, rows);

    private async Task ApplyAsync(OrphanPolicy orphans, params ProfileUpdate[] rows)
    {
        var batch = new ProfileBatch
        {
            Key = new BatchKey(Sync, Guid.NewGuid(), null, 0, 0),
            RunSeq = ++_runs,
            Precedence = 0,
            Mode = ImportMode.Upsert,
            RecordStale = false,
            Orphans = orphans,
            Targets = [],
            Rows = [.. rows.Select((row, index) => row with { Row = index })],
        };
        await new ProfileBatchApplier(TimeProvider.System).ApplyAsync(Store.Profiles, batch, Cancellation);
    }

    private async Task<ProfilePair> MakePairAsync()
    {
        await ApplyAsync(Row(1, Phone(0)));
        await ApplyAsync(Row(2, Email(0), Phone(0)));
        return Assert.Single(await Store.Identity.ListDuplicatesAsync(false, null, 10, Cancellation)).Pair;
    }

    private async Task<StoredProfile> GetAsync(Ulid id) => (await Store.Reader.GetAsync(id, Cancellation))!;

    private Task<IReadOnlyList<Change>> HistoryAsync(Ulid id) => Store.Reader.GetHistoryAsync(id, null, null, 100, Cancellation);
}
