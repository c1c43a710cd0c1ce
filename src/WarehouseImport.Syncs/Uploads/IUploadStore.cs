namespace WarehouseImport.Syncs.Uploads;

/// <summary>Uploaded files and the jobs over them. Files lie in the database in chunks, so that every process of a cluster can work on them.</summary>
public interface IUploadStore
{
    /// <summary>Begins a file. It is not shown before <see cref="FinishAsync"/>.</summary>
    Task CreateAsync(Guid id, string name, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Adds the next chunk, numbered from 0.</summary>
    Task AppendAsync(Guid id, int chunk, byte[] content, CancellationToken cancellationToken);

    Task FinishAsync(Guid id, long bytes, UploadDescription description, CancellationToken cancellationToken);

    /// <summary>A finished file, or null.</summary>
    Task<UploadRecord?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>A chunk's bytes; null after the last.</summary>
    Task<byte[]?> GetChunkAsync(Guid id, int chunk, CancellationToken cancellationToken);

    /// <summary>Removes the file with its jobs; their runs stay.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    Task AddJobAsync(UploadJob job, CancellationToken cancellationToken);

    Task<bool> RemoveJobAsync(Guid runId, CancellationToken cancellationToken);

    Task<UploadJob?> GetJobAsync(Guid runId, CancellationToken cancellationToken);

    /// <summary>A file's jobs, oldest first.</summary>
    Task<IReadOnlyList<UploadJob>> ListJobsAsync(Guid uploadId, CancellationToken cancellationToken);

    /// <summary>Runs of files that have not ended, so that interrupted ones resume by themselves.</summary>
    Task<IReadOnlyList<Guid>> ListActiveRunsAsync(CancellationToken cancellationToken);

    /// <summary>Drops files begun before an instant that no unfinished run reads (14.2). Returns how many went.</summary>
    Task<long> ApplyRetentionAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <param name="Name">As the caller called it; shown, never used as a path.</param>
public sealed record UploadRecord(Guid Id, string Name, long Bytes, UploadDescription Description, DateTimeOffset CreatedAt);

/// <summary>One check or import of a file; everything else about it stands in its run.</summary>
public sealed record UploadJob(Guid RunId, Guid UploadId, UploadPlan Plan, DateTimeOffset CreatedAt);
