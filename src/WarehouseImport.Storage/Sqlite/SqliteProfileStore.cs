using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Sqlite;

/// <summary>
/// A batch of any size is at most ten statements, and nine more where profiles meet or merge. Each is compiled once and run once per row: there is no round trip
/// to save in an embedded database, and one JSON text of all rows, unfolded by json_each, was copied three times and left megabytes of large objects.
/// </summary>
/// <param name="checksFence">False for scratch stores, whose database has no syncs.</param>
internal sealed class SqliteProfileStore(SqliteDatabase database, bool checksFence = true) : IProfileStore
{
    internal const string ProfileColumns = "p.id, p.row_version, p.document, p.versions, p.created_at, p.updated_at, p.first_source, p.last_source";

    public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(
            async session =>
            {
                var isHeld = await IsFenceHeldAsync(session, key).ConfigureAwait(false);
                var entry = await session.FirstAsync(
                    "SELECT entry FROM ledger WHERE run_id = @run AND page = @page AND part = @part",
                    reader => reader.Bytes(0),
                    ("run", key.RunId),
                    ("page", key.Page),
                    ("part", key.Partition)).ConfigureAwait(false);
                if (identifiers.Count == 0) return new ProfileSnapshot(isHeld, entry, [], []);

                var found = FindIdentifiers(session, identifiers, cancellationToken);
                var ids = new HashSet<Ulid>();
                var forwards = FindForwards(session, identifiers, ids);
                foreach (var forward in forwards) ids.Add(forward.Value);
                foreach (var identifier in found)
                {
                    if (identifier.Holder is { } holder) ids.Add(holder);
                    ids.UnionWith(identifier.Contenders);
                }

                return new ProfileSnapshot(isHeld, entry, found, FindProfiles(session, ids, cancellationToken)) { Forwards = forwards };
            },
            cancellationToken);

    public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken)
    {
        // Encoded before the writer's turn is taken: the single writer is what everybody waits for.
        var history = HistoryRows.Pack(commit.Changes);
        return database.WriteAsync(
            async session =>
            {
                if (!await IsFenceHeldAsync(session, commit.Key).ConfigureAwait(false)) return session.Refuse(CommitStatus.Fenced);
                if (await InsertLedgerAsync(session, commit).ConfigureAwait(false) == 0) return session.Refuse(CommitStatus.AlreadyApplied);
                if (!InsertAll(session, commit.Profiles) || !UpdateAll(session, commit.Profiles) || !InsertAll(session, commit.Identifiers) || !UpdateAll(session, commit.Identifiers))
                    return session.Refuse(CommitStatus.Conflict);
                InsertAll(session, history);
                return !RelationalIdentityStore.IsNeeded(commit) || await RelationalIdentityStore.WriteAsync(database, session, commit).ConfigureAwait(false)
                    ? CommitStatus.Committed
                    : session.Refuse(CommitStatus.Conflict);
            },
            cancellationToken);
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

    internal static Ulid ReadUlid(DbDataReader reader, int column) => Ulid.Parse(reader.GetString(column), CultureInfo.InvariantCulture);

    private const string InsertProfile =
        """
        INSERT INTO profiles (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
        VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateProfile =
        """
        UPDATE profiles
        SET row_version = row_version + 1, updated_at = ?, last_source = ?, first_name_key = ?, last_name_key = ?, document = ?, versions = ?
        WHERE id = ? AND row_version = ?
        """;

    private const string InsertIdentifier =
        """
        INSERT INTO identifiers (kind, value, value_key, holder, contenders, former, row_version)
        VALUES (?, ?, ?, ?, ?, ?, 1)
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateIdentifier =
        """
        UPDATE identifiers SET holder = ?, contenders = ?, former = ?, row_version = row_version + 1
        WHERE kind = ? AND value = ? AND row_version = ?
        """;

    private const string InsertHistory =
        """
        INSERT INTO changes (profile_id, first_id, last_id, applied_at, sync_id, run_id, page, row_index, instant, fields)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private List<StoredIdentifier> FindIdentifiers(Session session, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken)
    {
        var found = new List<StoredIdentifier>();
        using var statement = Prepare(session, "SELECT holder, contenders, row_version, former FROM identifiers WHERE kind = ? AND value = ?");
        foreach (var identifier in identifiers)
        {
            if (identifier.Kind == IdentifierKind.Id) continue;
            cancellationToken.ThrowIfCancellationRequested();
            statement.Bind(1, identifier.Kind.FieldName());
            statement.Bind(2, identifier.Value);
            while (statement.Step())
            {
                Ulid[] contenders = statement.TextOrNull(1) is { } text ? [.. text.Split(' ').Select(id => Ulid.Parse(id, CultureInfo.InvariantCulture))] : [];
                found.Add(new StoredIdentifier(identifier, statement.IsNull(0) ? null : statement.Ulid(0), contenders, statement.Number(2))
                {
                    Former = statement.IsNull(3) ? null : statement.Ulid(3),
                });
            }
        }

        return found;
    }

    /// <param name="ids">Takes the ids that were asked for.</param>
    private Dictionary<Ulid, Ulid> FindForwards(Session session, IReadOnlyCollection<Identifier> identifiers, HashSet<Ulid> ids)
    {
        foreach (var identifier in identifiers)
        {
            if (identifier.Kind == IdentifierKind.Id && Ulid.TryParse(identifier.Value, out var id)) ids.Add(id);
        }

        var forwards = new Dictionary<Ulid, Ulid>();
        if (ids.Count == 0) return forwards;
        using var statement = Prepare(session, "SELECT kept FROM profile_forwards WHERE removed = ?");
        foreach (var id in ids)
        {
            statement.Bind(1, id);
            while (statement.Step()) forwards[id] = statement.Ulid(0);
        }

        return forwards;
    }

    private List<StoredProfile> FindProfiles(Session session, HashSet<Ulid> ids, CancellationToken cancellationToken)
    {
        var profiles = new List<StoredProfile>(ids.Count);
        if (ids.Count == 0) return profiles;
        using var statement = Prepare(session, $"SELECT {ProfileColumns} FROM profiles AS p WHERE p.id = ?");
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            statement.Bind(1, id);
            while (statement.Step())
            {
                profiles.Add(new StoredProfile(
                    id, statement.Number(1), statement.Text(2), statement.Bytes(3), statement.Time(4), statement.Time(5), statement.Guid(6), statement.Guid(7)));
            }
        }

        return profiles;
    }

    /// <returns>False if one of them is there already.</returns>
    private bool InsertAll(Session session, IReadOnlyList<StoredProfile> profiles)
    {
        SqliteStatement? statement = null;
        try
        {
            foreach (var profile in profiles)
            {
                if (profile.RowVersion > 0) continue;
                statement ??= Prepare(session, InsertProfile);
                var (first, last) = ProfileNames.Keys(profile.Document);
                statement.Bind(1, profile.Id);
                statement.Bind(2, SqliteDatabase.ToText(profile.CreatedAt));
                statement.Bind(3, SqliteDatabase.ToText(profile.UpdatedAt));
                statement.Bind(4, profile.FirstSource);
                statement.Bind(5, profile.LastSource);
                statement.Bind(6, first);
                statement.Bind(7, last);
                statement.Bind(8, profile.Document);
                statement.Bind(9, profile.Versions);
                if (statement.Execute() != 1) return false;
            }

            return true;
        }
        finally
        {
            statement?.Dispose();
        }
    }

    /// <returns>False if one of them has another row version.</returns>
    private bool UpdateAll(Session session, IReadOnlyList<StoredProfile> profiles)
    {
        SqliteStatement? statement = null;
        try
        {
            foreach (var profile in profiles)
            {
                if (profile.RowVersion == 0) continue;
                statement ??= Prepare(session, UpdateProfile);
                var (first, last) = ProfileNames.Keys(profile.Document);
                statement.Bind(1, SqliteDatabase.ToText(profile.UpdatedAt));
                statement.Bind(2, profile.LastSource);
                statement.Bind(3, first);
                statement.Bind(4, last);
                statement.Bind(5, profile.Document);
                statement.Bind(6, profile.Versions);
                statement.Bind(7, profile.Id);
                statement.Bind(8, profile.RowVersion);
                if (statement.Execute() != 1) return false;
            }

            return true;
        }
        finally
        {
            statement?.Dispose();
        }
    }

    private bool InsertAll(Session session, IReadOnlyList<StoredIdentifier> identifiers)
    {
        SqliteStatement? statement = null;
        try
        {
            foreach (var identifier in identifiers)
            {
                if (identifier.RowVersion > 0) continue;
                statement ??= Prepare(session, InsertIdentifier);
                statement.Bind(1, identifier.Identifier.Kind.FieldName());
                statement.Bind(2, identifier.Identifier.Value);
                statement.Bind(3, Names.KeyIfDifferent(identifier.Identifier.Value));
                statement.Bind(4, identifier.Holder);
                statement.Bind(5, Contenders(identifier));
                statement.Bind(6, identifier.Former);
                if (statement.Execute() != 1) return false;
            }

            return true;
        }
        finally
        {
            statement?.Dispose();
        }
    }

    private bool UpdateAll(Session session, IReadOnlyList<StoredIdentifier> identifiers)
    {
        SqliteStatement? statement = null;
        try
        {
            foreach (var identifier in identifiers)
            {
                if (identifier.RowVersion == 0) continue;
                statement ??= Prepare(session, UpdateIdentifier);
                statement.Bind(1, identifier.Holder);
                statement.Bind(2, Contenders(identifier));
                statement.Bind(3, identifier.Former);
                statement.Bind(4, identifier.Identifier.Kind.FieldName());
                statement.Bind(5, identifier.Identifier.Value);
                statement.Bind(6, identifier.RowVersion);
                if (statement.Execute() != 1) return false;
            }

            return true;
        }
        finally
        {
            statement?.Dispose();
        }
    }

    private void InsertAll(Session session, List<HistoryRow> rows)
    {
        if (rows.Count == 0) return;
        using var statement = Prepare(session, InsertHistory);
        foreach (var row in rows)
        {
            statement.Bind(1, row.ProfileId);
            statement.Bind(2, row.FirstId);
            statement.Bind(3, row.LastId);
            statement.Bind(4, SqliteDatabase.ToText(row.AppliedAt));
            statement.Bind(5, row.SyncId);
            statement.Bind(6, row.RunId);
            statement.Bind(7, row.Page);
            statement.Bind(8, row.Row);
            statement.Bind(9, row.Instant.ToStorageString());
            statement.Bind(10, row.Fields);
            statement.Execute();
        }
    }

    private SqliteStatement Prepare(Session session, string sql)
    {
        database.CountCommands(1);
        return new SqliteStatement((SqliteConnection)session.Connection, sql);
    }

    private static string? Contenders(StoredIdentifier stored) => stored.Contenders.Count == 0 ? null : string.Join(' ', stored.Contenders);

    private static Task<int> InsertLedgerAsync(Session session, ProfileCommit commit) => session.ExecuteAsync(
        """
        INSERT INTO ledger (run_id, page, part, created, updated, unchanged, stale, duplicate, failed, suppressed, entry)
        VALUES (@run, @page, @part, @created, @updated, @unchanged, @stale, @duplicate, @failed, @suppressed, @entry)
        ON CONFLICT (run_id, page, part) DO NOTHING
        """,
        ("run", commit.Key.RunId),
        ("page", commit.Key.Page),
        ("part", commit.Key.Partition),
        ("created", commit.Counts.Created),
        ("updated", commit.Counts.Updated),
        ("unchanged", commit.Counts.Unchanged),
        ("stale", commit.Counts.Stale),
        ("duplicate", commit.Counts.Duplicate),
        ("failed", commit.Counts.Failed),
        ("suppressed", commit.Counts.Suppressed),
        ("entry", commit.LedgerEntry));

    private async Task<bool> IsFenceHeldAsync(Session session, BatchKey key)
    {
        if (!checksFence || key.Fence is null) return true;
        var held = await session.QueryAsync(
            "SELECT 1 FROM syncs WHERE id = @sync AND fence = @fence AND active_run_id = @run",
            _ => true,
            ("sync", key.SyncId),
            ("fence", key.Fence),
            ("run", key.RunId)).ConfigureAwait(false);
        return held.Count == 1;
    }
}
