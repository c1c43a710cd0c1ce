using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>Prepared statements in one process: one look-up per row, multi-row inserts of what is new, an update of each profile that changes.</summary>
sealed class SqliteFloor : Floor, IDisposable
{
    private const int RowsPerStatement = 50;
    private const int EmailKind = 1;
    private const int PhoneKind = 3;

    private const string Schema = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        CREATE TABLE floor_profiles (
            id TEXT NOT NULL PRIMARY KEY, row_version INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, first_source TEXT NOT NULL,
            last_source TEXT NOT NULL, document TEXT NOT NULL, version TEXT NOT NULL, exceptions TEXT) STRICT;
        CREATE TABLE floor_identifiers (
            kind INTEGER NOT NULL, value TEXT NOT NULL, holder TEXT NOT NULL, row_version INTEGER NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
        CREATE TABLE floor_changes (
            seq INTEGER NOT NULL PRIMARY KEY, profile_id TEXT NOT NULL, change_id TEXT NOT NULL, applied_at TEXT NOT NULL, sync_id TEXT NOT NULL,
            run_id TEXT NOT NULL, page INTEGER NOT NULL, row_index INTEGER NOT NULL, instant TEXT NOT NULL, fields TEXT NOT NULL) STRICT;
        CREATE INDEX ix_floor_changes ON floor_changes (profile_id, change_id);
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _update;
    private readonly MultiRowInsert _profiles;
    private readonly MultiRowInsert _identifiers;
    private readonly MultiRowInsert _changes;
    private readonly string _source = Guid.NewGuid().ToString("D");
    private readonly string _now = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    private int _pages;

    public SqliteFloor(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        _connection.Open();
        using (var schema = _connection.CreateCommand())
        {
            schema.CommandText = Schema;
            schema.ExecuteNonQuery();
        }

        _find = Prepare(
            $"""
            SELECT p.id, p.document, p.version, p.exceptions FROM floor_identifiers AS i JOIN floor_profiles AS p ON p.id = i.holder WHERE i.kind = {EmailKind} AND i.value = $0
            """,
            1);
        _update = Prepare(
            "UPDATE floor_profiles SET document = $1, version = $2, exceptions = $3, row_version = row_version + 1, updated_at = $4, last_source = $5 WHERE id = $0", 6);
        _profiles = new MultiRowInsert(
            _connection, "floor_profiles", ["id", "row_version", "created_at", "updated_at", "first_source", "last_source", "document", "version"], RowsPerStatement);
        _identifiers = new MultiRowInsert(_connection, "floor_identifiers", ["kind", "value", "holder", "row_version"], RowsPerStatement);
        _changes = new MultiRowInsert(
            _connection, "floor_changes", ["profile_id", "change_id", "applied_at", "sync_id", "run_id", "page", "row_index", "instant", "fields"], RowsPerStatement);
    }

    public void Dispose()
    {
        _find.Dispose();
        _update.Dispose();
        _profiles.Dispose();
        _identifiers.Dispose();
        _changes.Dispose();
        _connection.Dispose();
    }

    public override Task<ContentDigest> DigestAsync()
    {
        var digest = new ContentDigest();
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT document FROM floor_profiles";
        using var reader = command.ExecuteReader();
        while (reader.Read()) digest = digest.Add(reader.GetString(0));
        return Task.FromResult(digest);
    }

    public override Task<long> TableBytesAsync()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        return Task.FromResult((long)command.ExecuteScalar()!);
    }

    protected override Task<long> WritePageAsync(List<FloorRow> page)
    {
        long changes = 0;
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_find, _update]) command.Transaction = transaction;
        foreach (var row in page)
        {
            if (Find(row) is { } stored) changes += Merge(row, stored);
            else changes += Create(row);
        }

        _profiles.Flush(transaction);
        _identifiers.Flush(transaction);
        _changes.Flush(transaction);
        transaction.Commit();
        _pages++;
        return Task.FromResult(changes);
    }

    private Stored? Find(FloorRow row)
    {
        _find.Parameters[0].Value = row.Email;
        using var reader = _find.ExecuteReader();
        return reader.Read() ? new Stored(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3)) : null;
    }

    private long Create(FloorRow row)
    {
        var id = row.Id.ToString("D");
        _profiles.Add(id, 1, _now, _now, _source, _source, row.Document, row.Version);
        _identifiers.Add(EmailKind, row.Email, id, 1);
        _identifiers.Add(PhoneKind, row.Phone, id, 1);
        AddChange(row, id, row.Document);
        return FloorRow.Fields;
    }

    private long Merge(FloorRow row, Stored stored)
    {
        if (stored.Document == row.Document) return 0;
        var values = Read(stored.Document);
        var exceptions = stored.Exceptions is null ? [] : Read(stored.Exceptions);
        var incoming = Read(row.Document);
        var isNewer = string.CompareOrdinal(row.Version, stored.Version) > 0;
        var versions = values.Keys.ToDictionary(field => field, field => exceptions.TryGetValue(field, out var own) ? own.Trim('"') : stored.Version, StringComparer.Ordinal);
        var history = new StringBuilder("[");
        var changed = 0;
        foreach (var (field, value) in incoming)
        {
            var version = versions.GetValueOrDefault(field, "");
            if (string.CompareOrdinal(row.Version, version) <= 0) continue;
            versions[field] = row.Version;
            var old = values.GetValueOrDefault(field);
            if (old == value) continue;
            values[field] = value;
            history.Append(changed++ == 0 ? "" : ",").Append($"{{\"field\":\"{field}\",\"old\":{old},\"new\":{value},\"old_instant\":\"{version}\"}}");
        }

        if (changed == 0 && !isNewer) return 0;
        var shared = isNewer ? row.Version : stored.Version;
        var differing = versions.Where(version => version.Value != shared).Select(version => KeyValuePair.Create(version.Key, $"\"{version.Value}\"")).ToList();
        object[] parameters = [stored.Id, Write(values), shared, differing.Count == 0 ? DBNull.Value : Write(differing), _now, _source];
        for (var index = 0; index < parameters.Length; index++) _update.Parameters[index].Value = parameters[index];
        _update.ExecuteNonQuery();
        if (changed > 0) AddChange(row, stored.Id, history.Append(']').ToString());
        return changed;
    }

    private void AddChange(FloorRow row, string id, string fields) =>
        _changes.Add(id, row.ChangeId.ToString("D"), _now, _source, _source, _pages, row.Row, row.Instant, fields);

    private static Dictionary<string, string> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetRawText(), StringComparer.Ordinal);
    }

    private static string Write(IEnumerable<KeyValuePair<string, string>> members)
    {
        var json = new StringBuilder(320).Append('{');
        foreach (var (name, value) in members) json.Append(json.Length == 1 ? "\"" : ",\"").Append(name).Append("\":").Append(value);
        return json.Append('}').ToString();
    }

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var index = 0; index < parameters; index++) command.Parameters.AddWithValue($"${index}", DBNull.Value);
        command.Prepare();
        return command;
    }

    private sealed record Stored(string Id, string Document, string Version, string? Exceptions);
}

/// <summary>Gathers rows and inserts them by one prepared statement of many rows; the rest of a page by one of a single row.</summary>
sealed class MultiRowInsert : IDisposable
{
    private readonly SqliteCommand _many;
    private readonly SqliteCommand _one;
    private readonly List<object> _values = [];

    public MultiRowInsert(SqliteConnection connection, string table, string[] columns, int rows)
    {
        _many = Create(connection, table, columns, rows);
        _one = Create(connection, table, columns, 1);
    }

    public void Add(params ReadOnlySpan<object> values)
    {
        foreach (var value in values) _values.Add(value);
    }

    public void Flush(SqliteTransaction transaction)
    {
        (_many.Transaction, _one.Transaction) = (transaction, transaction);
        var at = 0;
        while (at < _values.Count)
        {
            var command = _values.Count - at >= _many.Parameters.Count ? _many : _one;
            for (var index = 0; index < command.Parameters.Count; index++) command.Parameters[index].Value = _values[at++];
            command.ExecuteNonQuery();
        }

        _values.Clear();
    }

    public void Dispose()
    {
        _many.Dispose();
        _one.Dispose();
    }

    private static SqliteCommand Create(SqliteConnection connection, string table, string[] columns, int rows)
    {
        var command = connection.CreateCommand();
        var tuples = Enumerable.Range(0, rows).Select(row => $"({string.Join(',', Enumerable.Range(row * columns.Length, columns.Length).Select(index => $"${index}"))})");
        command.CommandText = $"INSERT INTO {table} ({string.Join(',', columns)}) VALUES {string.Join(',', tuples)}";
        for (var index = 0; index < rows * columns.Length; index++) command.Parameters.AddWithValue($"${index}", DBNull.Value);
        command.Prepare();
        return command;
    }
}
