using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>A DuckDB database file, or CSV and Parquet files read through DuckDB.</summary>
internal sealed class DuckDbWarehouse(string path, DuckDbOptions options) : IWarehouse
{
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var items = new List<CheckItem>();
        try
        {
            items.Add(await WithSessionAsync(session => new CheckItem("reach", true, $"'{path}' can be opened.", null), cancellationToken));
            items.Add(new CheckItem("read_only", true, "The file is opened read-only.", null));
        }
        catch (WarehouseException failure)
        {
            items.Add(new CheckItem("reach", false, failure.Message, failure.Fix));
            return new ConnectionCheck(items);
        }

        IReadOnlyList<Dataset> datasets;
        try
        {
            datasets = await ListDatasetsAsync(cancellationToken);
            items.Add(datasets.Count > 0
                ? new CheckItem("list_datasets", true, $"{datasets.Count} datasets found.", null)
                : new CheckItem("list_datasets", false, "No dataset was found.", "Create a table or view, or put .csv or .parquet files into the folder."));
        }
        catch (WarehouseException failure)
        {
            items.Add(new CheckItem("list_datasets", false, failure.Message, failure.Fix));
            return new ConnectionCheck(items);
        }

        if (datasets.Count > 0)
        {
            try
            {
                await WithSessionAsync(
                    session => session.Rows(
                        new DuckDbStatement(DuckDbSql.Probe(session.Relation(datasets[0].Name, cancellationToken)), []),
                        $"Reading {datasets[0].Name}",
                        cancellationToken),
                    cancellationToken);
                items.Add(new CheckItem("read_dataset", true, $"{datasets[0].Name} can be read.", null));
            }
            catch (WarehouseException failure)
            {
                items.Add(new CheckItem("read_dataset", false, failure.Message, failure.Fix));
            }
        }

        items.Add(new CheckItem("clock", true, $"The warehouse's time is {await GetCurrentTimeAsync(cancellationToken)}.", null));
        return new ConnectionCheck(items);
    }

    /// <summary>DuckDB runs inside this process, so its clock is this machine's.</summary>
    public Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken) => WithSessionAsync(
        session => ExactText.TimestampWithZone(session.Rows(new DuckDbStatement(DuckDbSql.CurrentTime, []), "Reading the clock", cancellationToken)[0][0]!),
        cancellationToken);

    public Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken) =>
        WithSessionAsync(session => session.ListDatasets(cancellationToken), cancellationToken);

    public Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
        WithSessionAsync(session => session.Columns(dataset, cancellationToken), cancellationToken);

    public Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        return WithSessionAsync(
            session =>
            {
                var columns = session.Columns(dataset, cancellationToken).Where(column => column.Kind != ColumnKind.Unreadable).ToList();
                if (columns.Count == 0) return new DatasetPreview(columns, []);
                var statement = new DuckDbStatement(DuckDbSql.Preview(session.Relation(dataset, cancellationToken), columns, rows), []);
                var cells = session.Rows(statement, $"Reading {dataset}", cancellationToken);
                foreach (var row in cells)
                {
                    for (var column = 0; column < row.Length; column++)
                    {
                        if (row[column] is { } text && ExactText.For(columns[column].Kind) is { } convert) row[column] = convert(text);
                    }
                }

                return new DatasetPreview(columns, cells);
            },
            cancellationToken);
    }

    public Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken) =>
        WithSessionAsync(session => session.Statistics(dataset, Plan(session, dataset, cursor, cancellationToken).Cursor, ceiling, cancellationToken), cancellationToken);

    public Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken) => Task.Run<IWindowRead>(
        () =>
        {
            var session = DuckDbSession.Open(path, options, cancellationToken);
            try
            {
                var stamp = session.FileStamp(query.Dataset);
                var (columns, cursor) = Plan(session, query.Dataset, query.Cursor, cancellationToken);
                var selected = Schema.FindReadable(query.Dataset, columns, query.Columns);
                var statistics = session.Statistics(query.Dataset, cursor, query.To, cancellationToken);
                return new DuckDbWindowRead(session, path, query, session.Relation(query.Dataset, cancellationToken), cursor, selected, statistics, stamp);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        },
        cancellationToken);

    private static (IReadOnlyList<DatasetColumn> Columns, CursorPlan Cursor) Plan(
        DuckDbSession session,
        DatasetName dataset,
        CursorColumn cursor,
        CancellationToken cancellationToken)
    {
        var columns = session.Columns(dataset, cancellationToken);
        var plan = CursorPlan.Resolve(dataset, columns, cursor);
        DuckDbSql.CheckCursor(plan);
        return (columns, plan);
    }

    private Task<T> WithSessionAsync<T>(Func<DuckDbSession, T> use, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var session = DuckDbSession.Open(path, options, cancellationToken);
            return use(session);
        },
        cancellationToken);
}
