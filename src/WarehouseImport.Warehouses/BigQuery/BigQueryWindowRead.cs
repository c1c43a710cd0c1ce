using System.Runtime.CompilerServices;
using WarehouseImport.Warehouses.BigQuery.Storage;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>
/// A window read from the stored result of its job (R4 level a). Page n is always the rows from n × <see cref="WindowQuery.PageRows"/> on, so a page number means the
/// same rows in every process; answers of the service end where its own limit of about 10 MB cuts them, and are joined here.
/// </summary>
/// <param name="storage">The faster way for large results, or null for REST alone.</param>
internal sealed class BigQueryWindowRead(
    BigQueryApi api, StorageReader? storage, BigQueryOptions options, WindowQuery query, IReadOnlyList<DatasetColumn> columns, BigQueryResult result) : IWindowRead
{
    /// <summary>The row with the counts stands in front of the window's.</summary>
    private const int RowsInFront = 1;

    /// <summary>The counts and the cursor stand in front of the requested columns.</summary>
    private const int ColumnsInFront = 2;

    private readonly string _what = $"Reading {query.Dataset}";
    private string? _nextToken;
    private long _nextRow = -1;

    public PagingLevel Level => PagingLevel.StoredResult;

    public bool IsStoredResult => result.IsStored;

    public CursorStatistics Statistics => result.Statistics;

    public IReadOnlyList<DatasetColumn> Columns => columns;

    public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        var pages = (result.Rows + query.PageRows - 1) / query.PageRows;
        cancellationToken.ThrowIfCancellationRequested();
        if (storage is not null && result.Rows - ((long)firstPage * query.PageRows) >= Math.Max(options.StorageMinimumRows, 1)
            && await FindTableAsync(cancellationToken) is { } table)
        {
            await foreach (var page in storage.ReadAsync(table, result, firstPage, query.PageRows, query.Observer, cancellationToken))
            {
                firstPage = page.Number + 1;
                yield return page;
            }
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<RowPage>? following = firstPage < pages ? ReadPageAsync(firstPage, stopping.Token) : null;
        try
        {
            for (var number = firstPage; following is not null; number++)
            {
                var page = await following;
                following = number + 1 < pages ? ReadPageAsync(number + 1, stopping.Token) : null;
                yield return page;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            if (following is not null) await following.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>The job has ended by the time a window is open, so there is nothing left to stop; BigQuery drops the result by itself after about a day.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The anonymous table that holds the result (section 7).</summary>
    private async Task<TableReference?> FindTableAsync(CancellationToken cancellationToken) =>
        (await api.GetJobAsync(result.Job, _what, query.Dataset, cancellationToken)).Configuration?.Query?.DestinationTable;

    private async Task<RowPage> ReadPageAsync(int number, CancellationToken cancellationToken)
    {
        var first = (long)number * query.PageRows;
        var wanted = (int)Math.Min(query.PageRows, result.Rows - first);
        var rows = new BigQueryRows(result.Fields.Count, wanted);
        while (rows.Count < wanted)
        {
            var row = RowsInFront + first + rows.Count;
            var before = rows.Count;
            var answer = await api.GetResultsAsync(
                result.Job, row, row == _nextRow ? _nextToken : null, wanted - before, options.PollTimeout, result.Fields, rows, _what, query.Dataset, cancellationToken);
            if (!answer.IsComplete || rows.Count == before || answer.TotalRows is { } total && total != result.Rows + RowsInFront)
            {
                throw new WarehouseException(
                    WarehouseErrors.AnswerDamaged,
                    $"{_what} failed: the stored result should have {result.Rows + RowsInFront} rows and brought {answer.TotalRows} with {rows.Count - before} from row {row} on.",
                    "The next attempt reads the window again.",
                    isTransient: true);
            }

            // A token is cheaper than a row number (section 2), but another process knows only the latter.
            _nextRow = RowsInFront + first + rows.Count;
            _nextToken = answer.PageToken;
        }

        return ToPage(number, rows);
    }

    private RowPage ToPage(int number, BigQueryRows rows)
    {
        var cursor = rows.Take(ColumnsInFront - 1, 1)[0];
        if (Array.Exists(cursor, text => text is null))
            throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"{_what} failed: a row of the result has no cursor.", null, isTransient: true);
        return new RowPage(number, cursor!, rows.Take(ColumnsInFront, columns.Count));
    }
}
