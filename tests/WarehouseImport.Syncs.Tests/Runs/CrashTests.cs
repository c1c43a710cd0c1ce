using CsCheck;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs;

/// <summary>G17, G20: a process that ends anywhere changes neither what is stored nor what is counted.</summary>
public sealed class CrashTests
{
    private static readonly FaultPointId[] Points =
    [
        FaultPointId.RunBegun, FaultPointId.StatementSubmitted, FaultPointId.WindowStored, FaultPointId.PageRead, FaultPointId.PageRecorded, FaultPointId.BatchCommitted,
        FaultPointId.AnswerPending, FaultPointId.AllPagesApplied, FaultPointId.Completing, FaultPointId.Completed,
    ];

    // Few instants, people and names, so that rows tie and repeat each other across pages.
    private static readonly Gen<SourceRow> Row = Gen.Select(
        Gen.Int[0, 3],
        Pick.From<string?>("a", "b", "c", "d", "e", null),
        Pick.From<string?>("Ann", "Bob", "odd", null),
        (instant, id, name) => new SourceRow(RunWorld.Ago(100 - instant), id, name));

    private static readonly Gen<(SourceRow[] Before, SourceRow[] After, FaultPointId Point, int First, int Second, PagingLevel Level)> Case = Gen.Select(
        Row.Array[0, 8],
        Row.Array[1, 14],
        Pick.From(Points),
        Gen.Int[1, 4],
        Gen.Int[1, 4],
        Pick.From(PagingLevel.Snapshot, PagingLevel.StoredResult));

    // Ties and batches come in any order. Which of two conflicting rows of one person and instant came first may show in how they are counted, never in the
    // profiles; without such rows the counts are the same to the last one.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ProcessEndsTwiceAnywhere_GivesTheSameCountsAndProfiles(bool hasConflicts) => await Case.SampleAsync(
        async test =>
        {
            if (!hasConflicts) test = test with { Before = [.. test.Before.Select(WithoutConflict)], After = [.. test.After.Select(WithoutConflict)] };
            var calm = World(test.Level, shufflesTies: true);
            await TwoRoundsAsync(calm, test.Before, test.After, null, 0, 0);
            var crashed = World(test.Level, shufflesTies: true);
            await TwoRoundsAsync(crashed, test.Before, test.After, test.Point, test.First, test.Second);

            var expected = Newest(calm);
            var actual = Newest(crashed);
            Assert.Equal(expected.Status, actual.Status);
            if (!hasConflicts) Assert.Equal(expected.Counts, actual.Counts);
            Assert.Equal((expected.Read, expected.Counts.Created, expected.Counts.Failed), (actual.Read, actual.Counts.Created, actual.Counts.Failed));
            Assert.Equal(actual.Read, actual.Counts.Total);
            Assert.Equal(calm.Database.Dump(), crashed.Database.Dump());
            Assert.Equal(calm.Sync.Watermark, crashed.Sync.Watermark);
        },
        iter: 1000);

    // A failure in place of the end of the process: the run fails, and the next run makes good.
    [Fact]
    public async Task Run_FailsAnywhere_NextRunConverges() => await Case.SampleAsync(
        async test =>
        {
            var calm = World(test.Level);
            await TwoRoundsAsync(calm, test.Before, test.After, null, 0, 0);
            var failing = World(test.Level);
            failing.Warehouse.Rows.AddRange(test.Before);
            await failing.RunAsync();
            failing.Warehouse.Rows.AddRange(test.After);
            var watermark = failing.Sync.Watermark;
            FaultPlan.At(test.Point == FaultPointId.RunBegun ? FaultPointId.WindowStored : test.Point, test.First, () => throw new IOException("disk"));
            var failed = await failing.RunAsync();
            FaultPlan.Clear();
            if (failed.Status == RunStatus.Failed)
            {
                Assert.Equal(watermark, failing.Sync.Watermark);
                await failing.RunAsync();
            }

            Assert.Equal(calm.Database.Dump(), failing.Database.Dump());
            Assert.Equal(calm.Sync.Watermark, failing.Sync.Watermark);
        },
        iter: 1000);

    [Theory]
    [MemberData(nameof(AllPoints))]
    public async Task Run_ProcessEndsAtPoint_IsReachedAndResumes(int point)
    {
        var world = World((FaultPointId)point == FaultPointId.StatementSubmitted ? PagingLevel.StoredResult : PagingLevel.Snapshot);
        world.Warehouse.Rows.AddRange(Enumerable.Range(0, 10).Select(row => new SourceRow(RunWorld.Ago(100 - row / 4), $"id{row}", "N")));
        var plan = FaultPlan.At((FaultPointId)point, 1, world.Process.KillAsync);

        await RunOrEndAsync(world);
        FaultPlan.Clear();
        await FinishAsync(world);

        Assert.True(plan.WasReached);
        Assert.Equal(new OutcomeCounts(Created: 10), Newest(world).Counts);
        Assert.Equal(RunStatus.Succeeded, Newest(world).Status);
    }

    public static TheoryData<int> AllPoints() => [.. Points.Select(point => (int)point)];

    private static SourceRow WithoutConflict(SourceRow row) => row with { Name = row.Id + row.Instant![^3] };

    private static RunWorld World(PagingLevel level, bool shufflesTies = false)
    {
        var world = new RunWorld();
        world.Warehouse.ShufflesTies = shufflesTies;
        world.Warehouse.Level = level;
        return world;
    }

    private static async Task TwoRoundsAsync(RunWorld world, SourceRow[] before, SourceRow[] after, FaultPointId? point, int first, int second)
    {
        world.Warehouse.Rows.AddRange(before);
        await world.RunAsync();
        world.Warehouse.Rows.AddRange(after);
        if (point is not { } fault)
        {
            await world.RunAsync();
            return;
        }

        FaultPlan.At(fault, first, world.Process.KillAsync);
        await RunOrEndAsync(world);
        FaultPlan.Clear();
        if (world.Sync.ActiveRunId is not null)
        {
            world.NewProcess();
            var run = await world.Engine.TakeOverAsync(world.Sync, CancellationToken.None);
            FaultPlan.At(fault, second, world.Process.KillAsync);
            await world.ExecuteAsync(run!);
            FaultPlan.Clear();
        }

        await FinishAsync(world);
    }

    private static async Task RunOrEndAsync(RunWorld world)
    {
        try
        {
            await world.RunAsync();
        }
        catch (ProcessEndedException) when (world.Sync.ActiveRunId is not null)
        {
            Assert.Equal(RunStatus.Running, Newest(world).Status);
        }
    }

    private static async Task FinishAsync(RunWorld world)
    {
        if (world.Sync.ActiveRunId is not null) await world.ResumeAsync();
    }

    private static RunRecord Newest(RunWorld world) => world.Database.Runs.Values.MaxBy(run => run.Seq)!;
}
