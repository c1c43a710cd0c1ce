using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Sqlite;

/// <summary>
/// One SQLite file. Writers of this process queue in order; against other processes BEGIN IMMEDIATE waits for its turn. The driver has no
/// asynchronous work of its own, so every piece of work runs on the thread pool and never holds up the caller's scheduler.
/// </summary>
internal sealed class SqliteDatabase : Database, IDisposable
{
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private const int BusyTimeoutSeconds = 60;
    private const int SynchronousFull = 2;

    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly bool _isDurable;

    /// <param name="isDurable">False for scratch files, which need not survive anything.</param>
    public SqliteDatabase(string filePath, bool isDurable = true)
    {
        FilePath = filePath;
        _isDurable = isDurable;
        ConnectionString = new SqliteConnectionStringBuilder
        {
            DataSource = filePath,
            ForeignKeys = true,
            DefaultTimeout = BusyTimeoutSeconds,
        }.ConnectionString;
    }

    public string FilePath { get; }

    /// <summary>For the Orleans providers, which open their own connections.</summary>
    public string ConnectionString { get; }

    public override string ForUpdate => string.Empty;

    public override string ForShare => string.Empty;

    public override string True => "1";

    public override string False => "0";

    public override string AsId(string text) => text;

    public override string AsDocument(string text) => text;

    public override string Elements(string parameter) => $"json_each({parameter}) AS e";

    public override Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            await using var connection = Open();
            return await work(new Session(this, connection, null, cancellationToken)).ConfigureAwait(false);
        },
        cancellationToken);

    public override async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(
                async () =>
                {
                    await using var connection = Open();
                    await using var transaction = connection.BeginTransaction(deferred: false);
                    var session = new Session(this, connection, transaction, cancellationToken);
                    var answer = await work(session).ConfigureAwait(false);
                    if (session.IsRefused) await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
                    else await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return answer;
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writer.Release();
        }
    }

    public override Task SerializeAsync(Session session, long number, bool isShared = false) => Task.CompletedTask;

    public override object ToDriver(object? value) => value switch
    {
        null => DBNull.Value,
        Guid guid => guid.ToString("D"),
        Ulid ulid => ulid.ToString(),
        DateTimeOffset time => ToText(time),
        Profiles.SourceInstant instant => instant.ToStorageString(),
        Enum name => name.ToString(),
        bool flag => flag ? 1 : 0,
        _ => value,
    };

    public override bool IsUniqueViolation(DbException exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY };

    public override bool IsReferenceViolation(DbException exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_FOREIGNKEY };

    public static string ToText(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <exception cref="StorageException">The file is not a database, or its settings would lose acknowledged work in a power cut (G16).</exception>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();

            // Both settings belong to the connection, not to the file; the driver's pool may hand out a fresh one at any time.
            // A scratch file's pages are as well in the system's cache, which does not count towards this process.
            Execute(connection, _isDurable ? "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536" : "PRAGMA synchronous = OFF; PRAGMA cache_size = -8192");
            return connection;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_NOTADB)
        {
            connection.Dispose();
            throw new StorageException($"The file '{FilePath}' is not an SQLite database. Move it away or set Storage:Path to another folder.", exception);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_CANTOPEN)
        {
            connection.Dispose();
            throw new StorageException($"The file '{FilePath}' cannot be opened. Check that its folder exists and may be written.", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes the folder and the file, for their owner only because they hold people's data, and turns on the write-ahead log, which is a property of the file.
    /// SQLite gives the files beside it the same mode. A folder or file that exists keeps its own.
    /// </summary>
    public void Create()
    {
        CreateForOwner();
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
    }

    private void CreateForOwner()
    {
        var folder = System.IO.Path.GetDirectoryName(FilePath)!;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            if (!File.Exists(FilePath)) File.Open(FilePath, options).Dispose();
        }
        catch (IOException) when (File.Exists(FilePath))
        {
            // Another process came first, with the same mode.
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StorageException($"The file '{FilePath}' cannot be made: its folder may not be written. Set Storage:Path to another folder.", exception);
        }
    }

    public override string? AssertDurable()
    {
        using var connection = Open();
        AssertDurable(connection);
        return null;
    }

    internal static void AssertDurable(SqliteConnection connection)
    {
        var journal = Scalar(connection, "PRAGMA journal_mode");
        if (journal is not "wal")
            throw new StorageException($"SQLite's journal_mode is '{journal}'; 'wal' is needed. The file system may not support it: use a local disk for Storage:Path.");
        var synchronous = Scalar(connection, "PRAGMA synchronous");
        if (synchronous is not (long)SynchronousFull)
            throw new StorageException($"SQLite's synchronous setting is {synchronous}; 2 (FULL) is needed, or a power cut could lose finished work.");
    }

    public void Dispose()
    {
        _writer.Dispose();
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
