using System.Data.Common;
using System.Globalization;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Storage.Relational;

/// <summary>Possible duplicates, merges and forwards. <see cref="WriteAsync"/> is the last part of a profile commit that has any.</summary>
internal sealed class RelationalIdentityStore(Database database) : IIdentityStore
{
    // A merge redirects pairs, a sighting adds them under ids as they are at present: the two must not overlap, several sightings may.
    private const long PairsNumber = 0x57494D50_50414952;

    private const string Columns = "d.low, d.high, d.reason, d.kind, d.value, d.first_seen, d.last_seen, d.sync_id, d.run_id, d.dismissed_at, d.dismissed_by";

    private const string MergeColumns = "id, kept_before, removed, kept_after, sync_id, run_id, merged_by, merged_at, undone_at, undone_by";

    public static bool IsNeeded(ProfileCommit commit) => commit.Duplicates.Count > 0 || commit.Merges.Count > 0 || commit.Undo is not null;

    /// <summary>Writes a commit's merges, undo and sightings within its transaction.</summary>
    /// <returns>False if a row version did not match: the commit is a conflict.</returns>
    public static async Task<bool> WriteAsync(Database database, Session session, ProfileCommit commit)
    {
        var isSightingOnly = commit.Merges.Count == 0 && commit.Undo is null;
        await database.SerializeAsync(session, PairsNumber, isSightingOnly).ConfigureAwait(false);
        if (commit.Merges.Count > 0 && !await MergeAsync(database, session, commit).ConfigureAwait(false)) return false;
        if (commit.Undo is { } undo && !await UndoAsync(database, session, undo, commit.AppliedAt).ConfigureAwait(false)) return false;
        if (commit.Duplicates.Count > 0) await AddSightingsAsync(database, session, commit).ConfigureAwait(false);
        return true;
    }

    public async Task<IReadOnlyList<PossibleDuplicate>> ListDuplicatesAsync(bool dismissed, ProfilePair? after, int limit, CancellationToken cancellationToken)
    {
        // Merges can make several pairs one; the first of them speaks for all, and one dismissal holds for all.
        const string Earlier = "(e.profile_a < d.profile_a OR (e.profile_a = d.profile_a AND e.profile_b < d.profile_b))";
        var (own, others) = dismissed
            ? ("d.dismissed_at IS NOT NULL", $"e.dismissed_at IS NOT NULL AND {Earlier}")
            : ("d.dismissed_at IS NULL", $"(e.dismissed_at IS NOT NULL OR {Earlier})");
        return await database.ReadAsync(
            session => session.QueryAsync(
                $"""
                SELECT {Columns} FROM possible_duplicates AS d
                WHERE d.low <> d.high AND {own} AND (d.low > @low OR (d.low = @low AND d.high > @high))
                    AND NOT EXISTS (SELECT 1 FROM possible_duplicates AS e WHERE e.low = d.low AND e.high = d.high AND {others})
                ORDER BY d.low, d.high LIMIT @limit
                """,
                ReadDuplicate,
                ("low", after?.Low ?? Ulid.MinValue),
                ("high", after?.High ?? Ulid.MinValue),
                ("limit", limit)),
            cancellationToken).ConfigureAwait(false);
    }

    public Task<bool> DismissAsync(ProfilePair pair, string by, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(
            """
            UPDATE possible_duplicates SET dismissed_by = CASE WHEN dismissed_at IS NULL THEN @by ELSE dismissed_by END, dismissed_at = coalesce(dismissed_at, @at)
            WHERE low = @low AND high = @high AND low <> high
            """,
            ("by", by),
            ("at", at),
            ("low", pair.Low),
            ("high", pair.High)).ConfigureAwait(false) > 0,
        cancellationToken);

    public Task<StoredMerge?> GetMergeAsync(Ulid mergeId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {MergeColumns} FROM profile_merges WHERE id = @id", ReadMerge, ("id", mergeId)), cancellationToken);

    public async Task<IReadOnlyList<StoredMerge>> ListMergesAsync(Ulid profileId, Ulid? before, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"SELECT {MergeColumns} FROM profile_merges WHERE (kept_id = @profile OR removed_id = @profile) AND id < @before ORDER BY id DESC LIMIT @limit",
            ReadMerge,
            ("profile", profileId.ToString()),
            ("before", before ?? Ulid.MaxValue),
            ("limit", limit)),
        cancellationToken).ConfigureAwait(false);

    public async Task<Ulid?> FindForwardAsync(Ulid removed, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync(
            session => session.QueryAsync("SELECT kept FROM profile_forwards WHERE removed = @removed", reader => ReadUlid(reader, 0), ("removed", removed)),
            cancellationToken).ConfigureAwait(false);
        return found is [var kept] ? kept : null;
    }

    private static async Task<bool> MergeAsync(Database database, Session session, ProfileCommit commit)
    {
        var into = commit.Merges.ToDictionary(merge => merge.Removed.Id, merge => merge.KeptAfter.Id);
        var rows = StoredJson.Write(commit.Merges.Select(merge => new[]
        {
            database.IdText(merge.Id),
            StoredJson.Write(merge.KeptBefore),
            StoredJson.Write(merge.Removed),
            StoredJson.Write(merge.KeptAfter),
            merge.By,
            database.IdText(merge.Removed.Id),
            database.IdText(merge.KeptAfter.Id),
            database.IdText(End(merge.KeptAfter.Id)),
            merge.Removed.RowVersion.ToString(CultureInfo.InvariantCulture),
            merge.KeptAfter.Id.ToString(),
            merge.Removed.Id.ToString(),
        }));
        var source = commit.Merges[0];
        var elements = database.Elements("@rows");
        string Id(int column) => database.AsId($"e.value ->> {column}");

        await session.ExecuteAsync(
            $"""
            INSERT INTO profile_merges (id, kept_before, removed, kept_after, sync_id, run_id, merged_by, merged_at, kept_id, removed_id)
            SELECT {Id(0)}, e.value ->> 1, e.value ->> 2, e.value ->> 3, @sync, @run, e.value ->> 4, @now, e.value ->> 9, e.value ->> 10 FROM {elements}
            """,
            ("rows", rows),
            ("sync", source.SyncId),
            ("run", source.RunId),
            ("now", commit.AppliedAt)).ConfigureAwait(false);

        // A profile that the batch itself created was never stored.
        var deleted = await session.ExecuteAsync(
            $"""
            DELETE FROM profiles
            WHERE id IN (SELECT {Id(5)} FROM {elements}) AND (id, row_version) IN (SELECT {Id(5)}, CAST(e.value ->> 8 AS bigint) FROM {elements})
            """,
            ("rows", rows)).ConfigureAwait(false);
        if (deleted != commit.Merges.Count(merge => merge.Removed.RowVersion > 0)) return false;

        await session.ExecuteAsync(
            $"""
            UPDATE profile_forwards SET kept = (SELECT {Id(7)} FROM {elements} WHERE {Id(5)} = profile_forwards.kept)
            WHERE kept IN (SELECT {Id(5)} FROM {elements})
            """,
            ("rows", rows)).ConfigureAwait(false);
        await session.ExecuteAsync(
            $"INSERT INTO profile_forwards (removed, merged_into, kept) SELECT {Id(5)}, {Id(6)}, {Id(7)} FROM {elements}", ("rows", rows)).ConfigureAwait(false);
        await RedirectPairsAsync(session, $"SELECT {Id(5)} FROM {elements}", ("rows", rows)).ConfigureAwait(false);
        return true;

        Ulid End(Ulid kept)
        {
            while (into.TryGetValue(kept, out var further)) kept = further;
            return kept;
        }
    }

    private static async Task<bool> UndoAsync(Database database, Session session, MergeUndo undo, DateTimeOffset now)
    {
        var profile = undo.Restored;
        var marked = await session.ExecuteAsync(
            "UPDATE profile_merges SET undone_at = @now, undone_by = @by WHERE id = @id AND undone_at IS NULL",
            ("now", now),
            ("by", undo.By),
            ("id", undo.MergeId)).ConfigureAwait(false);
        var freed = await session.ExecuteAsync(
            "DELETE FROM profile_forwards WHERE removed = @removed AND kept = @kept", ("removed", profile.Id), ("kept", undo.KeptId)).ConfigureAwait(false);
        if (marked != 1 || freed != 1) return false;

        // One above the version it had: a batch that loaded the profile before the merge must not write over it now.
        var (first, last) = ProfileNames.Keys(profile.Document);
        await session.ExecuteAsync(
            $"""
            INSERT INTO profiles (id, row_version, created_at, updated_at, first_source, last_source, first_name_key, last_name_key, document, versions)
            VALUES (@id, @version, @created, @updated, @first_source, @last_source, @first_name, @last_name, {database.AsDocument("@document")}, @versions)
            """,
            ("id", profile.Id),
            ("version", profile.RowVersion + 1),
            ("created", profile.CreatedAt),
            ("updated", profile.UpdatedAt),
            ("first_source", profile.FirstSource),
            ("last_source", profile.LastSource),
            ("first_name", first),
            ("last_name", last),
            ("document", profile.Document),
            ("versions", profile.Versions)).ConfigureAwait(false);

        // Profiles that had been merged into the restored one before lead to it again.
        await session.ExecuteAsync(
            """
            WITH RECURSIVE below (id) AS (
                SELECT removed FROM profile_forwards WHERE merged_into = @removed
                UNION SELECT f.removed FROM profile_forwards AS f JOIN below AS b ON f.merged_into = b.id)
            UPDATE profile_forwards SET kept = @removed WHERE removed IN (SELECT id FROM below)
            """,
            ("removed", profile.Id)).ConfigureAwait(false);
        await RedirectPairsAsync(session, "SELECT @kept", ("kept", undo.KeptId)).ConfigureAwait(false);
        return true;
    }

    /// <summary>Works out anew which profiles the pairs that name certain ones mean.</summary>
    private static Task RedirectPairsAsync(Session session, string ids, (string, object?) parameter)
    {
        const string Present =
            """
            (SELECT coalesce((SELECT kept FROM profile_forwards WHERE removed = possible_duplicates.profile_a), possible_duplicates.profile_a) AS a,
                coalesce((SELECT kept FROM profile_forwards WHERE removed = possible_duplicates.profile_b), possible_duplicates.profile_b) AS b) AS present
            """;
        return session.ExecuteAsync(
            $"""
            UPDATE possible_duplicates
            SET low = (SELECT CASE WHEN a < b THEN a ELSE b END FROM {Present}), high = (SELECT CASE WHEN a < b THEN b ELSE a END FROM {Present})
            WHERE low IN ({ids}) OR high IN ({ids})
            """,
            parameter);
    }

    private static Task AddSightingsAsync(Database database, Session session, ProfileCommit commit)
    {
        var rows = StoredJson.Write(commit.Duplicates
            .OrderBy(sighting => sighting.Pair.Low)
            .ThenBy(sighting => sighting.Pair.High)
            .Select(sighting => new[]
            {
                database.IdText(sighting.Pair.Low),
                database.IdText(sighting.Pair.High),
                sighting.Reason.ToString(),
                sighting.Identifier.Kind.FieldName(),
                sighting.Identifier.Value,
            }));
        return session.ExecuteAsync(
            $"""
            INSERT INTO possible_duplicates (profile_a, profile_b, low, high, reason, kind, value, first_seen, last_seen, sync_id, run_id)
            SELECT seen.a, seen.b, CASE WHEN seen.x < seen.y THEN seen.x ELSE seen.y END, CASE WHEN seen.x < seen.y THEN seen.y ELSE seen.x END,
                seen.reason, seen.kind, seen.value, @now, @now, @sync, @run
            FROM (
                SELECT s.a, s.b, coalesce(fa.kept, s.a) AS x, coalesce(fb.kept, s.b) AS y, s.reason, s.kind, s.value
                FROM (
                    SELECT {database.AsId("e.value ->> 0")} AS a, {database.AsId("e.value ->> 1")} AS b, e.value ->> 2 AS reason, e.value ->> 3 AS kind, e.value ->> 4 AS value
                    FROM {database.Elements("@rows")}) AS s
                LEFT JOIN profile_forwards AS fa ON fa.removed = s.a
                LEFT JOIN profile_forwards AS fb ON fb.removed = s.b) AS seen
            WHERE 1 = 1
            ON CONFLICT (profile_a, profile_b) DO UPDATE
            SET reason = excluded.reason, kind = excluded.kind, value = excluded.value, last_seen = excluded.last_seen, sync_id = excluded.sync_id, run_id = excluded.run_id
            """,
            ("rows", rows),
            ("now", commit.AppliedAt),
            ("sync", commit.Key.SyncId),
            ("run", commit.Key.RunId));
    }

    private static PossibleDuplicate ReadDuplicate(DbDataReader reader)
    {
        IdentifierKinds.TryParse(reader.GetString(3), out var kind);
        return new PossibleDuplicate(
            ProfilePair.Of(ReadUlid(reader, 0), ReadUlid(reader, 1)),
            reader.Name<DuplicateReason>(2),
            new Identifier(kind, reader.GetString(4)),
            reader.Time(5),
            reader.Time(6),
            reader.GetGuid(7),
            reader.GetGuid(8),
            reader.TimeOrNull(9),
            reader.TextOrNull(10));
    }

    private static StoredMerge ReadMerge(DbDataReader reader) => new(
        ReadUlid(reader, 0),
        StoredJson.Read<StoredProfile>(reader.GetString(1)),
        StoredJson.Read<StoredProfile>(reader.GetString(2)),
        StoredJson.Read<StoredProfile>(reader.GetString(3)),
        reader.GetGuid(4),
        reader.GetGuid(5),
        reader.TextOrNull(6),
        reader.Time(7),
        reader.TimeOrNull(8),
        reader.TextOrNull(9));

    // uuid on PostgreSQL, the letters on SQLite.
    private static Ulid ReadUlid(DbDataReader reader, int column) =>
        reader.GetFieldType(column) == typeof(Guid) ? new Ulid(reader.GetGuid(column)) : Ulid.Parse(reader.GetString(column), CultureInfo.InvariantCulture);
}
