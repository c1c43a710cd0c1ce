using DuckDB.NET.Data;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>Maps what DuckDB throws to <see cref="WarehouseException"/>. Driver text is read here but never passed on: it can quote cells (S10).</summary>
internal static class DuckDbErrors
{
    public static Exception Map(DuckDBException failure, string path, string what, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return new OperationCanceledException(cancellationToken);

        var text = failure.Message;
        bool Says(string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

        if (Says("set lock on file") || Says("different configuration"))
        {
            return new WarehouseException(
                WarehouseErrors.Busy,
                $"The database file '{path}' is open for writing in another process.",
                "Close the writer between loads; the next attempt reads the file once it is free.",
                isTransient: true);
        }

        if (Says("not a valid DuckDB database") || Says("Is a directory") || Says("older version of DuckDB") || Says("newer version of DuckDB") || Says("version number"))
        {
            return new WarehouseException(
                WarehouseErrors.NotADatabase,
                $"The file '{path}' is not a DuckDB database that this version can read.",
                "Give a DuckDB database file, a .csv or .parquet file, or a folder of such files.");
        }

        if (Says("database does not exist") || Says("No files found"))
        {
            return new WarehouseException(WarehouseErrors.FileMissing, $"The file '{path}' is no longer there.", "Put the file back or change the path.");
        }

        if (Says("Permission denied"))
        {
            return new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"The server's account may not read '{path}'.",
                "Grant the account that runs the server read access to the file.");
        }

        if (Says("file system operations are disabled"))
        {
            return new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"{what} needs other files or the network, which is not allowed.",
                "Load the data into a table of the database, or point the connection at the files.");
        }

        return new WarehouseException(
            WarehouseErrors.QueryFailed,
            $"{what} failed in DuckDB ({failure.ErrorType}).",
            "Run the same SELECT with the DuckDB shell to see the engine's own message.",
            isTransient: false);
    }
}
