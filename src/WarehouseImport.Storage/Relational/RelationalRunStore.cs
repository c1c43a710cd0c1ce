using System.Data.Common;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Relational;

/// <summary>
/// Runs. A write locks the sync row first and checks fence and active run under that lock, so it is ordered against takeover and completion (R1, R9, G18).
/// </summary>
internal sealed partial class RelationalRunStore(Database database, int errorRowsPerRun) : IRunStore
{
    private const string Columns =
        """
        id, sync_id, seq, fence, run_trigger, is_dry_run, is_full, status, mapping_version, partitions, request_id, due_at, request_key, read_window, read_rows,
        created, updated, unchanged, stale, duplicate, failed, suppressed, fields_changed, fields_stale, no_match, problem_rows, notices, failure,
        cancel_requested, started_at, finished_at, request_digest, statement
        """;

    public Task<RunRecord?> BeginAsync(RunRecord run, long expectedFence, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var isImport = BuiltInSources.Contains(run.SyncId);
            if (isImport) await database.SerializeAsync(session, ApiImportsNumber).ConfigureAwait(false);
            var sync = isImport ? null : await LockSyncAsync(session, run.SyncId, database.ForUpdate).ConfigureAwait(false);

            if (run.RequestKey is not null)
            {
                var repeated = await session.FirstAsync(
                    $"SELECT {Columns} FROM runs WHERE sync_id = @sync AND request_key = @key",
                    Read,
                    ("sync", run.SyncId),
                    ("key", run.RequestKey)).ConfigureAwait(false);
                if (repeated is not null) return repeated;
            }

            if (isImport)
            {
                var last = await session.QueryAsync(
                    "SELECT coalesce(max(seq), 0) FROM runs WHERE sync_id = @sync", reader => reader.GetInt64(0), ("sync", run.SyncId)).ConfigureAwait(false);
                run = run with { Seq = last[0] + 1, Fence = 0 };
            }
            else
            {
                if (sync is null || sync.ActiveRunId is not null || sync.Fence != expectedFence) return null;
                run = run with { Seq = sync.LastRunSeq + 1, Fence = expectedFence + 1 };
                await session.ExecuteAsync(
                    "UPDATE syncs SET fence = @fence, active_run_id = @run, last_run_seq = @seq WHERE id = @sync",
                    ("fence", run.Fence),
                    ("run", run.Id),
                    ("seq", run.Seq),
                    ("sync", run.SyncId)).ConfigureAwait(false);
            }

            await InsertAsync(session, run).ConfigureAwait(false);
            return run;
        },
        cancellationToken);

    public Task<RunRecord?> TakeOverAsync(Guid runId, long expectedFence, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var run = await HeldAsync(session, runId, expectedFence, database.ForUpdate).ConfigureAwait(false);
            if (run is null) return null;

            var raised = expectedFence + 1;
            await session.ExecuteAsync("UPDATE syncs SET fence = @fence WHERE id = @sync", ("fence", raised), ("sync", run.SyncId)).ConfigureAwait(false);
            await session.ExecuteAsync("UPDATE runs SET fence = @fence WHERE id = @run", ("fence", raised), ("run", runId)).ConfigureAwait(false);
            return run with { Fence = raised };
        },
        cancellationToken);

    public Task<bool> SetWindowAsync(Guid runId, long fence, RunWindow window, IReadOnlyList<Problem> notices, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (await HeldAsync(session, runId, fence, database.ForShare).ConfigureAwait(false) is null) return false;
                await session.ExecuteAsync(
                    "UPDATE runs SET read_window = @window, notices = @notices WHERE id = @run",
                    ("window", StoredJson.Write(window)),
                    ("notices", StoredJson.Write(notices)),
                    ("run", runId)).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public Task<bool> SetStatementAsync(Guid runId, long fence, string statement, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await HeldAsync(session, runId, fence, database.ForShare).ConfigureAwait(false) is null) return false;
            await session.ExecuteAsync("UPDATE runs SET statement = @statement WHERE id = @run", ("statement", statement), ("run", runId)).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<RunCompletion> CompleteAsync(Guid runId, long fence, SourceInstant? largestInstant, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var run = await HeldAsync(session, runId, fence, database.ForUpdate).ConfigureAwait(false);
                if (run is null) return RunCompletion.Fenced;
                if (run.CancelRequested) return RunCompletion.CancelRequested;
                if (!await CountsAgreeAsync(session, run).ConfigureAwait(false)) return RunCompletion.CountsDiffer;

                var status = run.ProblemRows > 0 ? RunStatus.SucceededWithRowErrors : RunStatus.Succeeded;
                await session.ExecuteAsync(
                    "UPDATE runs SET status = @status, finished_at = @now WHERE id = @run",
                    ("status", status),
                    ("now", now),
                    ("run", runId)).ConfigureAwait(false);
                await session.ExecuteAsync("DELETE FROM ledger WHERE run_id = @run", ("run", runId)).ConfigureAwait(false);
                if (BuiltInSources.Contains(run.SyncId) || run.IsDryRun) await LeaveUnmovedAsync(session, run).ConfigureAwait(false);
                else await MoveForwardAsync(session, run, largestInstant).ConfigureAwait(false);

                await FaultPoint.ReachAsync(FaultPointId.Completing).ConfigureAwait(false);
                return RunCompletion.Completed;
            },
            cancellationToken);

    public Task<bool> CloseUnfinishedAsync(
        Guid runId,
        long fence,
        RunStatus status,
        RunFailure? failure,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (status is not (RunStatus.Failed or RunStatus.Cancelled))
            throw new ArgumentOutOfRangeException(nameof(status), status, "An unfinished run is closed as Failed or Cancelled.");

        return database.WriteAsync(
            async session =>
            {
                var run = await HeldAsync(session, runId, fence, database.ForUpdate).ConfigureAwait(false);
                if (run is null) return false;

                await session.ExecuteAsync(
                    "UPDATE runs SET status = @status, failure = @failure, finished_at = @now WHERE id = @run",
                    ("status", status),
                    ("failure", StoredJson.WriteOrNull(failure)),
                    ("now", now),
                    ("run", runId)).ConfigureAwait(false);
                await session.ExecuteAsync("DELETE FROM ledger WHERE run_id = @run", ("run", runId)).ConfigureAwait(false);
                await session.ExecuteAsync("DELETE FROM run_pages WHERE run_id = @run", ("run", runId)).ConfigureAwait(false);
                await session.ExecuteAsync(
                    "UPDATE syncs SET active_run_id = NULL, consecutive_failures = consecutive_failures + @failed WHERE id = @sync",
                    ("failed", status == RunStatus.Failed && !run.IsDryRun ? 1 : 0),
                    ("sync", run.SyncId)).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public Task<bool> RequestCancelAsync(Guid runId, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(
            $"UPDATE runs SET cancel_requested = {database.True} WHERE id = @run AND status = 'Running'", ("run", runId)).ConfigureAwait(false) == 1,
        cancellationToken);

    public Task<RunRecord?> GetAsync(Guid runId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => FindAsync(session, runId), cancellationToken);

    public async Task<IReadOnlyList<RunRecord>> ListAsync(Guid syncId, long? beforeSeq, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            session => session.QueryAsync(
                $"SELECT {Columns} FROM runs WHERE sync_id = @sync AND seq < @before ORDER BY seq DESC LIMIT @limit",
                Read,
                ("sync", syncId),
                ("before", beforeSeq ?? long.MaxValue),
                ("limit", limit)),
            cancellationToken).ConfigureAwait(false);

    public async Task<IReadOnlyList<Guid>> ListSyncsWithActiveRunAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync("SELECT id FROM syncs WHERE active_run_id IS NOT NULL ORDER BY id", reader => reader.GetGuid(0)),
        cancellationToken).ConfigureAwait(false);

    public Task<long> ApplyRetentionAsync(DateTimeOffset errorsBefore, DateTimeOffset runsBefore, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            long dropped = await session.ExecuteAsync(
                "DELETE FROM run_errors WHERE run_id IN (SELECT id FROM runs WHERE finished_at < @before)", ("before", errorsBefore)).ConfigureAwait(false);
            await session.ExecuteAsync(
                "DELETE FROM run_error_codes WHERE run_id IN (SELECT id FROM runs WHERE finished_at < @before)", ("before", errorsBefore)).ConfigureAwait(false);

            // The boundary run's row anchors the digests the next run skips by; it stays however old it is.
            dropped += await session.ExecuteAsync(
                "DELETE FROM runs WHERE finished_at < @before AND NOT EXISTS (SELECT 1 FROM syncs WHERE syncs.boundary_run_id = runs.id)",
                ("before", runsBefore)).ConfigureAwait(false);
            return dropped;
        },
        cancellationToken);

    /// <summary>Arbitrary but fixed: names the lock that numbers the imports by API, which have no sync row to lock.</summary>
    private const long ApiImportsNumber = 0x57494D50_41504931;

    private static Task<RunRecord?> FindAsync(Session session, Guid runId) =>
        session.FirstAsync($"SELECT {Columns} FROM runs WHERE id = @run", Read, ("run", runId));

    private static Task<SyncProgress?> LockSyncAsync(Session session, Guid syncId, string mode) => session.FirstAsync(
        $"SELECT fence, active_run_id, last_run_seq, watermark, boundary_run_id FROM syncs WHERE id = @sync{mode}",
        reader => new SyncProgress(reader.GetInt64(0), reader.GuidOrNull(1), reader.GetInt64(2), reader.InstantOrNull(3), reader.GuidOrNull(4)),
        ("sync", syncId));

    /// <summary>
    /// The run, locked together with its sync, if it is active under this fence; else null. Writes of pages share the sync row with each other and with
    /// the batches of profiles, which would otherwise wait in line for it.
    /// </summary>
    private async Task<RunRecord?> HeldAsync(Session session, Guid runId, long fence, string syncMode)
    {
        var unlocked = await FindAsync(session, runId).ConfigureAwait(false);
        if (unlocked is null) return null;
        if (!BuiltInSources.Contains(unlocked.SyncId))
        {
            var sync = await LockSyncAsync(session, unlocked.SyncId, syncMode).ConfigureAwait(false);
            if (sync is null || sync.Fence != fence || sync.ActiveRunId != runId) return null;
        }

        var run = await session.FirstAsync($"SELECT {Columns} FROM runs WHERE id = @run{database.ForUpdate}", Read, ("run", runId)).ConfigureAwait(false);
        return run is { Status: RunStatus.Running } && run.Fence == fence ? run : null;
    }

    private static async Task<bool> CountsAgreeAsync(Session session, RunRecord run)
    {
        if (run.Counts.Total != run.Read) return false;
        var pages = await session.QueryAsync(
            "SELECT CAST(coalesce(sum(row_count), 0) AS bigint), CAST(coalesce(sum(CASE WHEN acknowledged THEN 0 ELSE 1 END), 0) AS bigint) FROM run_pages WHERE run_id = @run",
            reader => (Rows: reader.GetInt64(0), Open: reader.GetInt64(1)),
            ("run", run.Id)).ConfigureAwait(false);
        if (pages[0].Open != 0 || pages[0].Rows != run.Read) return false;

        // A dry run's batches stand in the ledger of its scratch store.
        if (run.IsDryRun) return true;
        var batched = await session.QueryAsync(
            """
            SELECT CAST(coalesce(sum(created), 0) AS bigint), CAST(coalesce(sum(updated), 0) AS bigint), CAST(coalesce(sum(unchanged), 0) AS bigint),
                CAST(coalesce(sum(stale), 0) AS bigint), CAST(coalesce(sum(duplicate), 0) AS bigint), CAST(coalesce(sum(failed), 0) AS bigint),
                CAST(coalesce(sum(suppressed), 0) AS bigint)
            FROM ledger WHERE run_id = @run
            """,
            reader => ReadCounts(reader, 0),
            ("run", run.Id)).ConfigureAwait(false);
        var unbatched = await session.QueryAsync(
            """
            SELECT unbatched_created, unbatched_updated, unbatched_unchanged, unbatched_stale, unbatched_duplicate, unbatched_failed, unbatched_suppressed
            FROM runs WHERE id = @run
            """,
            reader => ReadCounts(reader, 0),
            ("run", run.Id)).ConfigureAwait(false);
        return batched[0] + unbatched[0] == run.Counts;
    }

    private static async Task LeaveUnmovedAsync(Session session, RunRecord run)
    {
        await session.ExecuteAsync("DELETE FROM run_pages WHERE run_id = @run", ("run", run.Id)).ConfigureAwait(false);
        await session.ExecuteAsync(
            "UPDATE syncs SET active_run_id = NULL WHERE id = @sync", ("sync", run.SyncId)).ConfigureAwait(false);
    }

    private async Task MoveForwardAsync(Session session, RunRecord run, SourceInstant? largestInstant)
    {
        var sync = await LockSyncAsync(session, run.SyncId, database.ForUpdate).ConfigureAwait(false)
            ?? throw new StorageException($"Sync {run.SyncId} disappeared while its row was locked.");
        var watermark = sync.Watermark is { } old && (largestInstant is not { } largest || largest < old) ? old : largestInstant;

        // A run that read nothing knows no boundary; the previous one still describes the rows at the watermark.
        var position = await LastPageAsync(session, run.Id).ConfigureAwait(false);
        var boundary = position is null ? sync.BoundaryRunId : run.Id;
        if (position is not null)
        {
            await session.ExecuteAsync(
                "DELETE FROM run_pages WHERE run_id = @previous OR (run_id = @run AND last_cursor <> @cursor)",
                ("previous", sync.BoundaryRunId ?? Guid.Empty),
                ("run", run.Id),
                ("cursor", position.Value.Cursor)).ConfigureAwait(false);
        }

        await session.ExecuteAsync(
            "UPDATE syncs SET active_run_id = NULL, watermark = @watermark, boundary_run_id = @boundary, consecutive_failures = 0 WHERE id = @sync",
            ("watermark", watermark),
            ("boundary", boundary),
            ("sync", run.SyncId)).ConfigureAwait(false);
    }

    private static Task InsertAsync(Session session, RunRecord run) => session.ExecuteAsync(
        $"""
        INSERT INTO runs ({Columns})
        VALUES (@id, @sync, @seq, @fence, @trigger, @dry, @full, @status, @mapping, @partitions, @request, @due, @key, @window, @read,
            @created, @updated, @unchanged, @stale, @duplicate, @failed, @suppressed, @changed, @fieldsStale, @noMatch, @problems, @notices, @failure,
            @cancel, @started, @finished, @digest, @statement)
        """,
        ("id", run.Id),
        ("sync", run.SyncId),
        ("seq", run.Seq),
        ("fence", run.Fence),
        ("trigger", run.Trigger),
        ("dry", run.IsDryRun),
        ("full", run.IsFull),
        ("status", run.Status),
        ("mapping", run.MappingVersion),
        ("partitions", run.Partitions),
        ("request", run.RequestId),
        ("due", run.DueAt),
        ("key", run.RequestKey),
        ("window", StoredJson.WriteOrNull(run.Window)),
        ("read", run.Read),
        ("created", run.Counts.Created),
        ("updated", run.Counts.Updated),
        ("unchanged", run.Counts.Unchanged),
        ("stale", run.Counts.Stale),
        ("duplicate", run.Counts.Duplicate),
        ("failed", run.Counts.Failed),
        ("suppressed", run.Counts.Suppressed),
        ("changed", run.FieldsChanged),
        ("fieldsStale", run.FieldsStale),
        ("noMatch", run.NoMatch),
        ("problems", run.ProblemRows),
        ("notices", StoredJson.Write(run.Notices)),
        ("failure", StoredJson.WriteOrNull(run.Failure)),
        ("cancel", run.CancelRequested),
        ("started", run.StartedAt),
        ("finished", run.FinishedAt),
        ("digest", run.RequestDigest),
        ("statement", run.Statement));

    private static RunRecord Read(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        SyncId = reader.GetGuid(1),
        Seq = reader.GetInt64(2),
        Fence = reader.GetInt64(3),
        Trigger = reader.Name<RunTrigger>(4),
        IsDryRun = reader.GetBoolean(5),
        IsFull = reader.GetBoolean(6),
        Status = reader.Name<RunStatus>(7),
        MappingVersion = reader.GetInt32(8),
        Partitions = reader.GetInt32(9),
        RequestId = reader.GetGuid(10),
        DueAt = reader.TimeOrNull(11),
        RequestKey = reader.TextOrNull(12),
        Window = reader.TextOrNull(13) is { } window ? StoredJson.Read<RunWindow>(window) : null,
        Read = reader.GetInt64(14),
        Counts = ReadCounts(reader, 15),
        FieldsChanged = reader.GetInt64(22),
        FieldsStale = reader.GetInt64(23),
        NoMatch = reader.GetInt64(24),
        ProblemRows = reader.GetInt64(25),
        Notices = StoredJson.Read<List<Problem>>(reader.GetString(26)),
        Failure = reader.TextOrNull(27) is { } failure ? StoredJson.Read<RunFailure>(failure) : null,
        CancelRequested = reader.GetBoolean(28),
        StartedAt = reader.Time(29),
        FinishedAt = reader.TimeOrNull(30),
        RequestDigest = reader.TextOrNull(31),
        Statement = reader.TextOrNull(32),
    };

    private static OutcomeCounts ReadCounts(DbDataReader reader, int column) => new(
        reader.GetInt64(column),
        reader.GetInt64(column + 1),
        reader.GetInt64(column + 2),
        reader.GetInt64(column + 3),
        reader.GetInt64(column + 4),
        reader.GetInt64(column + 5),
        reader.GetInt64(column + 6));

    private sealed record SyncProgress(long Fence, Guid? ActiveRunId, long LastRunSeq, SourceInstant? Watermark, Guid? BoundaryRunId);
}
