using CsCheck;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Tests.Import;
using WarehouseImport.Profiles.Views;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Identity;

/// <summary>
/// The scope note of G9: rows of syncs with different primary identifiers, in every order. Whoever a lucky order would have joined is listed, and merging what
/// is listed gives the same canonical profiles in every order, the lucky one included.
/// </summary>
public sealed class IdentityLawTests
{
    private static readonly FieldTarget[] Targets = [Field("first_name"), Field("title", strength: FieldStrength.IfEmpty), Field("properties.tags", WriteMode.Append)];

    private static readonly Gen<MixedRow> GenRow =
        from external in Gen.Int[-1, 1]
        from email in Gen.Int[-1, 1]
        from phone in Gen.Int[-1, 1]
        where external >= 0 || email >= 0 || phone >= 0
        from second in Gen.Int[0, 2]
        from sync in Gen.Int[0, 1]
        from value in Gen.Int[0, 3]
        from consent in Gen.Int[0, 3]
        select new MixedRow(external, email, phone, second, sync, value, consent);

    [Fact]
    public async Task Merge_WhatIsListed_GivesTheSameProfilesInEveryOrder() =>
        await GenRow.Array[2, 4].SampleAsync(
            async rows =>
            {
                string? first = null;
                foreach (var order in Orders([.. Enumerable.Range(0, rows.Length)]))
                {
                    var store = new InMemoryProfileStore();
                    await ImportAsync(store, order.Select(i => rows[i]));
                    await MergeListedAsync(store);

                    var dump = Dump(store);
                    first ??= dump;
                    Assert.Equal(first, dump);
                }
            },
            iter: 4_000);

    // Whether rows can meet in one profile at all, found by trying every order.
    [Fact]
    public async Task List_WheneverALuckyOrderLeavesOneProfile_EveryOtherOrderHasItOrListsThePairs() =>
        await GenRow.Array[2, 4].SampleAsync(
            async rows =>
            {
                var isLucky = false;
                var connected = true;
                foreach (var order in Orders([.. Enumerable.Range(0, rows.Length)]))
                {
                    var store = new InMemoryProfileStore();
                    await ImportAsync(store, order.Select(i => rows[i]));
                    isLucky |= store.Profiles.Count == 1;
                    connected &= IsConnected(store);
                }

                Assert.True(connected || !isLucky);
            },
            iter: 4_000);

    [Fact]
    public async Task Undo_OfEveryMergeInReverse_RestoresEveryByte() =>
        await GenRow.Array[2, 4].SampleAsync(
            async rows =>
            {
                var store = new InMemoryProfileStore();
                await ImportAsync(store, rows);
                var before = Contents(store);
                var pairs = store.Pairs.ToHashSet();
                var merges = await MergeListedAsync(store);
                merges.Reverse();

                foreach (var merge in merges)
                {
                    var undo = await new ProfileMerging(store, store, TimeProvider.System).UndoAsync(merge, "test", default);
                    Assert.Equal((UndoStatus.Undone, ""), (undo.Status, string.Join("; ", undo.Obstacles)));
                }

                Assert.Equal(before, Contents(store));
                Assert.Equal(pairs, store.Pairs.ToHashSet());
            },
            iter: 4_000);

    private static async Task ImportAsync(InMemoryProfileStore store, IEnumerable<MixedRow> rows)
    {
        var applier = new ProfileBatchApplier(TimeProvider.System);
        var page = 0;
        foreach (var row in rows)
        {
            var batch = Batch(row.Sync == 0 ? SyncA : SyncB, 1, Targets, row.ToUpdate());
            var result = await applier.ApplyAsync(store, batch with { Key = batch.Key with { Page = page++ } }, default);
            Assert.Equal(0, result.Counts.Failed);
        }
    }

    private static async Task<List<Ulid>> MergeListedAsync(InMemoryProfileStore store)
    {
        var merging = new ProfileMerging(store, store, TimeProvider.System);
        var merges = new List<Ulid>();
        while (store.Pairs.FirstOrDefault() is { } pair && pair != default)
        {
            var result = await merging.MergeAsync(pair.Low, pair.High, "test", default);
            Assert.Equal(MergeStatus.Merged, result.Status);
            merges.Add(result.MergeId!.Value);
        }

        return merges;
    }

    private static bool IsConnected(InMemoryProfileStore store)
    {
        var reached = new HashSet<Ulid> { store.Profiles.Keys.First() };
        while (store.Pairs.FirstOrDefault(pair => reached.Contains(pair.Low) != reached.Contains(pair.High)) is { } pair && pair != default)
        {
            reached.Add(pair.Low);
            reached.Add(pair.High);
        }

        return reached.Count == store.Profiles.Count;
    }

    private static string Dump(InMemoryProfileStore store) => string.Join('\n', store.Profiles.Values.Select(CanonicalProfile.Describe).Order(StringComparer.Ordinal));

    // Without the time of the last change: a third profile that got an identifier back by a merge and gives it up again was changed twice.
    private static string Contents(InMemoryProfileStore store) => string.Join(
        '\n',
        store.Profiles.Values.OrderBy(p => p.Id).Select(p => $"{p.Id} {p.Document} {Convert.ToHexString(p.Versions)} {p.CreatedAt:O} {p.LastSource}")
            .Concat(store.Identifiers.Values.Where(i => i.Holder is not null).OrderBy(i => i.Identifier.ToString(), StringComparer.Ordinal)
                .Select(i => $"{i.Identifier} {i.Holder} {string.Join(' ', i.Contenders)}")));

    private static IEnumerable<int[]> Orders(int[] items)
    {
        if (items.Length <= 1) return [items];
        return items.SelectMany(first => Orders([.. items.Where(i => i != first)]).Select(rest => (int[])[first, .. rest]));
    }

    /// <summary>The primary identifier is the highest-ranked one with a value (3.1), so rows of one case have different kinds.</summary>
    private sealed record MixedRow(int External, int EMail, int PhoneNumber, int Second, int Sync, int Value, int Consent)
    {
        public ProfileUpdate ToUpdate()
        {
            List<IdentifierClaim> identifiers = [];
            if (External >= 0) identifiers.Add(Batches.External($"p{External}"));
            if (EMail >= 0) identifiers.Add(Email($"{(char)('a' + EMail)}@x.example"));
            if (PhoneNumber >= 0) identifiers.Add(Phone($"+1234567890{PhoneNumber}"));
            List<(int, string?)> writes = [(0, $"\"v{Value}\""), (1, $"\"t{Value}\""), (2, $"[\"{Value}\"]")];

            // Consent is given for an address on the row; without one it would be given for whatever the profile holds at that moment.
            ConsentStatement? statement = Consent switch { 1 => ConsentStatement.Subscribed, 2 => ConsentStatement.Unsubscribed, 3 => ConsentStatement.NoConsent, _ => null };
            return Row(0, Second, [.. identifiers], [.. writes]) with
            {
                Consent = statement is { } said && EMail >= 0 ? [new ConsentWrite(ConsentRegisterKind.EmailMarketing, said, At(Second), null)] : [],
            };
        }
    }
}
