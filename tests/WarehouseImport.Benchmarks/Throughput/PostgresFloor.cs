using Npgsql;
using NpgsqlTypes;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>COPY into an unlogged staging table, then two set-based statements.</summary>
sealed class PostgresFloor(NpgsqlConnection connection) : Floor, IAsyncDisposable
{
    // Row counts of a growing table mislead the planner towards reading all of it; a loader that
    // knows its keys says so, joins in the order written, and does not let the penalties this puts on every plan start the compiler.
    private const string Schema = """
        SET jit = off;
        SET enable_hashjoin = off;
        SET enable_mergejoin = off;
        SET enable_seqscan = off;
        SET enable_material = off;
        SET join_collapse_limit = 1;
        CREATE TABLE floor_profiles (
            id uuid NOT NULL PRIMARY KEY, row_version bigint NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
            first_source uuid NOT NULL, last_source uuid NOT NULL, document jsonb NOT NULL, version text COLLATE "C" NOT NULL, exceptions jsonb);
        CREATE TABLE floor_identifiers (
            kind smallint NOT NULL, value text COLLATE "C" NOT NULL, holder uuid NOT NULL, row_version bigint NOT NULL, PRIMARY KEY (kind, value));
        CREATE TABLE floor_changes (
            profile_id uuid NOT NULL, change_id uuid NOT NULL, applied_at timestamptz NOT NULL, sync_id uuid NOT NULL, run_id uuid NOT NULL, page integer NOT NULL,
            row_index integer NOT NULL, instant text COLLATE "C" NOT NULL, fields json NOT NULL);
        CREATE INDEX ix_floor_changes ON floor_changes (profile_id, change_id);
        CREATE UNLOGGED TABLE floor_staging (
            id uuid NOT NULL, change_id uuid NOT NULL, row_index integer NOT NULL, email text COLLATE "C" NOT NULL, phone text COLLATE "C" NOT NULL,
            instant text NOT NULL, version text COLLATE "C" NOT NULL, document text NOT NULL);
        """;

    // A row whose values all stand is not written. Of the others, each field goes by its own version; versions that fields share are one column.
    private const string Merge = """
        WITH hit AS MATERIALIZED (
            SELECT p.id, p.document AS old, p.version AS stored, p.exceptions, s.document AS new, s.version, s.instant, s.change_id, s.row_index
            FROM (SELECT email, CAST(document AS jsonb) AS document, version, instant, change_id, row_index FROM floor_staging OFFSET 0) AS s
            JOIN floor_identifiers AS i ON i.kind = 1 AND i.value = s.email
            JOIN floor_profiles AS p ON p.id = i.holder
            WHERE NOT p.document @> s.document),
        merged AS MATERIALIZED (
            SELECT h.*, w.fields, w.history, w.changed,
                CASE WHEN h.version > h.stored THEN (
                    SELECT jsonb_object_agg(k.key, coalesce(h.exceptions ->> k.key, h.stored)) FROM jsonb_object_keys(h.old) AS k (key)
                    WHERE NOT h.new ? k.key OR coalesce(h.exceptions ->> k.key, h.stored) > h.version)
                ELSE h.exceptions || (
                    SELECT coalesce(jsonb_object_agg(e.key, h.version), '{}') FROM jsonb_each_text(h.exceptions) AS e WHERE h.new ? e.key AND e.value < h.version)
                END AS kept
            FROM hit AS h
            CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(f.key, f.value) AS fields, count(*) AS changed,
                    json_agg(json_build_object('field', f.key, 'old', h.old -> f.key, 'new', f.value, 'old_instant', coalesce(h.exceptions ->> f.key, h.stored))) AS history
                FROM jsonb_each(h.new) AS f
                WHERE h.old -> f.key IS DISTINCT FROM f.value AND coalesce(h.exceptions ->> f.key, h.stored) < h.version) AS w
            WHERE h.version > h.stored OR w.changed > 0),
        written AS (
            UPDATE floor_profiles AS p
            SET document = p.document || coalesce(m.fields, '{}'), version = greatest(m.version, m.stored), exceptions = m.kept,
                row_version = p.row_version + 1, updated_at = now(), last_source = @sync
            FROM merged AS m WHERE p.id = m.id),
        history AS (
            INSERT INTO floor_changes SELECT m.id, m.change_id, now(), @sync, @run, @page, m.row_index, m.instant, m.history FROM merged AS m WHERE m.changed > 0)
        SELECT CAST(coalesce(sum(changed), 0) AS bigint) FROM merged
        """;

    // A new profile's document is its history: every field of it is new.
    private const string Insert = """
        WITH fresh AS MATERIALIZED (
            SELECT s.* FROM floor_staging AS s WHERE NOT EXISTS (SELECT 1 FROM floor_identifiers AS i WHERE i.kind = 1 AND i.value = s.email)),
        profiles AS (
            INSERT INTO floor_profiles SELECT id, 1, now(), now(), @sync, @sync, CAST(document AS jsonb), version, NULL FROM fresh),
        emails AS (INSERT INTO floor_identifiers SELECT 1, email, id, 1 FROM fresh),
        phones AS (INSERT INTO floor_identifiers SELECT 3, phone, id, 1 FROM fresh),
        history AS (
            INSERT INTO floor_changes SELECT id, change_id, now(), @sync, @run, @page, row_index, instant, CAST(document AS json) FROM fresh)
        SELECT count(*) FROM fresh
        """;

    private readonly Guid _source = Guid.NewGuid();
    private int _pages;

    public static async Task<PostgresFloor> CreateAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Schema, connection);
        await command.ExecuteNonQueryAsync();
        return new PostgresFloor(connection);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    public override async Task<ContentDigest> DigestAsync()
    {
        var digest = new ContentDigest();
        await using var command = new NpgsqlCommand("SELECT CAST(document AS text) FROM floor_profiles", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) digest = digest.Add(reader.GetString(0));
        return digest;
    }

    public override async Task<long> TableBytesAsync()
    {
        await using var command = new NpgsqlCommand(
            "SELECT pg_total_relation_size('floor_profiles') + pg_total_relation_size('floor_identifiers') + pg_total_relation_size('floor_changes')", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    protected override async Task<long> WritePageAsync(List<FloorRow> page)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var truncate = new NpgsqlCommand("TRUNCATE floor_staging", connection)) await truncate.ExecuteNonQueryAsync();
        await using (var copy = await connection.BeginBinaryImportAsync("COPY floor_staging FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var row in page)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid);
                await copy.WriteAsync(row.ChangeId, NpgsqlDbType.Uuid);
                await copy.WriteAsync(row.Row, NpgsqlDbType.Integer);
                await copy.WriteAsync(row.Email, NpgsqlDbType.Text);
                await copy.WriteAsync(row.Phone, NpgsqlDbType.Text);
                await copy.WriteAsync(row.Instant, NpgsqlDbType.Text);
                await copy.WriteAsync(row.Version, NpgsqlDbType.Text);
                await copy.WriteAsync(row.Document, NpgsqlDbType.Text);
            }

            await copy.CompleteAsync();
        }

        // Existing people first, so that those inserted now are not looked at again.
        var changed = await RunAsync(Merge);
        var created = await RunAsync(Insert);
        await transaction.CommitAsync();
        _pages++;
        return changed + created * FloorRow.Fields;
    }

    private async Task<long> RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("sync", _source);
        command.Parameters.AddWithValue("run", _source);
        command.Parameters.AddWithValue("page", _pages);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
