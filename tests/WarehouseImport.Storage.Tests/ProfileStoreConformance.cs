using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Tests;

public abstract class ProfileStoreConformance : ConformanceTest
{
    [Fact]
    public async Task LoadAsync_NothingStored_IsEmpty()
    {
        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [Sample.Email("nobody@example.com")], Cancellation);

        Assert.True(snapshot.FenceHeld);
        Assert.Null(snapshot.LedgerEntry);
        Assert.Empty(snapshot.Identifiers);
        Assert.Empty(snapshot.Profiles);
    }

    [Fact]
    public async Task LoadAsync_CancelledHalfway_LeavesNoTransactionBehind()
    {
        for (var round = 0; round < 3; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var identifiers = new CancellingIdentifiers(cancellation, Sample.Email("ann@example.com"));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.Profiles.LoadAsync(Sample.FreeKey(), identifiers, cancellation.Token));
        }

        var profile = Sample.Profile();
        var status = await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile], [Sample.Held(Sample.Email("ann@example.com"), profile.Id)]), Cancellation);

        Assert.Equal(CommitStatus.Committed, status);
        Assert.Single((await Store.Profiles.LoadAsync(Sample.FreeKey(), [Sample.Email("ann@example.com")], Cancellation)).Profiles);
    }

    [Fact]
    public async Task CommitAsync_NewProfile_LoadsByEveryIdentifierAndById()
    {
        var profile = Sample.Profile();
        var email = Sample.Email("ann@example.com");
        var key = Sample.FreeKey();

        var status = await Store.Profiles.CommitAsync(Sample.Commit(key, [profile], [Sample.Held(email, profile.Id)]), Cancellation);

        Assert.Equal(CommitStatus.Committed, status);
        var byEmail = await Store.Profiles.LoadAsync(key, [email], Cancellation);
        Assert.Equal("ledger"u8.ToArray(), byEmail.LedgerEntry);
        Assert.Equal(Sample.Held(email, profile.Id, 1) with { Contenders = byEmail.Identifiers[0].Contenders }, Assert.Single(byEmail.Identifiers));
        AssertSame(profile with { RowVersion = 1 }, Assert.Single(byEmail.Profiles));
        var byId = await Store.Profiles.LoadAsync(key, [new Identifier(IdentifierKind.Id, profile.Id.ToString())], Cancellation);
        AssertSame(profile with { RowVersion = 1 }, Assert.Single(byId.Profiles));
    }

    [Fact]
    public async Task LoadAsync_IdentifierWithContenders_LoadsHolderAndContenders()
    {
        StoredProfile[] profiles = [Sample.Profile(), Sample.Profile(), Sample.Profile()];
        var email = Sample.Email("shared@example.com");
        var identifier = new StoredIdentifier(email, profiles[0].Id, [profiles[1].Id, profiles[2].Id], 0);
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), profiles, [identifier]), Cancellation);

        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [email], Cancellation);

        Assert.Equal([profiles[1].Id, profiles[2].Id], snapshot.Identifiers[0].Contenders);
        Assert.Equal(profiles.Select(profile => profile.Id).Order(), snapshot.Profiles.Select(profile => profile.Id).Order());
    }

    [Fact]
    public async Task CommitAsync_ReleasedIdentifier_HasNoHolder()
    {
        var profile = Sample.Profile();
        var email = Sample.Email("gone@example.com");
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile], [Sample.Held(email, profile.Id)]), Cancellation);

        var status = await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [], [Sample.Held(email, null, 1)]), Cancellation);

        Assert.Equal(CommitStatus.Committed, status);
        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [email], Cancellation);
        Assert.Null(snapshot.Identifiers[0].Holder);
        Assert.Equal(2, snapshot.Identifiers[0].RowVersion);
        Assert.Null(await Store.Reader.FindAsync(email, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_ReplayedKey_WritesNothing()
    {
        var run = await Sample.BeginRunAsync(Store);
        var first = Sample.Profile();
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run), [first]), Cancellation);

        var replay = Sample.Profile();
        var change = Sample.Change(first.Id, Ulid.NewUlid());
        var status = await Store.Profiles.CommitAsync(
            Sample.Commit(Sample.Key(run), [replay, first with { RowVersion = 1, Document = "{}" }], [Sample.Held(Sample.Email("r@example.com"), replay.Id)], [change]),
            Cancellation);

        Assert.Equal(CommitStatus.AlreadyApplied, status);
        Assert.Equal(1, await Store.Reader.CountAsync(Cancellation));
        AssertSame(first with { RowVersion = 1 }, await Store.Reader.GetAsync(first.Id, Cancellation));
        Assert.Null(await Store.Reader.FindAsync(Sample.Email("r@example.com"), Cancellation));
        Assert.Empty(await Store.Reader.GetHistoryAsync(first.Id, null, null, 10, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_StaleFence_WritesNothing()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation);

        var status = await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run), [Sample.Profile()]), Cancellation);

        Assert.Equal(CommitStatus.Fenced, status);
        Assert.Equal(0, await Store.Reader.CountAsync(Cancellation));
        var snapshot = await Store.Profiles.LoadAsync(Sample.Key(run), [], Cancellation);
        Assert.False(snapshot.FenceHeld);
        Assert.Null(snapshot.LedgerEntry);
    }

    [Fact]
    public async Task CommitAsync_AfterRunIsClosed_IsFenced()
    {
        var run = await Sample.BeginRunAsync(Store);
        Assert.Equal(RunCompletion.Completed, await Store.Runs.CompleteAsync(run.Id, run.Fence, null, Sample.Now, Cancellation));

        var status = await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run), [Sample.Profile()]), Cancellation);

        Assert.Equal(CommitStatus.Fenced, status);
    }

    [Fact]
    public async Task CommitAsync_TwoWritersOfOneRowVersion_OneWinsAndNothingIsLost()
    {
        var profile = Sample.Profile("{}");
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile]), Cancellation);
        var one = profile with { RowVersion = 1, Document = """{"first_name":"Ann"}""" };
        var other = profile with { RowVersion = 1, Document = """{"last_name":"Lee"}""" };
        var bystander = Sample.Profile();

        var first = await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [one]), Cancellation);
        var loser = Sample.FreeKey();
        var second = await Store.Profiles.CommitAsync(Sample.Commit(loser, [other, bystander]), Cancellation);

        Assert.Equal(CommitStatus.Committed, first);
        Assert.Equal(CommitStatus.Conflict, second);
        AssertSame(one with { RowVersion = 2 }, await Store.Reader.GetAsync(profile.Id, Cancellation));
        Assert.Null(await Store.Reader.GetAsync(bystander.Id, Cancellation));
        Assert.Null((await Store.Profiles.LoadAsync(loser, [], Cancellation)).LedgerEntry);
    }

    [Fact]
    public async Task CommitAsync_InterleavedWritersWithRetries_KeepEveryField()
    {
        const int Writers = 8, Rounds = 5;
        var profile = Sample.Profile("{}");
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile]), Cancellation);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => AddFieldsAsync(writer), Cancellation)));

        var stored = await Store.Reader.GetAsync(profile.Id, Cancellation);
        var fields = JsonSerializer.Deserialize<Dictionary<string, int>>(stored!.Document)!;
        Assert.Equal(Writers * Rounds, fields.Count);
        Assert.Equal(1 + Writers * Rounds, stored.RowVersion);

        async Task AddFieldsAsync(int writer)
        {
            var store = Store.Profiles;
            for (var round = 0; round < Rounds; round++)
            {
                CommitStatus status;
                do
                {
                    var snapshot = await store.LoadAsync(Sample.FreeKey(), [new Identifier(IdentifierKind.Id, profile.Id.ToString())], Cancellation);
                    var document = JsonSerializer.Deserialize<Dictionary<string, int>>(snapshot.Profiles[0].Document)!;
                    document[$"w{writer}r{round}"] = round;
                    status = await store.CommitAsync(
                        Sample.Commit(Sample.FreeKey(), [snapshot.Profiles[0] with { Document = JsonSerializer.Serialize(document) }]), Cancellation);
                }
                while (status == CommitStatus.Conflict);
                Assert.Equal(CommitStatus.Committed, status);
            }
        }
    }

    [Fact]
    public async Task CommitAsync_RacingCreatesOfOneIdentifier_ExactlyOneCommits()
    {
        const int Racers = 64;
        var email = Sample.Email("race@example.com");

        var statuses = await Task.WhenAll(Enumerable.Range(0, Racers).Select(_ => Task.Run(
            () =>
            {
                var profile = Sample.Profile();
                return Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile], [Sample.Held(email, profile.Id)]), Cancellation);
            },
            Cancellation)));

        Assert.Equal(1, statuses.Count(status => status == CommitStatus.Committed));
        Assert.Equal(Racers - 1, statuses.Count(status => status == CommitStatus.Conflict));
        Assert.Equal(1, await Store.Reader.CountAsync(Cancellation));
    }

    [Fact]
    public async Task CommitAsync_RacingReplaysOfOneKey_ExactlyOneCommits()
    {
        var run = await Sample.BeginRunAsync(Store);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            () => Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run), [Sample.Profile()]), Cancellation), Cancellation)));

        Assert.Equal(1, statuses.Count(status => status == CommitStatus.Committed));
        Assert.Equal(15, statuses.Count(status => status == CommitStatus.AlreadyApplied));
        Assert.Equal(1, await Store.Reader.CountAsync(Cancellation));
    }

    [Theory]
    [InlineData("0012")]
    [InlineData("12")]
    [InlineData("abc")]
    [InlineData("ABC")]
    [InlineData("O'Brien\"; DROP TABLE profiles; --")]
    [InlineData("%_\\")]
    [InlineData("É𝔘日本語")]
    [InlineData("[\"json\"]")]
    public async Task CommitAsync_HostileIdentifier_IsFoundExactly(string value)
    {
        string[] neighbours = ["0012", "12", "012", "abc", "ABC", "O'Brien\"; DROP TABLE profiles; --", "%_\\", "É𝔘日本語", "é𝔘日本語", "[\"json\"]"];
        var profiles = neighbours.ToDictionary(neighbour => neighbour, _ => Sample.Profile());
        var identifiers = neighbours.Select(neighbour => Sample.Held(new Identifier(IdentifierKind.ExternalId, neighbour), profiles[neighbour].Id)).ToList();
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [.. profiles.Values], identifiers), Cancellation);

        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [new Identifier(IdentifierKind.ExternalId, value)], Cancellation);
        var found = await Store.Reader.FindAsync(new Identifier(IdentifierKind.ExternalId, value), Cancellation);
        var otherKind = await Store.Reader.FindAsync(new Identifier(IdentifierKind.Email, value), Cancellation);

        Assert.Equal(value, Assert.Single(snapshot.Identifiers).Identifier.Value);
        Assert.Equal(profiles[value].Id, Assert.Single(snapshot.Profiles).Id);
        Assert.Equal(profiles[value].Id, found?.Id);
        Assert.Null(otherKind);
    }

    [Fact]
    public async Task CommitAsync_AnyJsonDocument_ComesBackAsTheSameValues()
    {
        const string Document =
            """{"first_name":"O'B \"x\" \\ \n","properties":{"n":12345678901234567890.1234567890,"t":true,"z":null,"l":[1,"a",{"k":[]}],"É":"𝔘"},"location":{"city":""}}""";
        var profile = Sample.Profile(Document) with { Versions = [.. Enumerable.Range(0, 256).Select(value => (byte)value)] };

        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile]), Cancellation);

        AssertSame(profile with { RowVersion = 1 }, await Store.Reader.GetAsync(profile.Id, Cancellation));
    }

    [Fact]
    public async Task CommitAsync_LargeBatch_StoresEveryRow()
    {
        const int Rows = 5_000;
        var profiles = Enumerable.Range(0, Rows).Select(row => Sample.Profile($$"""{"first_name":"N{{row}}"}""")).ToList();
        var identifiers = profiles.Select((profile, row) => Sample.Held(Sample.Email($"p{row}@example.com"), profile.Id)).ToList();
        var changes = profiles.Select((profile, row) => Sample.Change(profile.Id, Ulid.NewUlid(), row: row)).ToList();

        var status = await Store.Profiles.CommitAsync(
            Sample.Commit(Sample.FreeKey(), profiles, identifiers, changes, new OutcomeCounts(Created: Rows)), Cancellation);

        Assert.Equal(CommitStatus.Committed, status);
        var snapshot = await Store.Profiles.LoadAsync(Sample.FreeKey(), [.. identifiers.Select(identifier => identifier.Identifier)], Cancellation);
        Assert.Equal(Rows, snapshot.Identifiers.Count);
        Assert.Equal(profiles.Select(profile => profile.Id).Order(), snapshot.Profiles.Select(profile => profile.Id).Order());
    }

    [Fact]
    public async Task LoadAndCommitAsync_BatchOfAnySize_TakeTheSameNumberOfCommands()
    {
        // The history's room for the month is made once per process.
        await RoundTripAsync(1);

        var small = await RoundTripAsync(1);
        var large = await RoundTripAsync(1_000);

        Assert.Equal(small, large);

        async Task<long> RoundTripAsync(int rows)
        {
            var oldProfiles = Enumerable.Range(0, rows).Select(_ => Sample.Profile()).ToList();
            var oldIdentifiers = oldProfiles.Select(profile => Sample.Held(Sample.Email($"{profile.Id}@example.com"), profile.Id)).ToList();
            await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), oldProfiles, oldIdentifiers), Cancellation);
            var newProfiles = Enumerable.Range(0, rows).Select(_ => Sample.Profile()).ToList();
            var newIdentifiers = newProfiles.Select(profile => Sample.Held(Sample.Email($"{profile.Id}@example.com"), profile.Id));
            var before = Store.Database.CommandCount;

            await Store.Profiles.LoadAsync(Sample.FreeKey(), [.. oldIdentifiers.Select(identifier => identifier.Identifier)], Cancellation);
            var status = await Store.Profiles.CommitAsync(
                Sample.Commit(
                    Sample.FreeKey(),
                    [.. oldProfiles.Select(profile => profile with { RowVersion = 1 }), .. newProfiles],
                    [.. oldIdentifiers.Select(identifier => identifier with { RowVersion = 1 }), .. newIdentifiers],
                    [.. oldProfiles.Select(profile => Sample.Change(profile.Id, Ulid.NewUlid()))]),
                Cancellation);

            Assert.Equal(CommitStatus.Committed, status);
            return Store.Database.CommandCount - before;
        }
    }

    [Fact]
    public async Task GetHistoryAsync_KeysetPages_GiveEveryChangeOnceNewestFirst()
    {
        var profile = Sample.Profile();
        var changes = Enumerable.Range(0, 25)
            .Select(index => Sample.Change(profile.Id, Ulid.NewUlid(Sample.Now.AddMilliseconds(index)), $"field{index % 3}", row: index / 4, newValue: $"{index}.50"))
            .ToList();
        for (var batch = 0; batch < 25; batch += 9)
            await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), changes: [.. changes.Skip(batch).Take(9)]), Cancellation);
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), changes: [Sample.Change(Ulid.NewUlid(), Ulid.NewUlid())]), Cancellation);

        var all = await PageAsync(null, 4);
        var one = await PageAsync("field1", 2);

        Assert.Equal(changes.AsEnumerable().Reverse(), all);
        Assert.Equal(changes.Where(change => change.Field == "field1").Reverse(), one);

        async Task<List<Change>> PageAsync(string? field, int limit)
        {
            var found = new List<Change>();
            while (true)
            {
                var page = await Store.Reader.GetHistoryAsync(profile.Id, field, found.Count == 0 ? null : found[^1].Id, limit, Cancellation);
                found.AddRange(page);
                if (page.Count < limit) return found;
            }
        }
    }

    [Fact]
    public async Task GetHistoryAsync_BatchesWithInterleavedIds_StayInOrder()
    {
        var profile = Sample.Profile();
        var changes = Enumerable.Range(0, 12).Select(index => Sample.Change(profile.Id, Ulid.NewUlid(Sample.Now.AddMilliseconds(index)), $"f{index}")).ToList();
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), changes: [.. changes.Where((_, index) => index % 2 == 0)]), Cancellation);
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), changes: [.. changes.Where((_, index) => index % 2 == 1)]), Cancellation);

        var first = await Store.Reader.GetHistoryAsync(profile.Id, null, null, 5, Cancellation);
        var second = await Store.Reader.GetHistoryAsync(profile.Id, null, first[^1].Id, 5, Cancellation);

        Assert.Equal(changes.AsEnumerable().Reverse().Take(5), first);
        Assert.Equal(changes.AsEnumerable().Reverse().Skip(5).Take(5), second);
    }

    [Fact]
    public async Task GetHistoryAsync_EveryDetail_ComesBackExactly()
    {
        var profile = Ulid.NewUlid();
        var set = Sample.Change(profile, Ulid.NewUlid(Sample.Now), "email", newValue: "\"a\\u0000b\"") with
        {
            OldValue = """{"b":1.0,"a":[1e5]}""",
            OldInstant = SourceInstant.MinValue,
            NewInstant = SourceInstant.MaxValue,
            SyncId = Guid.NewGuid(),
            RunId = Guid.NewGuid(),
            Page = 7,
            Row = 8,
            RawInput = " A\0@Example.com",
        };
        var cleared = set with { Id = Ulid.NewUlid(Sample.Now.AddSeconds(1)), Kind = ChangeKind.Cleared, NewValue = null, RawInput = null };
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), changes: [set, cleared]), Cancellation);

        var history = await Store.Reader.GetHistoryAsync(profile, null, null, 10, Cancellation);

        Assert.Equal([cleared, set], history);
    }

    [Fact]
    public async Task SearchAsync_BeginningOfNamesAndIdentifiers_IgnoresCase()
    {
        var ann = Sample.Profile("""{"first_name":"Ann","last_name":"Élan","properties":{"first_name":"Zoe"}}""");
        var bob = Sample.Profile("""{"first_name":"Bob","last_name":"annex"}""");
        var percent = Sample.Profile("""{"first_name":"%nn"}""");
        await Store.Profiles.CommitAsync(
            Sample.Commit(
                Sample.FreeKey(),
                [ann, bob, percent],
                [Sample.Held(new Identifier(IdentifierKind.ExternalId, "AB-1"), bob.Id), Sample.Held(Sample.Email("élan@example.com"), percent.Id)]),
            Cancellation);

        Assert.Equal(Ids(ann, bob), await SearchAsync("ANN"));
        Assert.Equal(Ids(percent), await SearchAsync("%"));
        Assert.Equal(Ids(ann, percent), await SearchAsync("éLAN"));
        Assert.Equal(Ids(bob), await SearchAsync("ab-"));
        Assert.Empty(await SearchAsync("_nn"));
        Assert.Empty(await SearchAsync("zoe"));
        Assert.Equal(Ids(ann, bob, percent), await SearchAsync(null));
        Assert.Equal(Ids(ann, bob, percent).Skip(1).Take(1), (await Store.Reader.SearchAsync(null, Ids(ann, bob, percent)[0], 1, Cancellation)).Select(profile => profile.Id));

        async Task<List<Ulid>> SearchAsync(string? text) => [.. (await Store.Reader.SearchAsync(text, null, 10, Cancellation)).Select(profile => profile.Id)];

        static List<Ulid> Ids(params StoredProfile[] profiles) => [.. profiles.Select(profile => profile.Id).Order()];
    }

    [Fact]
    public async Task SearchAsync_AfterRename_FindsTheNewNameOnly()
    {
        var profile = Sample.Profile("""{"first_name":"Ann"}""");
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile]), Cancellation);
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.FreeKey(), [profile with { RowVersion = 1, Document = """{"last_name":"Lee"}""" }]), Cancellation);

        Assert.Empty(await Store.Reader.SearchAsync("ann", null, 10, Cancellation));
        Assert.Single(await Store.Reader.SearchAsync("lee", null, 10, Cancellation));
    }

    [Fact]
    public async Task DropHistoryAsync_OldMonths_LeavesTheRest()
    {
        var profile = Ulid.NewUlid();
        DateTimeOffset[] months = [.. new[] { 1, 2, 3, 4 }.Select(month => new DateTimeOffset(2025, month, 15, 0, 0, 0, TimeSpan.Zero))];
        foreach (var month in months)
            await Store.Profiles.CommitAsync(
                Sample.Commit(Sample.FreeKey(), changes: [Sample.Change(profile, Ulid.NewUlid(month), appliedAt: month)], appliedAt: month), Cancellation);

        var dropped = await Store.Maintenance.DropHistoryAsync(new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero), Cancellation);

        Assert.Equal(2, dropped);
        var history = await Store.Reader.GetHistoryAsync(profile, null, null, 10, Cancellation);
        Assert.Equal([months[3], months[2]], history.Select(change => change.AppliedAt));
        Assert.Equal(0, await Store.Maintenance.DropHistoryAsync(new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero), Cancellation));
    }

    private static void AssertSame(StoredProfile expected, StoredProfile? actual)
    {
        Assert.NotNull(actual);
        Assert.True(
            JsonElement.DeepEquals(JsonDocument.Parse(expected.Document).RootElement, JsonDocument.Parse(actual.Document).RootElement),
            $"Expected {expected.Document}, stored {actual.Document}");
        Assert.Equal(expected.Versions, actual.Versions);
        Assert.Equal(expected, actual with { Document = expected.Document, Versions = expected.Versions });
    }

    /// <summary>Cancels the load while it is under way: when the store looks at what it is asked for.</summary>
    private sealed class CancellingIdentifiers(CancellationTokenSource cancellation, Identifier identifier) : IReadOnlyCollection<Identifier>
    {
        public int Count => 1;

        public IEnumerator<Identifier> GetEnumerator()
        {
            cancellation.Cancel();
            yield return identifier;
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
