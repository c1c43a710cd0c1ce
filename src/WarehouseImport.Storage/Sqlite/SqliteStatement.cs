using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WarehouseImport.Storage.Sqlite;

/// <summary>
/// A statement compiled once and run once per row, parameters by position from 1. The driver's own commands look parameters up by name, box every value and make
/// a reader for each execution, which costs more than SQLite takes to write the row.
/// </summary>
/// <remarks>A binding stays until it is replaced, so values that all rows share are bound once.</remarks>
internal sealed class SqliteStatement : IDisposable
{
    private const int ScratchBytes = 1024;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _scratch = new byte[ScratchBytes];

    /// <exception cref="SqliteException">The text cannot be compiled.</exception>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public void Dispose() => _statement.Dispose();

    public void Bind(int position, string? text)
    {
        if (text is null) Check(raw.sqlite3_bind_null(_statement, position));
        else if (text.Length == 0) Check(raw.sqlite3_bind_text(_statement, position, text));
        else Check(raw.sqlite3_bind_text(_statement, position, Utf8(text)));
    }

    public void Bind(int position, long number) => Check(raw.sqlite3_bind_int64(_statement, position, number));

    public void Bind(int position, byte[] bytes) => Check(raw.sqlite3_bind_blob(_statement, position, bytes));

    public void Bind(int position, Ulid? id)
    {
        if (id is not { } known)
        {
            Check(raw.sqlite3_bind_null(_statement, position));
            return;
        }

        Span<byte> letters = stackalloc byte[26];
        known.TryWriteStringify(letters);
        Check(raw.sqlite3_bind_text(_statement, position, letters));
    }

    public void Bind(int position, Guid id)
    {
        Span<byte> letters = stackalloc byte[36];
        Utf8Formatter.TryFormat(id, letters, out _);
        Check(raw.sqlite3_bind_text(_statement, position, letters));
    }

    /// <summary>Moves to the next row of the result; false ends it and makes the statement ready to be run again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW) return true;
        raw.sqlite3_reset(_statement);
        if (code != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(code, _database);
        return false;
    }

    /// <summary>Leaves a result before its end.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    /// <summary>Runs a statement without a result.</summary>
    /// <returns>Rows changed.</returns>
    public int Execute()
    {
        while (Step()) continue;
        return raw.sqlite3_changes(_database);
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    public Ulid Ulid(int column) => System.Ulid.Parse(raw.sqlite3_column_blob(_statement, column));

    public Guid Guid(int column) =>
        Utf8Parser.TryParse(raw.sqlite3_column_blob(_statement, column), out Guid id, out _) ? id : throw new InvalidDataException($"Column {column} holds '{Text(column)}', not a GUID.");

    public DateTimeOffset Time(int column) => DateTimeOffset.ParseExact(Text(column), SqliteDatabase.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private ReadOnlySpan<byte> Utf8(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_scratch.Length < most) _scratch = new byte[most];
        return _scratch.AsSpan(0, Encoding.UTF8.GetBytes(text, _scratch));
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(code, _database);
    }
}
