using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Postgres;

internal sealed class PostgresProfileReader(PostgresDatabase database) : IProfileReader
{
    public Task<StoredProfile?> GetAsync(Ulid id, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.FirstAsync(
            $"SELECT {PostgresProfileStore.ProfileColumns} FROM profiles AS p WHERE p.id = @id", PostgresProfileStore.ReadProfile, ("id", id)),
        cancellationToken);

    public Task<StoredProfile?> FindAsync(Identifier identifier, CancellationToken cancellationToken)
    {
        if (identifier.Kind == IdentifierKind.Id) return Ulid.TryParse(identifier.Value, out var id) ? GetAsync(id, cancellationToken) : Task.FromResult<StoredProfile?>(null);
        return database.ReadAsync(
            session => session.FirstAsync(
                $"""
                SELECT {PostgresProfileStore.ProfileColumns} FROM identifiers AS i JOIN profiles AS p ON p.id = i.holder
                WHERE i.kind = @kind AND i.value = @value
                """,
                PostgresProfileStore.ReadProfile,
                ("kind", identifier.Kind.FieldName()),
                ("value", identifier.Value)),
            cancellationToken);
    }

    public async Task<IReadOnlyList<StoredProfile>> SearchAsync(string? text, Ulid? after, int limit, CancellationToken cancellationToken)
    {
        var key = Names.KeyOrNull(text);
        var filter = key is null
            ? string.Empty
            : """
              AND p.id IN (
                  SELECT id FROM profiles WHERE first_name_key >= @from AND first_name_key < @to
                  UNION SELECT id FROM profiles WHERE last_name_key >= @from AND last_name_key < @to
                  UNION SELECT holder FROM identifiers WHERE kind IN ('email', 'external_id', 'phone_number') AND value >= @from AND value < @to
                  UNION SELECT holder FROM identifiers WHERE value_key >= @from AND value_key < @to)
              """;
        return await database.ReadAsync(
            session => session.QueryAsync(
                $"SELECT {PostgresProfileStore.ProfileColumns} FROM profiles AS p WHERE p.id > @after {filter} ORDER BY p.id LIMIT @limit",
                PostgresProfileStore.ReadProfile,
                ("after", after ?? Ulid.MinValue),
                ("from", key ?? string.Empty),
                ("to", Names.EndOfPrefix(key ?? string.Empty)),
                ("limit", limit)),
            cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<Change>> GetHistoryAsync(Ulid profileId, string? field, Ulid? after, int limit, CancellationToken cancellationToken) =>
        HistoryRows.ReadAsync(
            field,
            after,
            limit,
            (below, rows) => database.ReadAsync(
                session => session.QueryAsync(
                    """
                    SELECT profile_id, first_id, last_id, applied_at, sync_id, run_id, page, row_index, instant, fields
                    FROM changes
                    WHERE profile_id = @profile AND last_id < @below AND first_id < @after
                        AND (CAST(@field AS text) IS NULL OR EXISTS (SELECT 1 FROM json_array_elements(fields) AS e (value) WHERE e.value ->> 'field' = @field))
                    ORDER BY last_id DESC LIMIT @rows
                    """,
                    reader => HistoryRows.Read(reader, PostgresProfileStore.ReadUlid),
                    ("profile", profileId),
                    ("below", below ?? Ulid.MaxValue),
                    ("after", after ?? Ulid.MaxValue),
                    ("field", field),
                    ("rows", rows)),
                cancellationToken));

    public Task<long> CountAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => (await session.QueryAsync("SELECT count(*) FROM profiles", reader => reader.GetInt64(0)).ConfigureAwait(false))[0],
        cancellationToken);
}
