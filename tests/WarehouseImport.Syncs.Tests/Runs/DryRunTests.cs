using CsCheck;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;

namespace WarehouseImport.Syncs.Tests.Runs;

public sealed class DryRunTests
{
    private static readonly Gen<SourceRow> Row = Gen.Select(
        Gen.Int[0, 3],
        Pick.From<string?>("a", "b", "c", "d", null),
        (instant, id) => new SourceRow(RunWorld.Ago(100 - instant), id, id is "a" or "b" ? $"odd {instant}" : $"{id} {instant}"));

    [Fact]
    public async Task Run_Dry_GivesTheCountsOfTheImportThatFollowsAndWritesNothing() => await Gen.Select(Row.Array[0, 8], Row.Array[0, 12]).SampleAsync(
        async test =>
        {
            var world = new RunWorld();
            world.Warehouse.Rows.AddRange(test.Item1);
            await world.RunAsync();
            world.Warehouse.Rows.AddRange(test.Item2);
            var (dump, sync, changes) = (world.Database.Dump(), world.Sync, world.Database.Changes.Count);

            var dry = await world.RunAsync(isDryRun: true);
            var (dumpAfter, syncAfter, changesAfter) = (world.Database.Dump(), world.Sync, world.Database.Changes.Count);
            var real = await world.RunAsync();

            Assert.Equal(dump, dumpAfter);
            Assert.Equal(changes, changesAfter);
            Assert.Equal(sync with { Fence = syncAfter.Fence, LastRunSeq = syncAfter.LastRunSeq }, syncAfter);
            Assert.Equal(real.Counts, dry.Counts);
            Assert.Equal(real.ProblemRows, dry.ProblemRows);
        },
        iter: 1000);

    [Fact]
    public async Task Run_DryInterrupted_IsCancelledWithItsReason()
    {
        var world = new RunWorld();
        world.Warehouse.Rows.AddRange(Enumerable.Range(0, 10).Select(row => new SourceRow(RunWorld.Ago(100 - row), $"id{row}", "N")));
        var run = await world.BeginAsync(isDryRun: true);
        FaultPlan.At(FaultPointId.PageRecorded, 2, world.Process.KillAsync);
        await world.ExecuteAsync(run);
        FaultPlan.Clear();

        var resumed = await world.ResumeAsync();

        Assert.Equal(RunStatus.Cancelled, resumed.Status);
        Assert.Equal(RunErrors.DryRunInterrupted, resumed.Failure!.Code);
        Assert.Equal(0, world.Sync.ConsecutiveFailures);
    }
}
