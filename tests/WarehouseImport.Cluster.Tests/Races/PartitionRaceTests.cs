using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Storage;
using WarehouseImport.Storage.Migrations;

namespace WarehouseImport.Cluster.Tests.Races;

/// <summary>G12, G13, R9: two activations of one partition over one database, interleaved between load and commit.</summary>
public abstract class PartitionRaceTests
{
    private static readonly FieldTarget[] Targets = [.. Enumerable.Range(0, 8).Select(field => new FieldTarget($"properties.f{field}", WriteMode.Replace, FieldStrength.Ordinary))];

    private static readonly Guid Sync = new("5c000000-0000-0000-0000-000000000001");

    protected abstract StorageProvider Provider { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The slower one has loaded before the faster one commits: its commit is refused, and it merges again on top of what is there.
    [Fact]
    public async Task ApplyAsync_TwoActivationsWriteDifferentFields_LoseNone()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var services = await OpenAsync(storage);
        var store = services.GetRequiredService<IProfileStore>();
        for (var round = 0; round < 20; round++)
        {
            var faster = Batch($"c{round}", 0);
            var slower = Batch($"c{round}", 1);
            var interleaved = new InterleavedStore(store, () => Applier().ApplyAsync(store, faster, Cancellation));

            var result = await Applier().ApplyAsync(interleaved, slower, Cancellation);

            Assert.Equal([CommitStatus.Conflict, CommitStatus.Committed], interleaved.Commits);
            Assert.Equal(BatchStatus.Applied, result.Status);
            Assert.Equal(new OutcomeCounts(Updated: 1), result.Counts);
            Assert.Equal(["external_id", "properties.f0", "properties.f1"], await FieldsAsync(services, $"c{round}"));
        }
    }

    // The same batch in both: one applies it, the other answers with what the first one stored.
    [Fact]
    public async Task ApplyAsync_TwoActivationsApplyOneBatch_OneAppliesIt()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var services = await OpenAsync(storage);
        var store = services.GetRequiredService<IProfileStore>();
        for (var round = 0; round < 20; round++)
        {
            var batch = Batch($"c{round}", 0);
            var interleaved = new InterleavedStore(store, () => Applier().ApplyAsync(store, batch, Cancellation));

            var result = await Applier().ApplyAsync(interleaved, batch, Cancellation);

            Assert.Equal(CommitStatus.AlreadyApplied, Assert.Single(interleaved.Commits));
            Assert.Equal(BatchStatus.Replayed, result.Status);
            Assert.Equal(new OutcomeCounts(Created: 1), result.Counts);
        }

        Assert.Equal(20, await services.GetRequiredService<IProfileReader>().CountAsync(Cancellation));
    }

    [Fact]
    public async Task ApplyAsync_EightActivationsAtOnce_LoseNoField()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var services = await OpenAsync(storage);
        var store = services.GetRequiredService<IProfileStore>();

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(field => Task.Run(() => Applier().ApplyAsync(store, Batch("shared", field), Cancellation), Cancellation)));

        Assert.Equal(new OutcomeCounts(Created: 1, Updated: 7), results.Aggregate(OutcomeCounts.None, (sum, result) => sum + result.Counts));
        Assert.Equal(["external_id", .. Targets.Select(target => target.Field)], await FieldsAsync(services, "shared"));
    }

    // G13. More attempts than the applier makes would be needed only if a lost race could go without a commit elsewhere.
    [Fact]
    public async Task ApplyAsync_SixtyFourCreateOneIdentifier_OneIsCreated()
    {
        await using var storage = await TestStorage.CreateAsync(Provider);
        await using var services = await OpenAsync(storage);
        var store = services.GetRequiredService<IProfileStore>();

        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(racer => Task.Run(
            async () =>
            {
                var batch = Batch("one", racer % 8);
                while (true)
                {
                    try
                    {
                        return await Applier().ApplyAsync(store, batch, Cancellation);
                    }
                    catch (ProfileContentionException)
                    {
                        // As the dispatcher does: nothing was written, and the same batch is sent again.
                        continue;
                    }
                }
            },
            Cancellation)));

        Assert.Equal(1, results.Sum(result => result.Counts.Created));
        Assert.Equal(64, results.Sum(result => result.Counts.Total));
        Assert.Equal(1, await services.GetRequiredService<IProfileReader>().CountAsync(Cancellation));
    }

    private static ProfileBatchApplier Applier() => new(TimeProvider.System);

    private static async Task<ServiceProvider> OpenAsync(TestStorage storage)
    {
        var services = StoredProfiles.Open(storage);
        await services.GetRequiredService<SchemaMigrator>().MigrateAsync(Cancellation);
        return services;
    }

    /// <summary>One row of one person that writes one field; batches have runs of their own and no fence.</summary>
    private static ProfileBatch Batch(string person, int field) => new()
    {
        Key = new BatchKey(Sync, Guid.NewGuid(), null, 0, 0),
        RunSeq = 1,
        Precedence = 0,
        Mode = ImportMode.Upsert,
        RecordStale = false,
        Targets = [.. Targets],
        Rows =
        [
            new ProfileUpdate(
                0,
                SourceInstant.Parse("2026-01-01T00:00:00Z"),
                [new IdentifierClaim(new Identifier(IdentifierKind.ExternalId, person))],
                [new FieldWrite(field, $"\"v{field}\"")]),
        ],
    };

    private static async Task<IEnumerable<string>> FieldsAsync(ServiceProvider services, string person)
    {
        var stored = await services.GetRequiredService<IProfileReader>().FindAsync(new Identifier(IdentifierKind.ExternalId, person), Cancellation);
        return ProfileView.From(stored!).Fields.Where(field => field.State == FieldState.Held).Select(field => field.Field);
    }

    /// <summary>Lets another activation apply its batch between the first load and the first commit.</summary>
    private sealed class InterleavedStore(IProfileStore store, Func<Task> between) : IProfileStore
    {
        private Func<Task>? _between = between;

        public List<CommitStatus> Commits { get; } = [];

        public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken) =>
            store.LoadAsync(key, identifiers, cancellationToken);

        public async Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _between, null) is { } other) await other();
            var status = await store.CommitAsync(commit, cancellationToken);
            Commits.Add(status);
            return status;
        }
    }
}

public sealed class SqlitePartitionRaceTests : PartitionRaceTests
{
    protected override StorageProvider Provider => StorageProvider.Sqlite;
}

public sealed class PostgresPartitionRaceTests : PartitionRaceTests
{
    protected override StorageProvider Provider => StorageProvider.Postgres;
}
