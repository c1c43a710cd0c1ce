using System.Numerics;
using CsCheck;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Tests.Import;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Testing;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>
/// G9, G14, G20 with consent, over domains small enough to force ties: 3 instants, 4 statements, 2 addresses of each kind, 2 syncs, 2 people, all registers.
/// </summary>
public sealed class ConsentLawTests
{
    private static readonly string[] Emails = ["a@x.example", "b@x.example"];
    private static readonly string[] Phones = ["+447400123456", "+447400123457"];
    private static readonly SuppressionReason[] Reasons = [SuppressionReason.HardBounce, SuppressionReason.SpamComplaint, SuppressionReason.Unsubscribe];

    private static readonly Gen<LawRow> GenRow =
        from sync in Gen.Int[0, 1]
        from run in Gen.Int[1, 2]
        from second in Gen.Int[0, 2]
        from person in Gen.Int[0, 1]
        from email in Gen.Int[-1, 1]
        from phone in Gen.Int[-1, 1]
        from statements in Gen.Int[-1, 3].Array[3]
        from instants in Gen.Int[-1, 2].Array[3]
        from source in Gen.Int[0, 2]
        from suppression in Gen.Int[-3, 2]
        select new LawRow(sync, run, second, person, email, phone, statements, instants, source, suppression);

    private static readonly Gen<(LawRow[] Rows, int Seed)> GenCase = Gen.Select(GenRow.Array[1, 6], Gen.Int);

    private static readonly Gen<(ConsentStatement Statement, int Instant, int Run)[]> GenStatements =
        Gen.Select(Gen.Int[0, 3].Select(i => (ConsentStatement)i), Gen.Int[0, 2], Gen.Int[1, 3]).Array[0, 6];

    [Fact]
    public async Task Apply_AnyPermutationDuplicationAndRebatching_GivesIdenticalCanonicalProfiles() =>
        await GenCase.SampleAsync(
            async law =>
            {
                // A statement without its address on the row takes the profile's, which depends on what came before: outside G9.
                var rows = law.Rows.Select(row => row.WithoutForeignAddresses()).ToArray();
                var inOrder = await DumpAsync(rows.Chunk(rows.Length));

                var random = new Random(law.Seed);
                var shuffled = rows.Concat(rows.Where(_ => random.Next(3) == 0)).ToArray();
                random.Shuffle(shuffled);
                return inOrder == await DumpAsync(shuffled.Chunk(random.Next(1, 4)));
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
                    // Which of two rows of one instant comes first is not for the fold to know, and a statement without its address depends on it.
                    var rows = run.GroupBy(r => (r.Person, r.Second)).SelectMany(same => same.Count() > 1 ? same.Select(r => r.WithoutForeignAddresses()) : same).ToList();
                    var expected = fold.Run(rows.Select(r => r.ToReference()));
                    var counts = (await applier.ApplyAsync(store, Batch(run.First().SyncId, run.Key.Run, [], [.. rows.Select((r, i) => r.ToUpdate(i))]), default)).Counts;

                    Assert.Equal(
                        $"{run.Key} {expected}",
                        $"{run.Key} created {counts.Created}, updated {counts.Updated}, unchanged {counts.Unchanged}, "
                            + $"stale {counts.Stale}, duplicate {counts.Duplicate}, failed {counts.Failed}");
                }

                var actual = store.Profiles.Values.Select(p => Describe(ProfileView.From(p))).Order(StringComparer.Ordinal);
                Assert.Equal(fold.People.Select(fold.DescribeConsent).Order(StringComparer.Ordinal), actual);
            },
            iter: 20_000);

    // G11
    [Fact]
    public async Task Apply_SameRowsAgain_ChangesNoByteAndWritesNoHistory() =>
        await GenCase.SampleAsync(
            async law =>
            {
                // A refused row may find its address the second time; that is no repetition of what was imported.
                var rows = law.Rows.Select((row, i) => row.WithoutForeignAddresses() with { Sync = 0, Run = 1 }).ToArray();
                var store = new InMemoryProfileStore();
                await ApplyAsync(store, rows, page: 0);
                var (profiles, changes) = (Dump(store), store.Changes.Count);

                await ApplyAsync(store, rows, page: 1);

                return profiles == Dump(store) && changes == store.Changes.Count;
            },
            iter: 5_000);

    // G14
    [Fact]
    public void Standing_AnyStatements_IsSubscribedOnlyAfterEveryOptOut() => GenStatements.Sample(
        statements =>
        {
            var register = new ConsentRegister();
            foreach (var (statement, instant, run) in statements) register.Add(statement, Entry(instant, run));

            var subscribed = statements.Where(s => s.Statement == ConsentStatement.Subscribed).Select(s => s.Instant).ToList();
            var optOuts = statements
                .Where(s => s.Statement == ConsentStatement.Unsubscribed || (s.Statement == ConsentStatement.NoConsent && subscribed.Exists(at => at <= s.Instant)))
                .Select(s => s.Instant)
                .ToList();
            var expected = optOuts.Count > 0 && optOuts.Max() >= subscribed.DefaultIfEmpty(-1).Max() ? ConsentStatus.Unsubscribed
                : subscribed.Count > 0 ? ConsentStatus.Subscribed
                : ConsentStatus.NeverSubscribed;
            Assert.Equal(expected, register.Standing.Status);
        },
        iter: 100_000);

    // G14: "a retry, a merge of syncs"
    [Fact]
    public void Add_StatementsAgainOrFromAnotherSync_NeverTurnsAnOptOutIntoConsent() => Gen.Select(GenStatements, Gen.Int[1, 9]).Sample(
        (statements, laterRun) =>
        {
            var register = new ConsentRegister();
            foreach (var (statement, instant, run) in statements) register.Add(statement, Entry(instant, run));
            var before = register.Standing.Status;

            foreach (var (statement, instant, run) in statements) register.Add(statement, Entry(instant, run + laterRun, syncNumber: 1));

            Assert.Equal(before, register.Standing.Status);
        },
        iter: 50_000);

    [Fact]
    public void Absorb_AnyStatementsOfTwoProfiles_KnowsWhatOneProfileWouldKnow() => Gen.Select(GenStatements, GenStatements).Sample(
        (kept, removed) =>
        {
            var (left, right, whole) = (new ConsentRegister(), new ConsentRegister(), new ConsentRegister());
            foreach (var (statement, instant, run) in kept) left.Add(statement, Entry(instant, run));
            foreach (var (statement, instant, run) in removed) right.Add(statement, Entry(instant, run));
            foreach (var (statement, instant, run) in kept.Concat(removed)) whole.Add(statement, Entry(instant, run));

            left.Absorb(right);

            Assert.Equal(whole.Standing, left.Standing);
        },
        iter: 20_000);

    private static ConsentEntry Entry(int instant, int run, int syncNumber = 0) =>
        new(At(instant), new FieldVersion(FieldStrength.Ordinary, At(instant), 0, syncNumber == 0 ? SyncA : SyncB, run), ConsentMethod.Warehouse, Guid.Empty, null);

    private static string Describe(ProfileView profile) => string.Join(
        '\n',
        profile.Consent
            .Where(c => c.IsCurrent && c.Status != ConsentStatus.NeverSubscribed)
            .Select(c => $"{c.Kind.Name()}={c.Status.Name()}@{LawRow.Picoseconds(c.Deciding!.Instant)}")
            .Concat(profile.EmailSuppressions.Select(s => s.Reason.Name()).Order(StringComparer.Ordinal)));

    private static async Task<string> DumpAsync(IEnumerable<LawRow[]> chunks)
    {
        var store = new InMemoryProfileStore();
        var page = 0;
        foreach (var chunk in chunks) await ApplyAsync(store, chunk, page++);
        return Dump(store);
    }

    private static async Task ApplyAsync(InMemoryProfileStore store, LawRow[] rows, int page)
    {
        var applier = new ProfileBatchApplier(TimeProvider.System);
        foreach (var run in rows.GroupBy(r => (r.Sync, r.Run)))
        {
            var batch = Batch(run.First().SyncId, run.Key.Run, [], [.. run.Select((r, i) => r.ToUpdate(i))]);
            await applier.ApplyAsync(store, batch with { Key = batch.Key with { Page = page } }, default);
        }
    }

    /// <summary>The canonical profiles and what stands in their documents, so that origins are compared, too.</summary>
    private static string Dump(InMemoryProfileStore store) => string.Join(
        '\n',
        store.Profiles.Values.Select(profile => CanonicalProfile.Describe(profile) + profile.Document).Order(StringComparer.Ordinal));

    private sealed record LawRow(int Sync, int Run, int Second, int Person, int Email, int Phone, int[] Statements, int[] Instants, int Source, int Suppression)
    {
        private static readonly string[] StatementNames = ["subscribed", "unsubscribed", "no", "never"];

        public override string ToString() =>
            $"(sync {Sync}, run {Run}, second {Second}, person {Person}, email {Email}, phone {Phone}, statements {string.Join(' ', Statements)}, instants {string.Join(' ', Instants)}, source {Source}, suppression {Suppression})";

        public Guid SyncId => Sync == 0 ? SyncA : SyncB;

        private IEnumerable<(ConsentRegisterKind Kind, int Statement, SourceInstant Instant)> Said
        {
            get
            {
                foreach (var kind in ConsentRegisterKinds.All)
                {
                    var i = (int)kind;
                    if (Statements[i] >= 0) yield return (kind, Statements[i], At(Instants[i] < 0 ? Second : Instants[i]));
                }
            }
        }

        public static BigInteger Picoseconds(SourceInstant instant) => new BigInteger(instant.Seconds) * 1_000_000_000_000 + instant.Picoseconds;

        public LawRow WithoutForeignAddresses() => this with { Statements = [Email < 0 ? -1 : Statements[0], Phone < 0 ? -1 : Statements[1], Phone < 0 ? -1 : Statements[2]] };

        public ProfileUpdate ToUpdate(int row)
        {
            var identifiers = new List<IdentifierClaim> { External($"p{Person}") };
            if (Email >= 0) identifiers.Add(Batches.Email(Emails[Email]));
            if (Phone >= 0) identifiers.Add(Batches.Phone(Phones[Phone]));
            return Row(row, Second, [.. identifiers]) with
            {
                Consent = [.. Said.Select(s => new ConsentWrite(s.Kind, (ConsentStatement)s.Statement, s.Instant, Source == 0 ? null : $"source {Source}"))],
                Suppressions = Suppression < 0 ? [] : [new SuppressionWrite(Reasons[Suppression], At(Second))],
            };
        }

        public ReferenceRow ToReference()
        {
            List<ReferenceIdentifier> identifiers = [new("external_id", $"\"p{Person}\"")];
            if (Email >= 0) identifiers.Add(new ReferenceIdentifier("email", $"\"{Emails[Email]}\""));
            if (Phone >= 0) identifiers.Add(new ReferenceIdentifier("phone_number", $"\"{Phones[Phone]}\""));
            return new ReferenceRow(Picoseconds(At(Second)), 0, SyncId.ToString(), Run, identifiers, [])
            {
                Consent = [.. Said.Select(s => new ReferenceConsent(s.Kind.Name(), StatementNames[s.Statement], Picoseconds(s.Instant)))],
                Suppressions = Suppression < 0 ? [] : [Reasons[Suppression].Name()],
            };
        }
    }
}
