using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>A PostgreSQL server. Each operation has its own connection, and none is kept in between.</summary>
internal sealed class PostgresWarehouse(PostgresTarget target, PostgresOptions options) : IWarehouse
{
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var items = new List<CheckItem>();
        PostgresSession session;
        try
        {
            session = await PostgresSession.OpenAsync(target, options, options.PreviewTimeout, cancellationToken);
        }
        catch (WarehouseException failure)
        {
            var isReached = failure.Code is WarehouseErrors.SignInRefused or WarehouseErrors.SettingInvalid or WarehouseErrors.PermissionDenied;
            items.Add(isReached
                ? new CheckItem("reach", true, $"{target.Host}:{target.Port} answers.", null)
                : new CheckItem("reach", false, failure.Message, failure.Fix));
            if (isReached) items.Add(new CheckItem("sign_in", false, failure.Message, failure.Fix));
            return new ConnectionCheck(items);
        }

        await using (session)
        {
            items.Add(new CheckItem("reach", true, $"{target.Host}:{target.Port} answers.", null));
            items.Add(new CheckItem("sign_in", true, $"Signed in as '{target.Username}'.", null));
            await AddAsync(items, "read_only", async () =>
            {
                var writable = await session.RowsAsync(
                    new PostgresStatement(PostgresSql.WritableDatasets, [session.SchemaArray]), "Reading the role's rights", null, cancellationToken);
                // Advice, not a failure: every transaction here is read-only, so the rights are a risk elsewhere, not an obstacle.
                return writable[0][0] == "0"
                    ? new CheckItem("read_only", true, $"The role '{target.Username}' cannot change any dataset.", null)
                    : new CheckItem(
                        "read_only",
                        true,
                        $"The role '{target.Username}' could change {writable[0][0]} datasets. Reads never use that right.",
                        "Use a role that has only SELECT.");
            });

            IReadOnlyList<Dataset> datasets = [];
            await AddAsync(items, "list_datasets", async () =>
            {
                datasets = await session.ListDatasetsAsync(cancellationToken);
                var role = PostgresSql.Identifier(target.Username);
                var schema = PostgresSql.Identifier(target.Schemas is null ? "public" : target.Schemas[0]);
                return datasets.Count > 0
                    ? new CheckItem("list_datasets", true, $"{datasets.Count} datasets found.", null)
                    : new CheckItem(
                        "list_datasets",
                        false,
                        $"The role '{target.Username}' can read no table or view.",
                        $"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};");
            });

            if (datasets.Count > 0)
            {
                var dataset = datasets[0].Name;
                await AddAsync(items, "read_dataset", async () =>
                {
                    var columns = await session.ColumnsAsync(dataset, cancellationToken);
                    if (columns.Count > 0)
                    {
                        await session.RowsAsync(PostgresSql.Probe(dataset, columns[0].Column.Name), $"Reading {dataset}", dataset, cancellationToken);
                    }

                    return new CheckItem("read_dataset", true, $"{dataset} can be read.", null);
                });
            }
        }

        await AddAsync(items, "clock", async () => new CheckItem("clock", true, $"The warehouse's time is {await GetCurrentTimeAsync(cancellationToken)}.", null));
        return new ConnectionCheck(items);
    }

    public async Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(options.PreviewTimeout, cancellationToken);
        var rows = await session.RowsAsync(PostgresSql.CurrentTime, "Reading the clock", null, cancellationToken);
        return ExactText.TimestampWithZone(rows[0][0]!);
    }

    public async Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(options.PreviewTimeout, cancellationToken);
        return await session.ListDatasetsAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(options.PreviewTimeout, cancellationToken);
        return Declared(await session.ColumnsAsync(dataset, cancellationToken));
    }

    public async Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        await using var session = await OpenAsync(options.PreviewTimeout, cancellationToken);
        var columns = (await session.ColumnsAsync(dataset, cancellationToken)).Where(column => column.Column.Kind != ColumnKind.Unreadable).ToList();
        if (columns.Count == 0) return new DatasetPreview([], []);

        var cells = await session.RowsAsync(PostgresSql.Preview(dataset, columns, rows), $"Reading {dataset}", dataset, cancellationToken);
        foreach (var row in cells)
        {
            for (var column = 0; column < row.Length; column++)
            {
                if (row[column] is { } text && ExactText.For(columns[column].Column.Kind) is { } convert) row[column] = convert(text);
            }
        }

        return new DatasetPreview(Declared(columns), cells);
    }

    public async Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(options.StatementTimeout, cancellationToken);
        var plan = CursorPlan.Resolve(dataset, Declared(await session.ColumnsAsync(dataset, cancellationToken)), cursor);
        return await session.StatisticsAsync(dataset, plan, ceiling, cancellationToken);
    }

    public async Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(options.StatementTimeout, cancellationToken);
        try
        {
            var columns = await session.ColumnsAsync(query.Dataset, cancellationToken);
            var declared = Declared(columns);
            var cursor = CursorPlan.Resolve(query.Dataset, declared, query.Cursor);
            var selected = Schema.FindReadable(query.Dataset, declared, query.Columns);
            var statistics = await session.StatisticsAsync(query.Dataset, cursor, query.To, cancellationToken);
            var cells = selected.Select(column => columns.First(candidate => candidate.Column == column)).ToList();
            var window = PostgresSql.DeclareWindow(query.Dataset, cursor, cells, query.From, query.To);
            await session.ExecuteAsync(window, $"Reading {query.Dataset}", query.Dataset, cancellationToken);
            return new PostgresWindowRead(session, query, cursor, selected, statistics);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static async Task AddAsync(List<CheckItem> items, string name, Func<Task<CheckItem>> check)
    {
        try
        {
            items.Add(await check());
        }
        catch (WarehouseException failure)
        {
            items.Add(new CheckItem(name, false, failure.Message, failure.Fix));
        }
    }

    private static IReadOnlyList<DatasetColumn> Declared(IReadOnlyList<PostgresColumn> columns) => [.. columns.Select(column => column.Column)];

    private Task<PostgresSession> OpenAsync(TimeSpan statementTimeout, CancellationToken cancellationToken) =>
        PostgresSession.OpenAsync(target, options, statementTimeout, cancellationToken);
}
