using WarehouseImport.Warehouses.BigQuery.Storage;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>A BigQuery project. Holds a token and no connection of its own.</summary>
internal sealed partial class BigQueryWarehouse : IWarehouse
{
    public const string PartitionFilterNotice = "bigquery_partition_filter";

    private const int ListConcurrency = 4;

    private static readonly BigQueryField TextField = new(BigQuerySql.StatisticsColumn, "STRING");

    private readonly BigQueryTarget _target;
    private readonly BigQueryOptions _options;
    private readonly WarehouseHttpFactory _http;
    private readonly BigQueryApi _api;
    private readonly StorageReader? _storage;

    public BigQueryWarehouse(BigQueryTarget target, WarehouseHttpFactory http, BigQueryOptions options)
    {
        _target = target;
        _options = options;
        _http = http;
        _api = new BigQueryApi(target, options, http);
        _storage = target.UsesStorage ? new StorageReader(target, options, http, _api.Tokens) : null;
    }

    public ValueTask DisposeAsync()
    {
        _storage?.Dispose();
        return ValueTask.CompletedTask;
    }

    public async Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            BigQuerySql.CurrentTime, _target.Location, [new BigQueryField("now", "TIMESTAMP")], 1, _options.LookTimeout, "Reading the clock", null, cancellationToken);
        return rows.Count == 1 && rows.Column(0)[0] is { } now
            ? now
            : throw new WarehouseException(WarehouseErrors.AnswerDamaged, "Reading the clock failed: BigQuery answered no row.", isTransient: true);
    }

    public async Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken)
    {
        var names = _target.Datasets ?? await ListDatasetNamesAsync(cancellationToken);
        var found = new List<Dataset>[names.Count];
        await Parallel.ForAsync(
            0,
            names.Count,
            new ParallelOptions { MaxDegreeOfParallelism = ListConcurrency, CancellationToken = cancellationToken },
            async (index, token) => found[index] = await ListTablesAsync(names[index], token));
        return [.. found.SelectMany(datasets => datasets).OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
        (await FindAsync(dataset, cancellationToken)).Declared;

    public async Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var table = await FindAsync(dataset, cancellationToken);
        var readable = table.Columns.Where(column => column.Column.Kind != ColumnKind.Unreadable).ToList();
        if (readable.Count == 0) return new DatasetPreview([], []);

        BigQueryRows read;
        IReadOnlyList<int> places;
        if (table.IsStored)
        {
            // Free of charge, which a query is not, however few rows it asks for (section 6).
            read = new BigQueryRows(table.Columns.Count, Math.Max(rows, 1));
            places = [.. readable.Select(column => table.Columns.ToList().IndexOf(column))];
            string? token = null;
            do
            {
                var answer = await _api.ListRowsAsync(table, rows - read.Count, token, read, cancellationToken);
                token = answer.PageToken;
            }
            while (token is not null && read.Count < rows);
        }
        else
        {
            read = await RowsAsync(
                BigQuerySql.Preview(table, readable, rows), table.Location, [.. readable.Select(column => column.Field)], rows, _options.LookTimeout, $"Reading {dataset}", dataset, cancellationToken);
            places = [.. Enumerable.Range(0, readable.Count)];
        }

        var cells = new List<IReadOnlyList<string?>>();
        for (var row = 0; row < read.Count; row++) cells.Add([.. places.Select(place => read.Column(place)[row])]);
        return new DatasetPreview([.. readable.Select(column => column.Column)], cells);
    }

    public async Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken)
    {
        var table = await FindAsync(dataset, cancellationToken);
        var plan = CursorPlan.Resolve(dataset, table.Declared, cursor);
        var rows = await RowsAsync(
            BigQuerySql.Statistics(table, plan, ceiling), table.Location, [TextField, CursorField(table, plan)], 1, _options.JobTimeout, $"Counting the rows of {dataset}", dataset, cancellationToken);
        return rows.Count == 1
            ? BigQuerySql.ParseCounts(rows.Column(0)[0], rows.Column(1)[0])
            : throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"Counting the rows of {dataset} failed: BigQuery answered {rows.Count} rows.", isTransient: true);
    }

    public async Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.PageRows, 1);
        _api.Observer = query.Observer;
        var window = await PrepareAsync(query, cancellationToken);
        if (window.Table.RequiredFilter is { LeavesOut: true } filter)
        {
            query.Observer.Notice(new WarehouseNotice(
                PartitionFilterNotice,
                $"{query.Dataset} asks every query for a filter on {filter.Column}. Rows without a value there are neither read nor counted.",
                $"If there are such rows, read a view over {query.Dataset} that includes them."));
        }

        var result = await new BigQueryJob(_api, _target, _options).RunAsync(query, window.Table, window.Statement, window.Fields, cancellationToken);
        return new BigQueryWindowRead(_api, _storage, _options, query, window.Columns, result);
    }

    public async Task<ReadEstimate?> EstimateAsync(WindowQuery query, CancellationToken cancellationToken)
    {
        var window = await PrepareAsync(query, cancellationToken);
        var job = await _api.DryRunAsync(window.Statement, window.Table.Location ?? _target.Location, query.Origin, $"Estimating {query.Dataset}", query.Dataset, cancellationToken);
        if (job.Status?.ErrorResult is { } error) throw _api.Errors.Of(error, $"Estimating {query.Dataset}", query.Dataset);
        return (job.Statistics?.TotalBytesProcessed ?? job.Statistics?.Query?.TotalBytesProcessed) is { } bytes
            ? new ReadEstimate(bytes, _target.MaximumBytesBilled)
            : throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"Estimating {query.Dataset} failed: BigQuery answered no number of bytes.", isTransient: true);
    }

    private static BigQueryField CursorField(BigQueryTable table, CursorPlan plan) =>
        table.Columns.First(column => column.Column == plan.First).Field with { Name = BigQuerySql.CursorName, Mode = null };

    private async Task<PreparedWindow> PrepareAsync(WindowQuery query, CancellationToken cancellationToken)
    {
        var table = await FindAsync(query.Dataset, cancellationToken);
        var declared = table.Declared;
        var cursor = CursorPlan.Resolve(query.Dataset, declared, query.Cursor);
        var columns = Schema.FindReadable(query.Dataset, declared, query.Columns);
        var selected = columns.Select(column => table.Columns.First(candidate => candidate.Column == column)).ToList();
        var statement = BigQuerySql.Window(table, cursor, selected, query.From, query.To, _target.UsesStorage);
        List<BigQueryField> fields = [TextField, CursorField(table, cursor), .. selected.Select(column => column.Field)];
        if (_target.UsesStorage) fields.Add(new BigQueryField(BigQuerySql.RowNumberColumn, "INTEGER"));
        return new PreparedWindow(table, columns, statement, fields);
    }

    private async Task<BigQueryTable> FindAsync(DatasetName dataset, CancellationToken cancellationToken)
    {
        // Also throws for names the service cannot hold, so that they never reach a path or a statement (S7).
        BigQuerySql.Relation(_target.DataProject, dataset);
        if (_target.Datasets is { } names && !names.Contains(dataset.Parts[0], StringComparer.Ordinal)) throw Schema.Unknown(dataset);
        var table = await _api.GetTableAsync(_target.DataProject, dataset.Parts[0], dataset.Parts[1], dataset, cancellationToken);
        return BigQueryTable.From(dataset, _target.DataProject, table);
    }

    private async Task<IReadOnlyList<string>> ListDatasetNamesAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? token = null;
        do
        {
            var page = await _api.ListDatasetsAsync(token, cancellationToken);
            names.AddRange((page.Datasets ?? []).Select(dataset => dataset.DatasetReference.DatasetId));
            token = page.NextPageToken;
        }
        while (!string.IsNullOrEmpty(token));
        return names;
    }

    private async Task<List<Dataset>> ListTablesAsync(string dataset, CancellationToken cancellationToken)
    {
        var tables = new List<Dataset>();
        string? token = null;
        do
        {
            var page = await _api.ListTablesAsync(dataset, token, cancellationToken);
            tables.AddRange((page.Tables ?? []).Select(table => new Dataset(new DatasetName(dataset, table.TableReference.TableId), BigQueryTable.KindOf(table.Type))));
            token = page.NextPageToken;
        }
        while (!string.IsNullOrEmpty(token));
        return tables;
    }

    /// <summary>A small query to its end.</summary>
    private async Task<BigQueryRows> RowsAsync(
        BigQueryStatement statement, string? location, IReadOnlyList<BigQueryField> fields, int maxRows, TimeSpan limit, string what, DatasetName? dataset, CancellationToken cancellationToken)
    {
        var rows = new BigQueryRows(fields.Count, Math.Max(maxRows, 1));
        var wait = limit < _options.PollTimeout ? limit : _options.PollTimeout;
        var answer = await _api.QueryAsync(statement, location, fields, rows, wait, limit, maxRows, what, dataset, cancellationToken);
        var started = _api.Clock.GetTimestamp();
        while (!answer.IsComplete || (answer.PageToken is not null && rows.Count < maxRows))
        {
            var job = answer.Job ?? throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"{what} failed: BigQuery named no job.", isTransient: true);
            if (!answer.IsComplete && _api.Clock.GetElapsedTime(started) > limit)
            {
                await _api.CancelAsync(job, cancellationToken);
                throw new WarehouseException(WarehouseErrors.TimedOut, $"{what} took longer than {limit.TotalSeconds:0} s.", null, isTransient: true);
            }

            answer = await _api.GetResultsAsync(job, rows.Count, answer.PageToken, maxRows - rows.Count, wait, fields, rows, what, dataset, cancellationToken) is var next && next.Job is null
                ? next with { Job = job }
                : next;
        }

        return rows;
    }

    private sealed record PreparedWindow(BigQueryTable Table, IReadOnlyList<DatasetColumn> Columns, BigQueryStatement Statement, IReadOnlyList<BigQueryField> Fields);
}
