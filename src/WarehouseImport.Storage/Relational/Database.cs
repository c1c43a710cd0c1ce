using System.Data.Common;

namespace WarehouseImport.Storage.Relational;

/// <summary>
/// What the stores of rarely written tables (connections, syncs, runs, settings) need of an engine. Their SQL is the same text for both
/// engines except for the fragments below; the hot paths (profiles, history) have SQL of their own per engine.
/// </summary>
internal abstract class Database
{
    private long _commandCount;

    /// <summary>SQL commands sent so far; tests hold it against the promise of a fixed number per batch.</summary>
    public long CommandCount => Interlocked.Read(ref _commandCount);

    /// <summary>Appended to a SELECT whose rows the transaction is about to change.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Appended to a SELECT whose rows must stay as they are until the transaction ends.</summary>
    public abstract string ForShare { get; }

    /// <summary>The elements of a JSON array parameter as rows <c>e</c> with one column <c>value</c>.</summary>
    public abstract string Elements(string parameter);

    /// <summary>Text of <see cref="IdText"/> as a profile id.</summary>
    public abstract string AsId(string text);

    /// <summary>Text as a profile's document.</summary>
    public abstract string AsDocument(string text);

    /// <summary>A ULID within a JSON parameter.</summary>
    public string IdText(Ulid id) => ToDriver(id).ToString()!;

    public abstract string False { get; }

    public abstract string True { get; }

    public abstract Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs work in a transaction and commits it unless <see cref="Session.Refuse"/> was called.</summary>
    public abstract Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Keeps other transactions that ask for the same number waiting until this one ends.</summary>
    /// <param name="isShared">Wait only for those who did not ask to share, and let others share.</param>
    public abstract Task SerializeAsync(Session session, long number, bool isShared = false);

    /// <summary>The driver's value for one of ours.</summary>
    public abstract object ToDriver(object? value);

    public abstract bool IsUniqueViolation(DbException exception);

    public abstract bool IsReferenceViolation(DbException exception);

    /// <summary>Refuses to work with settings of ours under which a commit could be lost (G16).</summary>
    /// <returns>A warning where the setting belongs to the server's operator; null if all is well.</returns>
    /// <exception cref="StorageException">A setting is not as needed.</exception>
    public abstract string? AssertDurable();

    public void CountCommands(int commands) => Interlocked.Add(ref _commandCount, commands);
}

/// <summary>An open connection, inside a transaction when writing.</summary>
internal sealed class Session(Database database, DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
{
    public DbConnection Connection => connection;

    public DbTransaction? Transaction => transaction;

    public CancellationToken CancellationToken => cancellationToken;

    public bool IsRefused { get; private set; }

    /// <summary>Has the transaction rolled back instead of committed, and passes the answer on.</summary>
    public T Refuse<T>(T answer)
    {
        IsRefused = true;
        return answer;
    }

    /// <returns>Rows changed.</returns>
    public async Task<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(map(reader));
        return rows;
    }

    public async Task<T?> FirstAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters)
        where T : class
    {
        var rows = await QueryAsync(sql, map, parameters).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private DbCommand Command(string sql, (string Name, object? Value)[] parameters)
    {
        database.CountCommands(1);
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = database.ToDriver(value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
