using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>One connection inside one read-only repeatable-read transaction: whatever is asked of it sees the same picture.</summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly PostgresTarget _target;

    private PostgresSession(NpgsqlConnection connection, PostgresTarget target)
    {
        _connection = connection;
        _target = target;
    }

    public static async Task<PostgresSession> OpenAsync(PostgresTarget target, PostgresOptions options, TimeSpan statementTimeout, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await target.ConnectAsync(options, cancellationToken);
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSql.Begin));
            foreach (var setting in PostgresSql.Settings(options, statementTimeout)) batch.BatchCommands.Add(new NpgsqlBatchCommand(setting));
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return new PostgresSession(connection, target);
        }
        catch (Exception failure) when (IsDriverFailure(failure))
        {
            if (connection is not null) await connection.DisposeAsync();
            throw PostgresErrors.Map(failure, target, "Connecting", null, cancellationToken);
        }
        catch
        {
            if (connection is not null) await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closing the connection ends the transaction and, with it, a window that is still open.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public async Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(new PostgresStatement(PostgresSql.Datasets, [SchemaArray]), "Listing the datasets", null, cancellationToken);
        return [.. rows
            .Select(row => new Dataset(
                new DatasetName(row[0]!, row[1]!),
                row[2] switch { "v" => DatasetKind.View, "m" => DatasetKind.MaterializedView, _ => DatasetKind.Table }))
            .OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The columns of a dataset that discovery knows (S7).</summary>
    public async Task<IReadOnlyList<PostgresColumn>> ColumnsAsync(DatasetName dataset, CancellationToken cancellationToken)
    {
        if (dataset.Parts.Count != 2 || dataset.Parts.Any(part => part.Contains('\0', StringComparison.Ordinal))) throw Schema.Unknown(dataset);
        var found = await RowsAsync(
            new PostgresStatement(PostgresSql.Dataset, [SchemaArray, dataset.Parts[0], dataset.Parts[1]]),
            $"Finding {dataset}",
            dataset,
            cancellationToken);
        if (found.Count == 0) throw Schema.Unknown(dataset);

        var rows = await RowsAsync(new PostgresStatement(PostgresSql.Columns, [found[0][0]]), $"Describing {dataset}", dataset, cancellationToken);
        return rows.ConvertAll(row =>
        {
            var (kind, form) = PostgresTypes.Of(row[3]!, row[4]![0], row[5]![0], row[6] == "t");
            if (row[7] != "0") (kind, form) = PostgresTypes.ArrayOf(kind);
            return new PostgresColumn(new DatasetColumn(row[0]!, row[1]!, kind, row[2] == "f"), form);
        });
    }

    public async Task<CursorStatistics> StatisticsAsync(DatasetName dataset, CursorPlan cursor, string? ceiling, CancellationToken cancellationToken)
    {
        var statement = PostgresSql.Statistics(dataset, cursor, ceiling);
        var row = (await RowsAsync(statement, $"Counting the rows of {dataset}", dataset, cancellationToken))[0];
        var greatest = row[3] is { } text ? ExactText.For(cursor.Kind)?.Invoke(text) ?? text : null;
        return new CursorStatistics(Count(row[0]), Count(row[1]), Count(row[2]), greatest);
    }

    public async Task ExecuteAsync(PostgresStatement statement, string what, DatasetName? dataset, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = Command(statement);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception failure) when (IsDriverFailure(failure))
        {
            throw Map(failure, what, dataset, cancellationToken);
        }
    }

    /// <summary>Runs a small statement to its end.</summary>
    public async Task<List<string?[]>> RowsAsync(PostgresStatement statement, string what, DatasetName? dataset, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = Command(statement);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<string?[]>();
            while (await reader.ReadAsync(cancellationToken))
            {
                var row = new string?[reader.FieldCount];
                for (var column = 0; column < row.Length; column++) row[column] = reader.IsDBNull(column) ? null : reader.GetString(column);
                rows.Add(row);
            }

            return rows;
        }
        catch (Exception failure) when (IsDriverFailure(failure))
        {
            throw Map(failure, what, dataset, cancellationToken);
        }
    }

    public NpgsqlCommand Command(PostgresStatement statement)
    {
        // Text results are the server's own output functions: exact for every type, and the same on old and new servers.
        var command = new NpgsqlCommand(statement.Text, _connection) { AllResultTypesAreUnknown = true };
        foreach (var value in statement.Values)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = (object?)value ?? DBNull.Value });
        }

        return command;
    }

    public Exception Map(Exception failure, string what, DatasetName? dataset, CancellationToken cancellationToken) =>
        PostgresErrors.Map(failure, _target, what, dataset, cancellationToken);

    /// <summary>Also a cancellation nobody asked for: the driver reports some broken connections that way.</summary>
    public static bool IsDriverFailure(Exception failure) =>
        failure is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException;

    // As an array literal, because every parameter travels as text.
    public string? SchemaArray => _target.Schemas is null
        ? null
        : $"{{{string.Join(',', _target.Schemas.Select(name => $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}}}";

    private static long Count(string? text) => long.Parse(text!, CultureInfo.InvariantCulture);
}
