using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using Npgsql;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Postgres;

/// <summary>
/// A batch travels as arrays that unnest unfolds: one round trip to load, two to commit, whatever its size. Rows are sorted by key, so that two batches
/// that meet lock in one order; where a deadlock happens all the same, it is a conflict like any other.
/// </summary>
internal sealed class PostgresProfileStore(PostgresDatabase database) : IProfileStore
{
    internal const string ProfileColumns = "p.id, p.row_version, p.document, p.versions, p.created_at, p.updated_at, p.first_source, p.last_source";

    private readonly ConcurrentDictionary<(int Year, int Month), bool> _preparedMonths = new();

    public async Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection);

        // One snapshot for all: the profiles are those of the very identifiers returned. BEGIN and COMMIT travel with the queries.
        Add(batch, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        Add(
            batch,
            """
            SELECT @fence IS NULL OR EXISTS (SELECT 1 FROM syncs WHERE id = @sync AND fence = @fence AND active_run_id = @run),
                (SELECT entry FROM ledger WHERE run_id = @run AND page = @page AND part = @part)
            """,
            KeyParameters(key));
        var ids = identifiers.Where(identifier => identifier.Kind == IdentifierKind.Id).Select(identifier => ParseId(identifier.Value)).ToArray();
        var held = identifiers.Where(identifier => identifier.Kind != IdentifierKind.Id).ToList();
        NpgsqlParameter[] wanted =
        [
            Parameter("kinds", held.Select(identifier => identifier.Kind.FieldName()).ToArray()),
            Parameter("values", held.Select(identifier => identifier.Value).ToArray()),
        ];
        Add(
            batch,
            """
            SELECT i.kind, i.value, i.holder, i.contenders, i.row_version, i.former
            FROM unnest(@kinds, @values) AS w (kind, value) JOIN identifiers AS i ON i.kind = w.kind AND i.value = w.value
            """,
            wanted);
        Add(
            batch,
            $"""
            WITH found AS (
                SELECT i.holder, i.contenders FROM unnest(@kinds, @values) AS w (kind, value) JOIN identifiers AS i ON i.kind = w.kind AND i.value = w.value)
            SELECT {ProfileColumns} FROM profiles AS p
            WHERE p.id IN (
                SELECT holder FROM found UNION SELECT unnest(contenders) FROM found UNION SELECT unnest(@ids)
                UNION SELECT kept FROM profile_forwards WHERE removed = ANY(@ids))
            """,
            [
                .. wanted.Select(parameter => parameter.Clone()),
                Parameter("ids", ids),
            ]);
        if (ids.Length > 0) Add(batch, "SELECT removed, kept FROM profile_forwards WHERE removed = ANY(@ids)", Parameter("ids", ids));
        Add(batch, "COMMIT");
        database.CountCommands(batch.BatchCommands.Count);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var isHeld = reader.GetBoolean(0);
        var entry = reader.BytesOrNull(1);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var found = await ReadAllAsync(reader, ReadIdentifier, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var profiles = await ReadAllAsync(reader, ReadProfile, cancellationToken).ConfigureAwait(false);
        var forwards = new Dictionary<Ulid, Ulid>();
        if (ids.Length > 0 && await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) forwards.Add(ReadUlid(reader, 0), ReadUlid(reader, 1));
        }

        return new ProfileSnapshot(isHeld, entry, found, profiles) { Forwards = forwards };
    }

    public async Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken)
    {
        var history = HistoryRows.Pack(commit.Changes);
        foreach (var row in history.DistinctBy(row => (row.AppliedAt.UtcDateTime.Year, row.AppliedAt.UtcDateTime.Month)))
            await PrepareMonthAsync(row.AppliedAt, cancellationToken).ConfigureAwait(false);

        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var expected = new List<(NpgsqlBatchCommand Command, int Rows, CommitStatus Otherwise)>();
        if (commit.Key.Fence is not null) expected.Add((Add(batch, LockFence, KeyParameters(commit.Key)), 1, CommitStatus.Fenced));
        expected.Add((Add(batch, InsertLedger, LedgerParameters(commit)), 1, CommitStatus.AlreadyApplied));
        AddProfiles(batch, expected, commit.Profiles);
        AddIdentifiers(batch, expected, commit.Identifiers);
        if (history.Count > 0) Add(batch, InsertHistory, HistoryParameters(history));
        database.CountCommands(batch.BatchCommands.Count);

        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            foreach (var (command, rows, otherwise) in expected)
            {
                if (command.Rows == (ulong)rows) continue;
                await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
                return otherwise;
            }

            if (RelationalIdentityStore.IsNeeded(commit)
                && !await RelationalIdentityStore.WriteAsync(database, new Session(database, connection, transaction, cancellationToken), commit).ConfigureAwait(false))
            {
                await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
                return CommitStatus.Conflict;
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return CommitStatus.Committed;
        }
        catch (PostgresException exception) when (exception.SqlState
            is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
        {
            return CommitStatus.Conflict;
        }
    }

    internal static StoredProfile ReadProfile(DbDataReader reader) => new(
        ReadUlid(reader, 0),
        reader.GetInt64(1),
        reader.GetString(2),
        reader.Bytes(3),
        reader.Time(4),
        reader.Time(5),
        reader.GetGuid(6),
        reader.GetGuid(7));

    internal static Ulid ReadUlid(DbDataReader reader, int column) => new(reader.GetGuid(column));

    // Shared with the batches of other partitions; held until the end, so that a takeover is ordered before or after the whole batch (R1, R9).
    private const string LockFence = "SELECT 1 FROM syncs WHERE id = @sync AND fence = @fence AND active_run_id = @run FOR SHARE";

    private const string InsertLedger =
        """
        INSERT INTO ledger (run_id, page, part, created, updated, unchanged, stale, duplicate, failed, suppressed, entry)
        VALUES (@run, @page, @part, @created, @updated, @unchanged, @stale, @duplicate, @failed, @suppressed, @entry)
        ON CONFLICT (run_id, page, part) DO NOTHING
        """;

    private const string InsertProfiles =
        """
        INSERT INTO profiles (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
        SELECT r.id, 1, r.created_at, r.updated_at, r.first_source, r.last_source, r.first_name_key, r.last_name_key, CAST(r.document AS jsonb), r.versions
        FROM unnest(@ids, @row_versions, @created, @updated, @first_sources, @last_sources, @first_names, @last_names, @documents, @versions)
            AS r (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateProfiles =
        """
        UPDATE profiles AS p
        SET row_version = p.row_version + 1, updated_at = r.updated_at, last_source = r.last_source, first_name_key = r.first_name_key,
            last_name_key = r.last_name_key, document = CAST(r.document AS jsonb), versions = r.versions
        FROM unnest(@ids, @row_versions, @created, @updated, @first_sources, @last_sources, @first_names, @last_names, @documents, @versions)
            AS r (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
        WHERE p.id = r.id AND p.row_version = r.row_version
        """;

    private const string InsertIdentifiers =
        """
        INSERT INTO identifiers (kind, value, value_key, holder, contenders, former, row_version)
        SELECT r.kind, r.value, r.value_key, r.holder, CAST(string_to_array(r.contenders, ' ') AS uuid[]), r.former, 1
        FROM unnest(@kinds, @values, @keys, @holders, @contenders, @row_versions, @formers)
            AS r (kind, value, value_key, holder, contenders, row_version, former)
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateIdentifiers =
        """
        UPDATE identifiers AS i
        SET holder = r.holder, contenders = CAST(string_to_array(r.contenders, ' ') AS uuid[]), former = r.former, row_version = i.row_version + 1
        FROM unnest(@kinds, @values, @keys, @holders, @contenders, @row_versions, @formers)
            AS r (kind, value, value_key, holder, contenders, row_version, former)
        WHERE i.kind = r.kind AND i.value = r.value AND i.row_version = r.row_version
        """;

    private const string InsertHistory =
        """
        INSERT INTO changes (profile_id, first_id, last_id, applied_at, sync_id, run_id, page, row_index, instant, fields)
        SELECT r.profile_id, r.first_id, r.last_id, r.applied_at, r.sync_id, r.run_id, r.page, r.row_index, r.instant, CAST(r.fields AS json)
        FROM unnest(@profiles, @first_ids, @last_ids, @applied, @syncs, @runs, @pages, @rows, @instants, @fields)
            AS r (profile_id, first_id, last_id, applied_at, sync_id, run_id, page, row_index, instant, fields)
        """;

    /// <summary>The month is normally there since the start or the daily maintenance; a process asks for each once.</summary>
    private async Task PrepareMonthAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        var month = (moment.UtcDateTime.Year, moment.UtcDateTime.Month);
        if (_preparedMonths.ContainsKey(month)) return;
        await database.WriteAsync(
            session => session.ExecuteAsync("SELECT ensure_changes_month(@moment)", ("moment", moment)), cancellationToken).ConfigureAwait(false);
        _preparedMonths[month] = true;
    }

    private static void AddProfiles(NpgsqlBatch batch, List<(NpgsqlBatchCommand, int, CommitStatus)> expected, IReadOnlyList<StoredProfile> profiles)
    {
        foreach (var (sql, rows) in new[]
        {
            (InsertProfiles, profiles.Where(profile => profile.RowVersion == 0).OrderBy(profile => profile.Id).ToList()),
            (UpdateProfiles, profiles.Where(profile => profile.RowVersion > 0).OrderBy(profile => profile.Id).ToList()),
        })
        {
            if (rows.Count == 0) continue;
            var names = rows.ConvertAll(profile => ProfileNames.Keys(profile.Document));
            var command = Add(
                batch,
                sql,
                Parameter("ids", rows.ConvertAll(profile => profile.Id.ToGuid()).ToArray()),
                Parameter("row_versions", rows.ConvertAll(profile => profile.RowVersion).ToArray()),
                Parameter("created", rows.ConvertAll(profile => profile.CreatedAt.ToUniversalTime()).ToArray()),
                Parameter("updated", rows.ConvertAll(profile => profile.UpdatedAt.ToUniversalTime()).ToArray()),
                Parameter("first_sources", rows.ConvertAll(profile => profile.FirstSource).ToArray()),
                Parameter("last_sources", rows.ConvertAll(profile => profile.LastSource).ToArray()),
                Parameter("first_names", names.ConvertAll(name => name.First).ToArray()),
                Parameter("last_names", names.ConvertAll(name => name.Last).ToArray()),
                Parameter("documents", rows.ConvertAll(profile => profile.Document).ToArray()),
                Parameter("versions", rows.ConvertAll(profile => profile.Versions).ToArray()));
            expected.Add((command, rows.Count, CommitStatus.Conflict));
        }
    }

    private static void AddIdentifiers(NpgsqlBatch batch, List<(NpgsqlBatchCommand, int, CommitStatus)> expected, IReadOnlyList<StoredIdentifier> identifiers)
    {
        foreach (var (sql, isNew) in new[] { (InsertIdentifiers, true), (UpdateIdentifiers, false) })
        {
            var rows = identifiers
                .Where(identifier => identifier.RowVersion == 0 == isNew)
                .OrderBy(identifier => identifier.Identifier.Kind)
                .ThenBy(identifier => identifier.Identifier.Value, StringComparer.Ordinal)
                .ToList();
            if (rows.Count == 0) continue;
            var command = Add(
                batch,
                sql,
                Parameter("kinds", rows.ConvertAll(row => row.Identifier.Kind.FieldName()).ToArray()),
                Parameter("values", rows.ConvertAll(row => row.Identifier.Value).ToArray()),
                Parameter("keys", rows.ConvertAll(row => Names.KeyIfDifferent(row.Identifier.Value)).ToArray()),
                Parameter("holders", rows.ConvertAll(row => row.Holder?.ToGuid()).ToArray()),
                Parameter("contenders", rows.ConvertAll(row => row.Contenders.Count == 0 ? null : string.Join(' ', row.Contenders.Select(id => id.ToGuid()))).ToArray()),
                Parameter("row_versions", rows.ConvertAll(row => row.RowVersion).ToArray()),
                Parameter("formers", rows.ConvertAll(row => row.Former?.ToGuid()).ToArray()));
            expected.Add((command, rows.Count, CommitStatus.Conflict));
        }
    }

    private static NpgsqlParameter[] KeyParameters(BatchKey key) =>
    [
        new NpgsqlParameter("sync", key.SyncId),
        new NpgsqlParameter("run", key.RunId),
        new NpgsqlParameter("fence", NpgsqlTypes.NpgsqlDbType.Bigint) { Value = (object?)key.Fence ?? DBNull.Value },
        new NpgsqlParameter("page", key.Page),
        new NpgsqlParameter("part", key.Partition),
    ];

    private static NpgsqlParameter[] LedgerParameters(ProfileCommit commit) =>
    [
        new NpgsqlParameter("run", commit.Key.RunId),
        new NpgsqlParameter("page", commit.Key.Page),
        new NpgsqlParameter("part", commit.Key.Partition),
        new NpgsqlParameter("created", commit.Counts.Created),
        new NpgsqlParameter("updated", commit.Counts.Updated),
        new NpgsqlParameter("unchanged", commit.Counts.Unchanged),
        new NpgsqlParameter("stale", commit.Counts.Stale),
        new NpgsqlParameter("duplicate", commit.Counts.Duplicate),
        new NpgsqlParameter("failed", commit.Counts.Failed),
        new NpgsqlParameter("suppressed", commit.Counts.Suppressed),
        new NpgsqlParameter("entry", commit.LedgerEntry),
    ];

    private static NpgsqlParameter[] HistoryParameters(List<HistoryRow> rows) =>
    [
        Parameter("profiles", rows.ConvertAll(row => row.ProfileId.ToGuid()).ToArray()),
        Parameter("first_ids", rows.ConvertAll(row => row.FirstId.ToGuid()).ToArray()),
        Parameter("last_ids", rows.ConvertAll(row => row.LastId.ToGuid()).ToArray()),
        Parameter("applied", rows.ConvertAll(row => row.AppliedAt.ToUniversalTime()).ToArray()),
        Parameter("syncs", rows.ConvertAll(row => row.SyncId).ToArray()),
        Parameter("runs", rows.ConvertAll(row => row.RunId).ToArray()),
        Parameter("pages", rows.ConvertAll(row => row.Page).ToArray()),
        Parameter("rows", rows.ConvertAll(row => row.Row).ToArray()),
        Parameter("instants", rows.ConvertAll(row => row.Instant.ToStorageString()).ToArray()),
        Parameter("fields", rows.ConvertAll(row => row.Fields).ToArray()),
    ];

    private static NpgsqlParameter<T[]> Parameter<T>(string name, T[] values) => new(name, values);

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
        return command;
    }

    private static Guid ParseId(string value) => Ulid.TryParse(value, CultureInfo.InvariantCulture, out var id) ? id.ToGuid() : Guid.Empty;

    private static async Task<List<T>> ReadAllAsync<T>(NpgsqlDataReader reader, Func<DbDataReader, T> map, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(map(reader));
        return rows;
    }

    private static StoredIdentifier ReadIdentifier(DbDataReader reader)
    {
        IdentifierKinds.TryParse(reader.GetString(0), out var kind);
        Ulid[] contenders = reader.IsDBNull(3) ? [] : [.. reader.GetFieldValue<Guid[]>(3).Select(id => new Ulid(id))];
        return new StoredIdentifier(
            new Identifier(kind, reader.GetString(1)),
            reader.IsDBNull(2) ? null : ReadUlid(reader, 2),
            contenders,
            reader.GetInt64(4))
        {
            Former = reader.IsDBNull(5) ? null : ReadUlid(reader, 5),
        };
    }
}
