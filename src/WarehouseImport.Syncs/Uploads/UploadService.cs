using Microsoft.Extensions.Options;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Receives files and starts jobs over them. Who drives a job is another question: a grain in a cluster, the caller itself on the command line.</summary>
public sealed class UploadService(IUploadStore uploads, UploadRuns uploadRuns, TimeProvider time, IOptions<UploadOptions> options)
{
    /// <summary>Stores a file while it is read and described. Memory holds one chunk and one record, whatever the file's size.</summary>
    /// <exception cref="CsvFileException">The file cannot be read or is too large; nothing of it is kept.</exception>
    public async Task<UploadRecord> ReceiveAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var now = time.GetUtcNow();
        await uploads.ApplyRetentionAsync(now - options.Value.Retention, cancellationToken);
        await uploads.CreateAsync(id, name, now, cancellationToken);
        try
        {
            await using var receiving = new ReceivingStream(body, id, uploads, options.Value.MaxBytes);
            var description = await UploadScan.ReadAsync(receiving, cancellationToken);
            await receiving.FinishAsync(cancellationToken);
            await uploads.FinishAsync(id, receiving.Received, description, cancellationToken);
            return new UploadRecord(id, name, receiving.Received, description, now);
        }
        catch
        {
            await uploads.DeleteAsync(id, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Stores a job with its run.</summary>
    /// <param name="requestKey">The caller's <c>Idempotency-Key</c>: a repeated request returns the run it made.</param>
    /// <returns>Null if the key belongs to another file, another plan or the other kind of job.</returns>
    public async Task<RunRecord?> BeginAsync(UploadRecord upload, UploadPlan plan, bool isCheck, string? requestKey, CancellationToken cancellationToken)
    {
        // The job is stored first: a run without one could not be resumed.
        var job = new UploadJob(Guid.NewGuid(), upload.Id, plan, time.GetUtcNow());
        await uploads.AddJobAsync(job, cancellationToken);
        var run = await uploadRuns.BeginAsync(job.RunId, isCheck, requestKey, cancellationToken);
        if (run.Id == job.RunId) return run;

        await uploads.RemoveJobAsync(job.RunId, cancellationToken);
        var earlier = await uploads.GetJobAsync(run.Id, cancellationToken);
        return earlier is not null && earlier.UploadId == upload.Id && run.IsDryRun == isCheck && UploadPlanJson.Write(earlier.Plan) == UploadPlanJson.Write(plan) ? run : null;
    }

    /// <summary>What a job's run reads. Null if the file is gone.</summary>
    public async Task<UploadInput?> GetInputAsync(Guid runId, CancellationToken cancellationToken)
    {
        if (await uploads.GetJobAsync(runId, cancellationToken) is not { } job || await uploads.GetAsync(job.UploadId, cancellationToken) is not { } upload) return null;
        return InputOf(job.Plan, upload.Description, _ => Task.FromResult<Stream>(new StoredStream(upload.Id, uploads)));
    }

    public static UploadInput InputOf(UploadPlan plan, UploadDescription description, Func<CancellationToken, Task<Stream>> openAsync) =>
        new(plan, description.Columns, description.HeaderCells, description.Rows, description.Notices, openAsync);
}
