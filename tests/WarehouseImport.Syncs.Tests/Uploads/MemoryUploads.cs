using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Syncs.Tests.Uploads;

/// <summary>Uploaded files and their jobs, kept by one test.</summary>
sealed class MemoryUploads : IUploadStore
{
    private readonly Dictionary<(Guid Upload, int Chunk), byte[]> _chunks = [];
    private readonly Dictionary<Guid, (string Name, DateTimeOffset At)> _begun = [];
    private readonly List<UploadJob> _jobs = [];

    public Dictionary<Guid, UploadRecord> Files { get; } = [];

    public Task CreateAsync(Guid id, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _begun.Add(id, (name, now));
        return Task.CompletedTask;
    }

    public Task AppendAsync(Guid id, int chunk, byte[] content, CancellationToken cancellationToken)
    {
        _chunks.Add((id, chunk), content);
        return Task.CompletedTask;
    }

    public Task FinishAsync(Guid id, long bytes, UploadDescription description, CancellationToken cancellationToken)
    {
        Files.Add(id, new UploadRecord(id, _begun[id].Name, bytes, description, _begun[id].At));
        return Task.CompletedTask;
    }

    public Task<UploadRecord?> GetAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(Files.GetValueOrDefault(id));

    public Task<byte[]?> GetChunkAsync(Guid id, int chunk, CancellationToken cancellationToken) => Task.FromResult(_chunks.GetValueOrDefault((id, chunk)));

    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        _jobs.RemoveAll(job => job.UploadId == id);
        Files.Remove(id);
        return Task.FromResult(_begun.Remove(id));
    }

    public Task AddJobAsync(UploadJob job, CancellationToken cancellationToken)
    {
        _jobs.Add(job);
        return Task.CompletedTask;
    }

    public Task<bool> RemoveJobAsync(Guid runId, CancellationToken cancellationToken) => Task.FromResult(_jobs.RemoveAll(job => job.RunId == runId) > 0);

    public Task<UploadJob?> GetJobAsync(Guid runId, CancellationToken cancellationToken) => Task.FromResult(_jobs.Find(job => job.RunId == runId));

    public Task<IReadOnlyList<UploadJob>> ListJobsAsync(Guid uploadId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<UploadJob>>([.. _jobs.Where(job => job.UploadId == uploadId)]);

    public Task<IReadOnlyList<Guid>> ListActiveRunsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Guid>>([]);

    public Task<long> ApplyRetentionAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.FromResult(0L);
}
