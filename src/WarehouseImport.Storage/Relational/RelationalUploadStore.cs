using System.Data.Common;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Storage.Relational;

/// <summary>Uploaded files, their chunks and their jobs.</summary>
internal sealed class RelationalUploadStore(Database database) : IUploadStore
{
    public Task CreateAsync(Guid id, string name, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("INSERT INTO uploads (id, name, created_at) VALUES (@id, @name, @now)", ("id", id), ("name", name), ("now", now)),
        cancellationToken);

    public Task AppendAsync(Guid id, int chunk, byte[] content, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "INSERT INTO upload_chunks (upload_id, chunk, content) VALUES (@id, @chunk, @content)", ("id", id), ("chunk", chunk), ("content", content)),
        cancellationToken);

    public Task FinishAsync(Guid id, long bytes, UploadDescription description, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "UPDATE uploads SET bytes = @bytes, description = @description WHERE id = @id", ("bytes", bytes), ("description", StoredJson.Write(description)), ("id", id)),
        cancellationToken);

    public Task<UploadRecord?> GetAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync(
            "SELECT id, name, bytes, description, created_at FROM uploads WHERE id = @id AND description IS NOT NULL",
            reader => new UploadRecord(
                reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), StoredJson.Read<UploadDescription>(reader.GetString(3)), reader.Time(4)),
            ("id", id)),
        cancellationToken);

    public Task<byte[]?> GetChunkAsync(Guid id, int chunk, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync(
            "SELECT content FROM upload_chunks WHERE upload_id = @id AND chunk = @chunk", (DbDataReader reader) => reader.Bytes(0), ("id", id), ("chunk", chunk)),
        cancellationToken);

    public Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync("DELETE FROM uploads WHERE id = @id", ("id", id)).ConfigureAwait(false) == 1, cancellationToken);

    public Task AddJobAsync(UploadJob job, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "INSERT INTO upload_jobs (run_id, upload_id, plan, created_at) VALUES (@run, @upload, @plan, @now)",
            ("run", job.RunId),
            ("upload", job.UploadId),
            ("plan", UploadPlanJson.Write(job.Plan)),
            ("now", job.CreatedAt)),
        cancellationToken);

    public Task<bool> RemoveJobAsync(Guid runId, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync("DELETE FROM upload_jobs WHERE run_id = @run", ("run", runId)).ConfigureAwait(false) == 1, cancellationToken);

    public Task<UploadJob?> GetJobAsync(Guid runId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync("SELECT run_id, upload_id, plan, created_at FROM upload_jobs WHERE run_id = @run", Job, ("run", runId)), cancellationToken);

    public async Task<IReadOnlyList<UploadJob>> ListJobsAsync(Guid uploadId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            "SELECT run_id, upload_id, plan, created_at FROM upload_jobs WHERE upload_id = @upload ORDER BY created_at, run_id", Job, ("upload", uploadId)),
        cancellationToken).ConfigureAwait(false);

    public async Task<IReadOnlyList<Guid>> ListActiveRunsAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            "SELECT j.run_id FROM upload_jobs j JOIN runs r ON r.id = j.run_id WHERE r.status = 'Running' ORDER BY j.created_at, j.run_id", reader => reader.GetGuid(0)),
        cancellationToken).ConfigureAwait(false);

    public Task<long> ApplyRetentionAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        async session => (long)await session.ExecuteAsync(
            """
            DELETE FROM uploads WHERE created_at < @before
                AND NOT EXISTS (SELECT 1 FROM upload_jobs j JOIN runs r ON r.id = j.run_id WHERE j.upload_id = uploads.id AND r.status = 'Running')
            """,
            ("before", before)).ConfigureAwait(false),
        cancellationToken);

    private static UploadJob Job(DbDataReader reader) =>
        new(reader.GetGuid(0), reader.GetGuid(1), UploadPlanJson.Read(reader.GetString(2)), reader.Time(3));
}
