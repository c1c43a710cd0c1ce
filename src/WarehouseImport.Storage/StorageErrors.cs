using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace WarehouseImport.Storage;

/// <summary>Tells a database that is away from a defect: the former passes by itself or is an operator's to mend, whatever was asked.</summary>
public static class StorageErrors
{
    // Classes of SQLSTATE: connection, sign-in, no such database, out of resources, shut down by its operator.
    private static readonly string[] AwayStates = ["08", "28", "3D", "53", "57P"];

    /// <summary>True if the exception, or what caused it, is the database not being reached, not letting us in or having no room.</summary>
    public static bool IsUnavailable(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException refused:
                    return Array.Exists(AwayStates, state => refused.SqlState.StartsWith(state, StringComparison.Ordinal));
                case NpgsqlException:
                    return true;
                case SqliteException { SqliteErrorCode: var code }:
                    return code is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_READONLY;
                case StorageException { InnerException: SqliteException }:
                    return true;
            }
        }

        return false;
    }

    /// <summary>One line for an operator: what was tried and what the database or the network said.</summary>
    internal static StorageException CannotUse(DbException exception)
    {
        var reason = exception.InnerException is { } inner && exception is NpgsqlException and not PostgresException ? $"{exception.Message} ({inner.Message})" : exception.Message;
        return new StorageException(
            $"The database cannot be used: {reason.ReplaceLineEndings(" ")} Check that it runs and that Storage:Provider, Storage:Path and ConnectionStrings:WarehouseImport are right.", exception);
    }
}
