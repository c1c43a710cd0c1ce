using System.Data.Common;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Relational;

internal sealed class RelationalSyncStore(Database database) : ISyncStore
{
    private const string Columns =
        "id, definition, mapping_version, status, version, fence, active_run_id, last_run_seq, watermark, boundary_run_id, consecutive_failures, created_at, updated_at";

    public Task<SyncRecord?> GetAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM syncs WHERE id = @id", Read, ("id", id)), cancellationToken);

    public async Task<IReadOnlyList<SyncRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"SELECT {Columns} FROM syncs WHERE id > @after ORDER BY id LIMIT @limit",
            Read,
            ("after", after ?? Guid.Empty),
            ("limit", limit)),
        cancellationToken).ConfigureAwait(false);

    public Task<SyncDefinition?> GetDefinitionAsync(Guid id, int mappingVersion, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync(
            "SELECT definition FROM sync_mappings WHERE sync_id = @id AND mapping_version = @mapping",
            reader => SyncJson.FromStorage(reader.GetString(0)),
            ("id", id),
            ("mapping", mappingVersion)),
        cancellationToken);

    public async Task<SyncWriteStatus> CreateAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    await session.ExecuteAsync(
                        """
                        INSERT INTO syncs (id, name, name_key, connection_id, definition, mapping_version, status, version, fence, active_run_id, last_run_seq,
                            watermark, boundary_run_id, consecutive_failures, created_at, updated_at)
                        VALUES (@id, @name, @key, @connection, @definition, @mapping, @status, @version, @fence, @active, @seq,
                            @watermark, @boundary, @failures, @created, @updated)
                        """,
                        ("id", sync.Id),
                        ("name", sync.Definition.Name),
                        ("key", Names.Key(sync.Definition.Name)),
                        ("connection", sync.Definition.ConnectionId),
                        ("definition", SyncJson.ToStorage(sync.Definition)),
                        ("mapping", sync.MappingVersion),
                        ("status", sync.Status),
                        ("version", sync.Version),
                        ("fence", sync.Fence),
                        ("active", sync.ActiveRunId),
                        ("seq", sync.LastRunSeq),
                        ("watermark", sync.Watermark),
                        ("boundary", sync.BoundaryRunId),
                        ("failures", sync.ConsecutiveFailures),
                        ("created", sync.CreatedAt),
                        ("updated", sync.UpdatedAt)).ConfigureAwait(false);
                    await StoreMappingAsync(session, sync).ConfigureAwait(false);
                    return SyncWriteStatus.Written;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception) when (database.IsUniqueViolation(exception))
        {
            return SyncWriteStatus.NameTaken;
        }
        catch (DbException exception) when (database.IsReferenceViolation(exception))
        {
            return SyncWriteStatus.ConnectionUnknown;
        }
    }

    public async Task<SyncWriteStatus> UpdateAsync(SyncRecord sync, long expectedVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async session =>
                {
                    var updated = await session.ExecuteAsync(
                        """
                        UPDATE syncs
                        SET name = @name, name_key = @key, connection_id = @connection, definition = @definition, mapping_version = @mapping,
                            consecutive_failures = CASE WHEN @status = 'Active' AND status <> 'Active' THEN 0 ELSE consecutive_failures END,
                            status = @status, version = @version, updated_at = @updated
                        WHERE id = @id AND version = @expected
                        """,
                        ("id", sync.Id),
                        ("name", sync.Definition.Name),
                        ("key", Names.Key(sync.Definition.Name)),
                        ("connection", sync.Definition.ConnectionId),
                        ("definition", SyncJson.ToStorage(sync.Definition)),
                        ("mapping", sync.MappingVersion),
                        ("status", sync.Status),
                        ("version", expectedVersion + 1),
                        ("updated", sync.UpdatedAt),
                        ("expected", expectedVersion)).ConfigureAwait(false);
                    if (updated == 0) return await MissAsync(session, sync.Id).ConfigureAwait(false);
                    await StoreMappingAsync(session, sync).ConfigureAwait(false);
                    return SyncWriteStatus.Written;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException exception) when (database.IsUniqueViolation(exception))
        {
            return SyncWriteStatus.NameTaken;
        }
        catch (DbException exception) when (database.IsReferenceViolation(exception))
        {
            return SyncWriteStatus.ConnectionUnknown;
        }
    }

    public Task<SyncWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var sync = await session.FirstAsync($"SELECT {Columns} FROM syncs WHERE id = @id{database.ForUpdate}", Read, ("id", id)).ConfigureAwait(false);
            if (sync is null) return SyncWriteStatus.NotFound;
            if (sync.Version != expectedVersion) return SyncWriteStatus.VersionMismatch;
            if (sync.ActiveRunId is not null) return SyncWriteStatus.RunActive;

            await session.ExecuteAsync("DELETE FROM ledger WHERE run_id IN (SELECT id FROM runs WHERE sync_id = @id)", ("id", id)).ConfigureAwait(false);
            await session.ExecuteAsync("DELETE FROM runs WHERE sync_id = @id", ("id", id)).ConfigureAwait(false);
            await session.ExecuteAsync("DELETE FROM syncs WHERE id = @id", ("id", id)).ConfigureAwait(false);
            return SyncWriteStatus.Written;
        },
        cancellationToken);

    public Task<SyncWriteStatus> ResetWatermarkAsync(Guid id, SourceInstant? watermark, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var sync = await session.FirstAsync($"SELECT {Columns} FROM syncs WHERE id = @id{database.ForUpdate}", Read, ("id", id)).ConfigureAwait(false);
                if (sync is null) return SyncWriteStatus.NotFound;
                if (sync.ActiveRunId is not null) return SyncWriteStatus.RunActive;

                await session.ExecuteAsync(
                    "UPDATE syncs SET watermark = @watermark, boundary_run_id = NULL, updated_at = @now WHERE id = @id",
                    ("id", id),
                    ("watermark", watermark),
                    ("now", now)).ConfigureAwait(false);
                await session.ExecuteAsync("DELETE FROM run_pages WHERE run_id = @boundary", ("boundary", sync.BoundaryRunId ?? Guid.Empty)).ConfigureAwait(false);
                return SyncWriteStatus.Written;
            },
            cancellationToken);

    private static async Task StoreMappingAsync(Session session, SyncRecord sync) => await session.ExecuteAsync(
        """
        INSERT INTO sync_mappings (sync_id, mapping_version, definition) VALUES (@id, @mapping, @definition)
        ON CONFLICT (sync_id, mapping_version) DO UPDATE SET definition = excluded.definition
        """,
        ("id", sync.Id),
        ("mapping", sync.MappingVersion),
        ("definition", SyncJson.ToStorage(sync.Definition))).ConfigureAwait(false);

    private static async Task<SyncWriteStatus> MissAsync(Session session, Guid id)
    {
        var found = await session.QueryAsync("SELECT 1 FROM syncs WHERE id = @id", _ => true, ("id", id)).ConfigureAwait(false);
        return found.Count == 0 ? SyncWriteStatus.NotFound : SyncWriteStatus.VersionMismatch;
    }

    private static SyncRecord Read(DbDataReader reader) => new(
        reader.GetGuid(0),
        SyncJson.FromStorage(reader.GetString(1)),
        reader.GetInt32(2),
        reader.Name<SyncStatus>(3),
        reader.GetInt64(4),
        reader.GetInt64(5),
        reader.GuidOrNull(6),
        reader.GetInt64(7),
        reader.InstantOrNull(8),
        reader.GuidOrNull(9),
        reader.GetInt32(10),
        reader.Time(11),
        reader.Time(12));
}
