using System.Data.Common;
using Npgsql;
using WarehouseImport.Storage.Relational;

namespace WarehouseImport.Storage.Postgres;

/// <summary>A PostgreSQL database. Transactions are READ COMMITTED: every write is guarded by locks and row versions of its own.</summary>
internal sealed class PostgresDatabase(string connectionString) : Database, IAsyncDisposable
{
    public NpgsqlDataSource DataSource { get; } = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "WarehouseImport", MaxAutoPrepare = 40 });

    public override string ForUpdate => " FOR UPDATE";

    public override string ForShare => " FOR SHARE";

    public override string True => "true";

    public override string False => "false";

    /// <summary>The same database through a pool of Orleans' own.</summary>
    public static string OrleansConnectionString(string connectionString, int connections) =>
        new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "WarehouseImport Orleans", MaxPoolSize = connections }.ConnectionString;

    public override string AsId(string text) => $"CAST({text} AS uuid)";

    public override string AsDocument(string text) => $"CAST({text} AS jsonb)";

    public override string Elements(string parameter) => $"json_array_elements(CAST({parameter} AS json)) AS e (value)";

    public override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return await work(new Session(this, connection, null, cancellationToken)).ConfigureAwait(false);
    }

    public override async Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        var session = new Session(this, connection, transaction, cancellationToken);
        var answer = await work(session).ConfigureAwait(false);
        if (session.IsRefused) await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        else await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return answer;
    }

    public override Task SerializeAsync(Session session, long number, bool isShared = false) => session.ExecuteAsync(
        isShared ? "SELECT pg_advisory_xact_lock_shared(@number)" : "SELECT pg_advisory_xact_lock(@number)", ("number", number));

    public override object ToDriver(object? value) => value switch
    {
        null => DBNull.Value,
        Ulid ulid => ulid.ToGuid(),
        DateTimeOffset time => time.ToUniversalTime(),
        Profiles.SourceInstant instant => instant.ToStorageString(),
        Enum name => name.ToString(),
        _ => value,
    };

    public override bool IsUniqueViolation(DbException exception) => exception is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override bool IsReferenceViolation(DbException exception) => exception is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation };

    public override string? AssertDurable()
    {
        using var connection = DataSource.OpenConnection();
        using var command = new NpgsqlCommand("SELECT current_setting('synchronous_commit')", connection);
        return command.ExecuteScalar() is "off" ? "PostgreSQL's synchronous_commit is 'off' for this role or database: a crash of the server can lose finished work." : null;
    }

    public ValueTask DisposeAsync() => DataSource.DisposeAsync();
}
