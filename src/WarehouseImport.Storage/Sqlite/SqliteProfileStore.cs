using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Sqlite;

/// <summary>Batches travel as JSON arrays that json_each unfolds, so a batch of any size is at most ten commands, and nine more where profiles meet or merge.</summary>
/// <param name="checksFence">False for scratch stores, whose database has no syncs.</param>
internal sealed class SqliteProfileStore(SqliteDatabase database, bool checksFence = true) : IProfileStore
{
    internal const string ProfileColumns = "p.id, p.row_version, p.document, p.versions, p.created_at, p.updated_at, p.first_source, p.last_source";

    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

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

                var wanted = Array(identifiers, WriteIdentifier);
                var found = await session.QueryAsync(
                    """
                    SELECT i.kind, i.value, i.holder, i.contenders, i.row_version, i.former
                    FROM json_each(@wanted) AS w CROSS JOIN identifiers AS i ON i.kind = w.value ->> 0 AND i.value = w.value ->> 1
                    """,
                    ReadIdentifier,
                    ("wanted", wanted)).ConfigureAwait(false);
                var named = identifiers.Where(identifier => identifier.Kind == IdentifierKind.Id).Select(identifier => identifier.Value).ToList();
                var forwards = named.Count == 0 ? [] : await session.QueryAsync(
                    "SELECT f.removed, f.kept FROM json_each(@named) AS w CROSS JOIN profile_forwards AS f ON f.removed = w.value",
                    reader => KeyValuePair.Create(ReadUlid(reader, 0), ReadUlid(reader, 1)),
                    ("named", Array(named, (writer, id) => writer.WriteStringValue(id)))).ConfigureAwait(false);
                var ids = named
                    .Concat(forwards.Select(forward => forward.Value.ToString()))
                    .Concat(found.Where(identifier => identifier.Holder is not null).Select(identifier => identifier.Holder!.Value.ToString()))
                    .Concat(found.SelectMany(identifier => identifier.Contenders).Select(contender => contender.ToString()))
                    .Distinct(StringComparer.Ordinal);
                var profiles = await session.QueryAsync(
                    $"SELECT {ProfileColumns} FROM json_each(@ids) AS w CROSS JOIN profiles AS p ON p.id = w.value",
                    ReadProfile,
                    ("ids", Array(ids, (writer, id) => writer.WriteStringValue(id)))).ConfigureAwait(false);
                return new ProfileSnapshot(isHeld, entry, found, profiles) { Forwards = new Dictionary<Ulid, Ulid>(forwards) };
            },
            cancellationToken);

    public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken)
    {
        // Encoded before the writer's turn is taken: the single writer is what everybody waits for.
        var newProfiles = Array(commit.Profiles.Where(profile => profile.RowVersion == 0), WriteProfile, out var newProfileCount);
        var oldProfiles = Array(commit.Profiles.Where(profile => profile.RowVersion > 0), WriteProfile, out var oldProfileCount);
        var newIdentifiers = Array(commit.Identifiers.Where(identifier => identifier.RowVersion == 0), WriteStoredIdentifier, out var newIdentifierCount);
        var oldIdentifiers = Array(commit.Identifiers.Where(identifier => identifier.RowVersion > 0), WriteStoredIdentifier, out var oldIdentifierCount);
        var history = Array(HistoryRows.Pack(commit.Changes), WriteHistory, out var historyCount);

        return database.WriteAsync(
            async session =>
            {
                if (!await IsFenceHeldAsync(session, commit.Key).ConfigureAwait(false)) return session.Refuse(CommitStatus.Fenced);
                if (await InsertLedgerAsync(session, commit).ConfigureAwait(false) == 0) return session.Refuse(CommitStatus.AlreadyApplied);
                if (!await WriteAllAsync(session, InsertProfiles, newProfiles, newProfileCount).ConfigureAwait(false)
                    || !await WriteAllAsync(session, UpdateProfiles, oldProfiles, oldProfileCount).ConfigureAwait(false)
                    || !await WriteAllAsync(session, InsertIdentifiers, newIdentifiers, newIdentifierCount).ConfigureAwait(false)
                    || !await WriteAllAsync(session, UpdateIdentifiers, oldIdentifiers, oldIdentifierCount).ConfigureAwait(false))
                    return session.Refuse(CommitStatus.Conflict);
                await WriteAllAsync(session, InsertHistory, history, historyCount).ConfigureAwait(false);
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

    // Materialised, because json_each writes an element out as text each time its column is named: ten times for a profile's row.
    private const string Rows = "WITH rows AS MATERIALIZED (SELECT value AS row FROM json_each(@rows))";

    private const string InsertProfiles =
        $"""
        {Rows}
        INSERT INTO profiles (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
        SELECT row ->> 0, 1, row ->> 2, row ->> 3, row ->> 4, row ->> 5, row ->> 6, row ->> 7, row ->> 8, unhex(row ->> 9)
        FROM rows WHERE true
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateProfiles =
        $"""
        {Rows}
        UPDATE profiles
        SET row_version = profiles.row_version + 1, updated_at = row ->> 3, last_source = row ->> 5,
            first_name_key = row ->> 6, last_name_key = row ->> 7, document = row ->> 8, versions = unhex(row ->> 9)
        FROM rows
        WHERE profiles.id = row ->> 0 AND profiles.row_version = row ->> 1
        """;

    private const string InsertIdentifiers =
        $"""
        {Rows}
        INSERT INTO identifiers (kind, value, value_key, holder, contenders, former, row_version)
        SELECT row ->> 0, row ->> 1, row ->> 2, row ->> 3, row ->> 4, row ->> 6, 1
        FROM rows WHERE true
        ON CONFLICT DO NOTHING
        """;

    private const string UpdateIdentifiers =
        $"""
        {Rows}
        UPDATE identifiers
        SET holder = row ->> 3, contenders = row ->> 4, former = row ->> 6, row_version = identifiers.row_version + 1
        FROM rows
        WHERE identifiers.kind = row ->> 0 AND identifiers.value = row ->> 1 AND identifiers.row_version = row ->> 5
        """;

    private const string InsertHistory =
        $"""
        {Rows}
        INSERT INTO changes (profile_id, first_id, last_id, applied_at, sync_id, run_id, page, row_index, instant, fields)
        SELECT row ->> 0, row ->> 1, row ->> 2, row ->> 3, row ->> 4, row ->> 5, row ->> 6, row ->> 7, row ->> 8, row ->> 9
        FROM rows
        """;

    private static async Task<bool> WriteAllAsync(Session session, string sql, string rows, int count) =>
        count == 0 || await session.ExecuteAsync(sql, ("rows", rows)).ConfigureAwait(false) == count;

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

    private static StoredIdentifier ReadIdentifier(DbDataReader reader)
    {
        IdentifierKinds.TryParse(reader.GetString(0), out var kind);
        Ulid[] contenders = reader.TextOrNull(3) is { } text ? [.. text.Split(' ').Select(id => Ulid.Parse(id, CultureInfo.InvariantCulture))] : [];
        return new StoredIdentifier(
            new Identifier(kind, reader.GetString(1)),
            reader.IsDBNull(2) ? null : ReadUlid(reader, 2),
            contenders,
            reader.GetInt64(4))
        {
            Former = reader.IsDBNull(5) ? null : ReadUlid(reader, 5),
        };
    }

    private static void WriteIdentifier(Utf8JsonWriter writer, Identifier identifier)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(identifier.Kind.FieldName());
        writer.WriteStringValue(identifier.Value);
        writer.WriteEndArray();
    }

    private static void WriteStoredIdentifier(Utf8JsonWriter writer, StoredIdentifier stored)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(stored.Identifier.Kind.FieldName());
        writer.WriteStringValue(stored.Identifier.Value);
        writer.WriteStringValue(Names.KeyIfDifferent(stored.Identifier.Value));
        writer.WriteStringValue(stored.Holder?.ToString());
        writer.WriteStringValue(stored.Contenders.Count == 0 ? null : string.Join(' ', stored.Contenders));
        writer.WriteNumberValue(stored.RowVersion);
        writer.WriteStringValue(stored.Former?.ToString());
        writer.WriteEndArray();
    }

    private static void WriteProfile(Utf8JsonWriter writer, StoredProfile profile)
    {
        var (first, last) = ProfileNames.Keys(profile.Document);
        writer.WriteStartArray();
        writer.WriteStringValue(profile.Id.ToString());
        writer.WriteNumberValue(profile.RowVersion);
        writer.WriteStringValue(SqliteDatabase.ToText(profile.CreatedAt));
        writer.WriteStringValue(SqliteDatabase.ToText(profile.UpdatedAt));
        writer.WriteStringValue(profile.FirstSource.ToString("D"));
        writer.WriteStringValue(profile.LastSource.ToString("D"));
        writer.WriteStringValue(first);
        writer.WriteStringValue(last);
        writer.WriteStringValue(profile.Document);
        writer.WriteStringValue(Convert.ToHexString(profile.Versions));
        writer.WriteEndArray();
    }

    private static void WriteHistory(Utf8JsonWriter writer, HistoryRow row)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(row.ProfileId.ToString());
        writer.WriteStringValue(row.FirstId.ToString());
        writer.WriteStringValue(row.LastId.ToString());
        writer.WriteStringValue(SqliteDatabase.ToText(row.AppliedAt));
        writer.WriteStringValue(row.SyncId.ToString("D"));
        writer.WriteStringValue(row.RunId.ToString("D"));
        writer.WriteNumberValue(row.Page);
        writer.WriteNumberValue(row.Row);
        writer.WriteStringValue(row.Instant.ToStorageString());
        writer.WriteStringValue(row.Fields);
        writer.WriteEndArray();
    }

    private static string Array<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> write) => Array(items, write, out _);

    private static string Array<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> write, out int count)
    {
        count = 0;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, Format);
        writer.WriteStartArray();
        foreach (var item in items)
        {
            write(writer, item);
            count++;
        }

        writer.WriteEndArray();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
