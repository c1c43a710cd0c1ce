using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Tests;

public abstract class SyncStoreConformance : ConformanceTest
{
    [Fact]
    public async Task CreateAsync_Sync_ComesBackUnchanged()
    {
        var sync = await Sample.CreateSyncAsync(Store);

        var stored = await Store.Syncs.GetAsync(sync.Id, Cancellation);

        AssertSame(sync, stored!);
        AssertSame(sync.Definition, (await Store.Syncs.GetDefinitionAsync(sync.Id, 1, Cancellation))!);
    }

    [Fact]
    public async Task CreateAsync_TakenNameOrUnknownConnection_IsRefused()
    {
        var sync = await Sample.CreateSyncAsync(Store, "Éva");

        Assert.Equal(SyncWriteStatus.NameTaken, await Store.Syncs.CreateAsync(Sample.Sync(sync.Definition with { Name = "éVA" }), Cancellation));
        Assert.Equal(SyncWriteStatus.ConnectionUnknown, await Store.Syncs.CreateAsync(Sample.Sync(Sample.Definition(Guid.NewGuid(), "New")), Cancellation));
        Assert.Single(await Store.Syncs.ListAsync(null, 10, Cancellation));
    }

    [Fact]
    public async Task UpdateAsync_NewMapping_KeepsTheOldOneReadable()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        var edited = sync with { MappingVersion = 2, Definition = sync.Definition with { Fields = [new FieldMapping("x", "last_name")] } };

        Assert.Equal(SyncWriteStatus.Written, await Store.Syncs.UpdateAsync(edited, 1, Cancellation));

        AssertSame(sync.Definition, (await Store.Syncs.GetDefinitionAsync(sync.Id, 1, Cancellation))!);
        AssertSame(edited.Definition, (await Store.Syncs.GetDefinitionAsync(sync.Id, 2, Cancellation))!);
        Assert.Null(await Store.Syncs.GetDefinitionAsync(sync.Id, 3, Cancellation));
        AssertSame(edited with { Version = 2 }, (await Store.Syncs.GetAsync(sync.Id, Cancellation))!);
    }

    [Fact]
    public async Task UpdateAsync_StaleVersion_IsRefused()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        await Store.Syncs.UpdateAsync(sync with { Status = SyncStatus.Paused }, 1, Cancellation);

        Assert.Equal(SyncWriteStatus.VersionMismatch, await Store.Syncs.UpdateAsync(sync, 1, Cancellation));
        Assert.Equal(SyncWriteStatus.NotFound, await Store.Syncs.UpdateAsync(sync with { Id = Guid.NewGuid() }, 1, Cancellation));
        Assert.Equal(SyncStatus.Paused, (await Store.Syncs.GetAsync(sync.Id, Cancellation))!.Status);
    }

    [Fact]
    public async Task UpdateAsync_DuringARun_LeavesProgressAlone()
    {
        var run = await Sample.BeginRunAsync(Store);
        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;

        await Store.Syncs.UpdateAsync(
            sync with { Fence = 99, ActiveRunId = null, LastRunSeq = 99, Watermark = Sample.Instant, ConsecutiveFailures = 9 }, sync.Version, Cancellation);

        AssertSame(sync with { Version = sync.Version + 1 }, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!);
    }

    [Fact]
    public async Task UpdateAsync_Resumed_StartsCountingFailuresAnew()
    {
        var run = await Sample.BeginRunAsync(Store);
        await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Failed, null, Sample.Now, Cancellation);
        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
        await Store.Syncs.UpdateAsync(sync with { Status = SyncStatus.PausedAutomatically }, sync.Version, Cancellation);
        Assert.Equal(1, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.ConsecutiveFailures);

        await Store.Syncs.UpdateAsync(sync with { Status = SyncStatus.Active }, sync.Version + 1, Cancellation);

        Assert.Equal(0, (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!.ConsecutiveFailures);
    }

    [Fact]
    public async Task DeleteAsync_Sync_TakesItsRunsAndErrorsButNotProfiles()
    {
        var run = await Sample.BeginRunAsync(Store);
        var profile = Sample.Profile();
        await Store.Profiles.CommitAsync(Sample.Commit(Sample.Key(run), [profile], changes: [Sample.Change(profile.Id, Ulid.NewUlid())]), Cancellation);
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1), Cancellation);
        await Store.Runs.AcknowledgePageAsync(run.Id, run.Fence, Sample.Acknowledge(0, new OutcomeCounts(Failed: 1), errors: Sample.Error(0, 0, "x")), Cancellation);
        Assert.Equal(SyncWriteStatus.RunActive, await Store.Syncs.DeleteAsync(run.SyncId, 1, Cancellation));
        await Store.Runs.CloseUnfinishedAsync(run.Id, run.Fence, RunStatus.Cancelled, null, Sample.Now, Cancellation);

        Assert.Equal(SyncWriteStatus.VersionMismatch, await Store.Syncs.DeleteAsync(run.SyncId, 2, Cancellation));
        Assert.Equal(SyncWriteStatus.Written, await Store.Syncs.DeleteAsync(run.SyncId, 1, Cancellation));

        Assert.Equal(SyncWriteStatus.NotFound, await Store.Syncs.DeleteAsync(run.SyncId, 1, Cancellation));
        Assert.Null(await Store.Runs.GetAsync(run.Id, Cancellation));
        Assert.Empty(await Store.Runs.GetErrorsAsync(run.Id, null, null, 10, Cancellation));
        Assert.NotNull(await Store.Reader.GetAsync(profile.Id, Cancellation));
        Assert.Single(await Store.Reader.GetHistoryAsync(profile.Id, null, null, 10, Cancellation));
    }

    [Fact]
    public async Task ResetWatermarkAsync_IdleSync_MovesItBackAndForgetsTheBoundary()
    {
        var run = await Sample.BeginRunAsync(Store);
        Assert.Equal(SyncWriteStatus.RunActive, await Store.Syncs.ResetWatermarkAsync(run.SyncId, null, Sample.Now, Cancellation));
        await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1, "c", new RowDigest(1, 1)), Cancellation);
        await Store.Runs.AcknowledgePageAsync(
            run.Id, run.Fence, Sample.Acknowledge(0, new OutcomeCounts(Failed: 1)) with { KeptDigests = [new RowDigest(1, 1)] }, Cancellation);
        await Store.Runs.CompleteAsync(run.Id, run.Fence, Sample.Instant, Sample.Now, Cancellation);
        var older = SourceInstant.Parse("2020-01-01T00:00:00.000000000001Z");

        Assert.Equal(SyncWriteStatus.Written, await Store.Syncs.ResetWatermarkAsync(run.SyncId, older, Sample.Now, Cancellation));

        var sync = (await Store.Syncs.GetAsync(run.SyncId, Cancellation))!;
        Assert.Equal(older, sync.Watermark);
        Assert.Null(sync.BoundaryRunId);
        Assert.Empty(await Store.Runs.GetBoundaryAsync(run.Id, "c", Cancellation));
        Assert.Equal(SyncWriteStatus.NotFound, await Store.Syncs.ResetWatermarkAsync(Guid.NewGuid(), null, Sample.Now, Cancellation));
    }

    private static void AssertSame(SyncRecord expected, SyncRecord actual)
    {
        AssertSame(expected.Definition, actual.Definition);
        Assert.Equal(expected, actual with { Definition = expected.Definition });
    }

    private static void AssertSame(SyncDefinition expected, SyncDefinition actual)
    {
        Assert.Equal(expected.Dataset, actual.Dataset);
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
    }
}
