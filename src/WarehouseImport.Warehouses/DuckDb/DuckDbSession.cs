using System.Globalization;
using DuckDB.NET.Data;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>
/// One open DuckDB connection inside one read-only transaction. Opened per operation and closed after it, so that another process can write in between.
/// Blocking, as the engine is: callers run it on the thread pool.
/// </summary>
internal sealed class DuckDbSession : IDisposable
{
    private readonly DuckDBConnection _connection;
    private readonly DuckDbSource _source;
    private readonly string _path;

    private DuckDbSession(DuckDBConnection connection, DuckDbSource source, string path)
    {
        _connection = connection;
        _source = source;
        _path = path;
    }

    /// <exception cref="WarehouseException">The file is missing, busy, or no database.</exception>
    public static DuckDbSession Open(string path, DuckDbOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var source = DuckDbSource.Find(path);
        var connection = new DuckDBConnection(ConnectionString(source, options));
        var session = new DuckDbSession(connection, source, path);
        try
        {
            connection.Open();
            session.Prepare(source);
            return session;
        }
        catch (DuckDBException failure)
        {
            connection.Dispose();
            throw DuckDbErrors.Map(failure, path, "Opening the file", cancellationToken);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose() => _connection.Dispose();

    public IReadOnlyList<Dataset> ListDatasets(CancellationToken cancellationToken)
    {
        var datasets = _source.Files is { } files
            ? files.Keys.Select(name => new Dataset(name, DatasetKind.File))
            : Rows(new DuckDbStatement(DuckDbSql.Datasets, []), "Listing the datasets", cancellationToken)
                .Select(row => new Dataset(new DatasetName(row[0]!, row[1]!), row[2] == "view" ? DatasetKind.View : DatasetKind.Table));
        return [.. datasets.OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Checks the name against discovery (S7) and returns the quoted relation.</summary>
    public string Relation(DatasetName dataset, CancellationToken cancellationToken)
    {
        if (_source.Files is { } files) return files.TryGetValue(dataset, out var file) ? DuckDbSql.FileRelation(file) : throw Schema.Unknown(dataset);
        return ListDatasets(cancellationToken).Any(known => known.Name.Equals(dataset)) ? DuckDbSql.Relation(dataset) : throw Schema.Unknown(dataset);
    }

    public IReadOnlyList<DatasetColumn> Columns(DatasetName dataset, CancellationToken cancellationToken)
    {
        var relation = Relation(dataset, cancellationToken);
        var statement = _source.IsDatabase ? DuckDbSql.TableColumns(dataset) : DuckDbSql.Columns(relation);
        return Rows(new DuckDbStatement(statement, []), $"Describing {dataset}", cancellationToken)
            .ConvertAll(row => new DatasetColumn(row[0]!, row[1]!, DuckDbTypes.KindOf(row[1]!), row[2] == "YES"));
    }

    public CursorStatistics Statistics(DatasetName dataset, CursorPlan cursor, string? ceiling, CancellationToken cancellationToken)
    {
        var statement = DuckDbSql.Statistics(Relation(dataset, cancellationToken), cursor, ceiling);
        var row = Rows(statement, $"Counting the rows of {dataset}", cancellationToken)[0];
        var greatest = row[3] is { } text ? ExactText.For(cursor.Kind)?.Invoke(text) ?? text : null;
        return new CursorStatistics(Count(row[0]), Count(row[1]), Count(row[2]), greatest);
    }

    /// <summary>Runs a small statement to its end.</summary>
    public List<string?[]> Rows(DuckDbStatement statement, string what, CancellationToken cancellationToken)
    {
        try
        {
            using var command = Command(statement);
            using var cancelling = cancellationToken.Register(command.Cancel);
            using var reader = command.ExecuteReader();
            var rows = new List<string?[]>();
            while (reader.Read())
            {
                var row = new string?[reader.FieldCount];
                for (var column = 0; column < row.Length; column++)
                {
                    row[column] = reader.IsDBNull(column) ? null : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture);
                }

                rows.Add(row);
            }

            return rows;
        }
        catch (DuckDBException failure)
        {
            throw DuckDbErrors.Map(failure, _path, what, cancellationToken);
        }
    }

    public DuckDBCommand Command(DuckDbStatement statement)
    {
        var command = _connection.CreateCommand();
        command.CommandText = statement.Text;
        foreach (var parameter in statement.Parameters) command.Parameters.Add(parameter);
        return command;
    }

    /// <summary>Size and time of the data file, to notice that it was replaced while it was being read; null for a database, which is locked instead.</summary>
    public (long Length, DateTime Written)? FileStamp(DatasetName dataset)
    {
        if (_source.Files is null || !_source.Files.TryGetValue(dataset, out var file)) return null;
        var info = new FileInfo(file);
        return info.Exists ? (info.Length, info.LastWriteTimeUtc) : (-1, default);
    }

    private static long Count(string? text) => long.Parse(text!, CultureInfo.InvariantCulture);

    private static string ConnectionString(DuckDbSource source, DuckDbOptions options)
    {
        var builder = new DuckDBConnectionStringBuilder { DataSource = source.IsDatabase ? source.Path : ":memory:" };
        builder["autoinstall_known_extensions"] = "false";
        builder["autoload_known_extensions"] = "false";
        builder["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryMiB}MiB");
        builder["threads"] = options.Threads.ToString(CultureInfo.InvariantCulture);
        builder["temp_directory"] = options.SpillFolder;
        if (source.IsDatabase)
        {
            builder["access_mode"] = "READ_ONLY";
            builder["enable_external_access"] = "false";
        }

        return builder.ConnectionString;
    }

    private void Prepare(DuckDbSource source)
    {
        Execute(DuckDbSql.PinZone);
        if (source.Files is { } files)
        {
            Execute(DuckDbSql.AllowFiles(files.Values));
            Execute(DuckDbSql.ForbidOtherFiles);
            Execute(DuckDbSql.LockConfiguration);
        }
        else
        {
            // The driver shares one open database per path and compares paths without case, so on a case-sensitive disk it can hand out another file.
            using var command = Command(new DuckDbStatement(DuckDbSql.MainDatabasePath, []));
            if (command.ExecuteScalar() is not string opened || opened != source.Path)
            {
                throw new WarehouseException(
                    WarehouseErrors.Busy,
                    $"The database file '{source.Path}' cannot be opened while another file whose name differs only in case is open.",
                    "Rename one of the two files.",
                    isTransient: true);
            }
        }

        Execute(DuckDbSql.BeginReadOnly);
    }

    private void Execute(string statement)
    {
        using var command = Command(new DuckDbStatement(statement, []));
        command.ExecuteNonQuery();
    }
}
