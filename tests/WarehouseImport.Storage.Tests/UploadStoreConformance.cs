using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Storage.Tests;

public abstract class UploadStoreConformance : ConformanceTest
{
    private static readonly UploadDescription Description = new(
        ["Email", "Größe"], 3, ';', 2, [["a@example.com", null]], "updated_at", [new SuggestedField("Größe", "properties.Größe", PropertyType.Number, "All read.")], [new SkippedColumn("x", "No.")],
        [new Problem(ProblemCodes.CsvDelimiterDetected, ProblemSeverity.Notice, "The file uses “;”.")]);

    private static readonly UploadPlan Plan = new(
        new SyncDefinition
        {
            Name = "Uploaded file",
            ConnectionId = FileImports.SourceId,
            Dataset = new DatasetName("file"),
            Identifier = new IdentifierDefinition("Email", IdentifierKind.Email),
            Cursor = new CursorDefinition("updated_at"),
            Fields = [new FieldMapping("Größe", "properties.Größe", PropertyType.Number)],
            Schedule = new ScheduleDefinition(Manual: true),
        },
        "updated_at",
        StrictKlaviyo: true);

    [Fact]
    public async Task GetAsync_FinishedFile_ComesBackWithItsChunks()
    {
        var id = Guid.NewGuid();
        await Store.Uploads.CreateAsync(id, "people.csv", Sample.Now, Cancellation);
        await Store.Uploads.AppendAsync(id, 0, [1, 0, 255], Cancellation);
        await Store.Uploads.AppendAsync(id, 1, [2], Cancellation);
        Assert.Null(await Store.Uploads.GetAsync(id, Cancellation));

        await Store.Uploads.FinishAsync(id, 4, Description, Cancellation);

        var stored = await Store.Uploads.GetAsync(id, Cancellation);
        Assert.Equal((id, "people.csv", 4L, Sample.Now), (stored!.Id, stored.Name, stored.Bytes, stored.CreatedAt));
        Assert.Equivalent(Description, stored.Description, strict: true);
        Assert.Equal([1, 0, 255], await Store.Uploads.GetChunkAsync(id, 0, Cancellation));
        Assert.Equal([2], await Store.Uploads.GetChunkAsync(id, 1, Cancellation));
        Assert.Null(await Store.Uploads.GetChunkAsync(id, 2, Cancellation));
    }

    [Fact]
    public async Task DeleteAsync_File_TakesChunksAndJobsWithIt()
    {
        var id = await CreateAsync(Sample.Now);
        var job = await AddJobAsync(id);

        Assert.True(await Store.Uploads.DeleteAsync(id, Cancellation));

        Assert.False(await Store.Uploads.DeleteAsync(id, Cancellation));
        Assert.Null(await Store.Uploads.GetChunkAsync(id, 0, Cancellation));
        Assert.Null(await Store.Uploads.GetJobAsync(job.RunId, Cancellation));
    }

    [Fact]
    public async Task ListActiveRunsAsync_Jobs_AreThoseWhoseRunHasNotEnded()
    {
        var id = await CreateAsync(Sample.Now);
        var waiting = await AddJobAsync(id);
        var running = await AddJobAsync(id);
        var run = await BeginAsync(running.RunId);

        Assert.Equal([running.RunId], await Store.Uploads.ListActiveRunsAsync(Cancellation));
        Assert.Equal(UploadPlanJson.Write(Plan), UploadPlanJson.Write((await Store.Uploads.GetJobAsync(running.RunId, Cancellation))!.Plan));
        Assert.Equal(2, (await Store.Uploads.ListJobsAsync(id, Cancellation)).Count);
        Assert.True(await Store.Uploads.RemoveJobAsync(waiting.RunId, Cancellation));
        Assert.False(await Store.Uploads.RemoveJobAsync(waiting.RunId, Cancellation));
        await Store.Runs.CompleteAsync(run.Id, run.Fence, null, Sample.Now, Cancellation);
        Assert.Empty(await Store.Uploads.ListActiveRunsAsync(Cancellation));
    }

    [Fact]
    public async Task TakeOverAsync_RunOfAFile_RefusesTheFormerRunner()
    {
        var id = await CreateAsync(Sample.Now);
        var run = await BeginAsync((await AddJobAsync(id)).RunId);

        var taken = await Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation);

        Assert.Equal(run.Fence + 1, taken!.Fence);
        Assert.False(await Store.Runs.RecordPageAsync(run.Id, run.Fence, Sample.Page(0, 1), Cancellation));
        Assert.True(await Store.Runs.RecordPageAsync(run.Id, taken.Fence, Sample.Page(0, 1), Cancellation));
        Assert.Null(await Store.Runs.TakeOverAsync(run.Id, run.Fence, Cancellation));
    }

    [Fact]
    public async Task ApplyRetentionAsync_OldFiles_GoUnlessARunReadsThem()
    {
        var old = await CreateAsync(Sample.Now.AddDays(-31));
        var busy = await CreateAsync(Sample.Now.AddDays(-31));
        var recent = await CreateAsync(Sample.Now);
        await BeginAsync((await AddJobAsync(busy)).RunId);

        Assert.Equal(1, await Store.Uploads.ApplyRetentionAsync(Sample.Now.AddDays(-30), Cancellation));

        Assert.Null(await Store.Uploads.GetAsync(old, Cancellation));
        Assert.NotNull(await Store.Uploads.GetAsync(busy, Cancellation));
        Assert.NotNull(await Store.Uploads.GetAsync(recent, Cancellation));
    }

    private async Task<Guid> CreateAsync(DateTimeOffset now)
    {
        var id = Guid.NewGuid();
        await Store.Uploads.CreateAsync(id, "people.csv", now, Cancellation);
        await Store.Uploads.AppendAsync(id, 0, [1], Cancellation);
        await Store.Uploads.FinishAsync(id, 1, Description, Cancellation);
        return id;
    }

    private async Task<UploadJob> AddJobAsync(Guid upload)
    {
        var job = new UploadJob(Guid.NewGuid(), upload, Plan, Sample.Now);
        await Store.Uploads.AddJobAsync(job, Cancellation);
        return job;
    }

    private async Task<RunRecord> BeginAsync(Guid runId) =>
        (await Store.Runs.BeginAsync(Sample.Run(FileImports.SourceId) with { Id = runId }, 0, Cancellation))!;
}
