using System.Numerics;
using CsCheck;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Testing;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Import;

/// <summary>G9, G10, G20: the laws of merging over domains small enough to force ties (3 instants, 3 values, 2 syncs, 3 identifiers).</summary>
public sealed class MergeLawTests
{
    private static readonly FieldTarget[] Targets =
    [
        Field("first_name"),
        Field("title", strength: FieldStrength.IfEmpty),
        Field("properties.tags", WriteMode.Append),
        Field("properties.tags", WriteMode.Remove),
        Field("properties.tags"),
    ];

    private static readonly string[] Emails = ["a@x.example", "b@x.example", "c@x.example"];

    private static readonly Gen<LawRow> GenRow =
        from sync in Gen.Int[0, 1]
        from run in Gen.Int[1, 2]
        from second in Gen.Int[0, 2]
        from person in Gen.Int[0, 2]
        from email in Gen.Int[-1, 2]
        from write in Gen.Int[0, 15]
        from value in Gen.Int[0, 3]
        select new LawRow(sync, run, second, person, email, write, value);

    private static readonly Gen<(LawRow[] Rows, int Seed)> GenCase = Gen.Select(GenRow.Array[1, 8], Gen.Int);

    [Fact]
    public async Task Apply_AnyPermutationDuplicationAndRebatching_GivesIdenticalCanonicalProfiles() =>
        await GenCase.SampleAsync(
            async law =>
            {
                var inOrder = await DumpAsync(Split(law.Rows, law.Rows.Length));

                var random = new Random(law.Seed);
                var shuffled = law.Rows.Concat(law.Rows.Where(_ => random.Next(3) == 0)).ToArray();
                random.Shuffle(shuffled);
                var rearranged = await DumpAsync(Split(shuffled, random.Next(1, 4)));

                return inOrder == rearranged;
            },
            iter: 100_000);

    [Fact]
    public async Task Apply_AnyRows_EqualsReferenceFold() =>
        await GenCase.SampleAsync(
            async law =>
            {
                var store = new InMemoryProfileStore();
                var applier = new ProfileBatchApplier(TimeProvider.System);
                var fold = new ReferenceFold();
                var random = new Random(law.Seed);
                foreach (var run in law.Rows.GroupBy(r => (r.Sync, r.Run)).OrderBy(_ => random.Next()))
                {
                    var expected = fold.Run(run.Select(r => r.ToReference()));
                    var batch = Batch(run.First().SyncId, run.Key.Run, Targets, [.. run.Select((r, i) => r.ToUpdate(i))]);
                    var counts = (await applier.ApplyAsync(store, batch, default)).Counts;

                    Assert.Equal(
                        expected.ToString(),
                        $"created {counts.Created}, updated {counts.Updated}, unchanged {counts.Unchanged}, stale {counts.Stale}, duplicate {counts.Duplicate}, failed {counts.Failed}");
                }

                var actual = store.Profiles.Values.Select(p => Describe(ProfileView.From(p))).Order(StringComparer.Ordinal);
                Assert.Equal(fold.People.Select(fold.Describe).Order(StringComparer.Ordinal), actual);
            },
            iter: 20_000);

    private static string Describe(ProfileView profile) => string.Join(
        '\n',
        profile.Fields.Where(f => f.State == FieldState.Held).Select(f => $"{f.Field}={f.Json}@{LawRow.Picoseconds(f.Version.Instant)}"));

    private static IEnumerable<LawRow[]> Split(LawRow[] rows, int size) => rows.Chunk(size);

    private static async Task<string> DumpAsync(IEnumerable<LawRow[]> chunks)
    {
        var store = new InMemoryProfileStore();
        var applier = new ProfileBatchApplier(TimeProvider.System);
        var page = 0;
        foreach (var chunk in chunks)
        {
            foreach (var run in chunk.GroupBy(r => (r.Sync, r.Run)))
            {
                var batch = Batch(run.First().SyncId, run.Key.Run, Targets, [.. run.Select((r, i) => r.ToUpdate(i))]);
                await applier.ApplyAsync(store, batch with { Key = batch.Key with { Page = page++ } }, default);
            }
        }

        return string.Join('\n', store.Profiles.Values.Select(CanonicalProfile.Describe).Order(StringComparer.Ordinal));
    }

    private sealed record LawRow(int Sync, int Run, int Second, int Person, int Email, int Write, int Value)
    {
        public Guid SyncId => Sync == 0 ? SyncA : SyncB;

        private string? Text => Value == 3 ? null : $"\"v{Value}\"";

        public static BigInteger Picoseconds(SourceInstant instant) => new BigInteger(instant.Seconds) * 1_000_000_000_000 + instant.Picoseconds;

        public ProfileUpdate ToUpdate(int row)
        {
            IdentifierClaim[] identifiers = Email < 0 ? [External($"p{Person}")] : [External($"p{Person}"), Batches.Email(Emails[Email])];
            return Row(row, Second, identifiers, [.. Writes()]);
        }

        public ReferenceRow ToReference()
        {
            List<ReferenceIdentifier> identifiers = [new("external_id", $"\"p{Person}\"")];
            if (Email >= 0) identifiers.Add(new ReferenceIdentifier("email", $"\"{Emails[Email]}\""));
            var fields = Writes().Select(w => w.Target switch
            {
                2 or 3 => new ReferenceField("properties.tags", w.Json![1..^1], Mode: w.Target == 2 ? "append" : "remove"),
                _ => new ReferenceField(Targets[w.Target].Field, w.Json, Targets[w.Target].Strength == FieldStrength.IfEmpty),
            });
            return new ReferenceRow(Picoseconds(At(Second)), 0, SyncId.ToString(), Run, identifiers, [.. fields]);
        }

        /// <summary>One list target in one mode at most, as a mapping gives a run.</summary>
        private IEnumerable<(int Target, string? Json)> Writes()
        {
            if ((Write & 1) != 0) yield return (0, Text);
            if ((Write & 2) != 0 && Text is not null) yield return (1, Text);
            var list = Sync == 0 ? 2 : 4;
            if ((Write & 4) != 0 && list == 4) yield return (4, Value == 3 ? null : $"[\"v{Value}\",\"v{(Value + 1) % 3}\"]");
            else if ((Write & 8) != 0 && list == 2) yield return (Run == 2 ? 3 : 2, $"[\"v{Value}\"]");
        }
    }
}
