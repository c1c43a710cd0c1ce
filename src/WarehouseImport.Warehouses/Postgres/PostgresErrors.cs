using System.Net.Sockets;
using Npgsql;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>
/// Maps what the driver throws to <see cref="WarehouseException"/>. A server's message can quote cells, so only its SQLSTATE is passed on (S10).
/// </summary>
internal static class PostgresErrors
{
    public static Exception Map(Exception failure, PostgresTarget target, string what, DatasetName? dataset, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return new OperationCanceledException(cancellationToken);

        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException refused:
                    return Map(refused, target, what, dataset);
                case TimeoutException:
                    return TimedOut(what);
                case SocketException or IOException:
                    return new WarehouseException(
                        WarehouseErrors.Unreachable,
                        $"The server {target.Host}:{target.Port} cannot be reached: {Reason(cause)}",
                        "Check host and port, and that the server's firewall lets this machine in.",
                        isTransient: true,
                        inner: cause);
            }
        }

        if (failure is NpgsqlException && failure.Message.Contains("SSL", StringComparison.Ordinal))
        {
            return new WarehouseException(
                WarehouseErrors.Unreachable,
                $"The server {target.Host}:{target.Port} does not offer an encrypted connection, and ssl_mode is '{target.SslMode}'.",
                "Turn TLS on at the server, or set ssl_mode to 'disable' to send everything unencrypted.",
                inner: failure);
        }

        return failure is System.Security.Authentication.AuthenticationException || failure.InnerException is System.Security.Authentication.AuthenticationException
            ? new WarehouseException(
                WarehouseErrors.Unreachable,
                $"The certificate of {target.Host}:{target.Port} is not trusted under ssl_mode '{target.SslMode}'.",
                "Install the issuing authority on this machine, or use a host name the certificate holds.",
                inner: failure)
            : new WarehouseException(
                WarehouseErrors.Unreachable,
                $"{what} failed: the connection to {target.Host}:{target.Port} broke.",
                "The next attempt connects again.",
                isTransient: true,
                inner: failure);
    }

    private static WarehouseException Map(PostgresException refused, PostgresTarget target, string what, DatasetName? dataset) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new WarehouseException(
            WarehouseErrors.SignInRefused,
            $"The server refused to sign in '{target.Username}' ({refused.SqlState}).",
            "Check username and password, and that pg_hba.conf lets this role connect from this machine."),
        PostgresErrorCodes.InvalidCatalogName => new WarehouseException(
            WarehouseErrors.SettingInvalid,
            $"The server has no database '{target.Database}'.",
            "Check the setting 'database'; names are case-sensitive."),
        PostgresErrorCodes.InsufficientPrivilege => new WarehouseException(
            WarehouseErrors.PermissionDenied,
            $"The role '{target.Username}' may not do this: {what}.",
            dataset is not null
                ? PostgresSql.Grant(dataset, target.Username)
                : $"GRANT CONNECT ON DATABASE {PostgresSql.Identifier(target.Database)} TO {PostgresSql.Identifier(target.Username)};"),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName when dataset is not null => Reading.Schema.Unknown(dataset),
        PostgresErrorCodes.UndefinedColumn => new WarehouseException(
            WarehouseErrors.ColumnMissing,
            $"A column of {dataset?.ToString() ?? "the dataset"} disappeared: {what}.",
            "Look at the dataset's columns again."),
        PostgresErrorCodes.QueryCanceled => TimedOut(what),
        PostgresErrorCodes.LockNotAvailable => new WarehouseException(
            WarehouseErrors.Busy,
            $"{what} waited too long behind a lock (55P03).",
            "A schema change holds the table; the next attempt waits again.",
            isTransient: true),
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.ConfigurationLimitExceeded => new WarehouseException(
            WarehouseErrors.Busy,
            $"The server takes no further connections now ({refused.SqlState}).",
            "Raise max_connections or the role's connection limit if this lasts.",
            isTransient: true),
        "25P03" => TimedOut($"{what}: the open window was idle for too long"),
        var state => new WarehouseException(
            WarehouseErrors.QueryFailed,
            $"{what} failed with SQLSTATE {state}.",
            "Run the same SELECT with psql to see the server's own message.",
            isTransient: refused.IsTransient || state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)),
    };

    private static WarehouseException TimedOut(string what) => new(
        WarehouseErrors.TimedOut,
        $"{what} took longer than allowed.",
        "An index on the cursor column makes a window cheap to read.",
        isTransient: true);

    private static string Reason(Exception cause) => cause is SocketException socket ? $"{socket.SocketErrorCode}." : "the connection broke.";
}
