using System.Globalization;
using System.Runtime.CompilerServices;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// A window as Snowflake's stored result (R4 level a). Page numbers follow from the numbers of rows of its partitions and from the page size alone, so a later process
/// that has the handle finds the same rows under the same numbers and fetches only the partitions it needs (R5).
/// </summary>
internal sealed class SnowflakeWindowRead : IWindowRead
{
    private readonly SnowflakeClient _client;
    private readonly SnowflakeAnswer _first;
    private readonly WindowQuery _query;
    private readonly SnowflakeCall _call;
    private readonly int _parallel;
    private readonly SnowflakeRows _rows;

    private SnowflakeWindowRead(
        SnowflakeClient client, SnowflakeAnswer first, WindowQuery query, SnowflakeCall call, int parallel, SnowflakeRows rows, CursorStatistics statistics)
    {
        _client = client;
        _first = first;
        _query = query;
        _call = call;
        _parallel = parallel;
        _rows = rows;
        Statistics = statistics;
        Columns = [.. query.Columns.Select((name, index) => first.Columns[SnowflakeSql.FirstColumnIndex + index].Declared with { Name = name })];
    }

    public PagingLevel Level => PagingLevel.StoredResult;

    public bool IsStoredResult => _first.Handle == _query.Statement;

    public CursorStatistics Statistics { get; }

    public IReadOnlyList<DatasetColumn> Columns { get; }

    /// <summary>Takes the answer over and reads its row of statistics.</summary>
    public static async Task<SnowflakeWindowRead> OpenAsync(
        SnowflakeClient client, SnowflakeAnswer first, WindowQuery query, SnowflakeCall call, int parallel, CancellationToken cancellationToken)
    {
        try
        {
            if (first.Columns.Count != SnowflakeSql.FirstColumnIndex + query.Columns.Count || first.Rows == 0)
            {
                throw new WarehouseException(WarehouseErrors.QueryFailed, $"{call.What} failed: the stored result is not that of this window.");
            }

            var rows = new SnowflakeRows(first.Columns, client.MaxCellBytes, call.What);
            var counts = (await rows.ReadAsync(first.Body, 1, cancellationToken))[0];
            var window = Count(counts[SnowflakeSql.WindowIndex]);
            if (first.TotalRows - 1 != window)
            {
                throw new WarehouseException(
                    WarehouseErrors.QueryFailed,
                    FormattableString.Invariant($"{call.What} failed: Snowflake delivered {first.TotalRows - 1} rows of a window of {window}."),
                    "The account or user has ROWS_PER_RESULTSET set (ALTER USER … UNSET ROWS_PER_RESULTSET;), or the view gives other rows each time it is read.");
            }

            var statistics = new CursorStatistics(
                Count(counts[SnowflakeSql.TotalIndex]), Count(counts[SnowflakeSql.NullIndex]), Count(counts[SnowflakeSql.AboveIndex]), counts[SnowflakeSql.CursorIndex]);
            return new SnowflakeWindowRead(client, first, query, call, parallel, rows, statistics);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        cancellationToken.ThrowIfCancellationRequested();
        var (partition, page) = Find(firstPage);
        var ahead = new Queue<Task<SnowflakeAnswer>>();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var next = partition;
            for (var number = firstPage; partition < _first.Partitions.Count; partition++, page = 0)
            {
                while (next < _first.Partitions.Count && ahead.Count < _parallel) ahead.Enqueue(FetchAsync(next++, stopping.Token));
                var fetched = ahead.Dequeue();
                var answer = await fetched;
                try
                {
                    var builder = new PageBuilder(Columns.Count, _query.PageRows, number, long.MaxValue);
                    var skip = checked((page * _query.PageRows) + (partition == 0 ? 1 : 0));
                    await foreach (var rows in _rows.ReadPagesAsync(answer.Body, skip, SnowflakeSql.CursorIndex, SnowflakeSql.FirstColumnIndex, builder, cancellationToken))
                    {
                        number++;
                        yield return rows;
                    }
                }
                finally
                {
                    if (answer != _first) answer.Dispose();
                }
            }
        }
        finally
        {
            await stopping.CancelAsync();
            foreach (var fetching in ahead) await DropAsync(fetching);
        }
    }

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<SnowflakeAnswer> FetchAsync(int partition, CancellationToken cancellationToken) =>
        partition == 0 ? Task.FromResult(_first) : _client.FetchAsync(_first.Handle!, partition, _first.Partitions[partition], _call, cancellationToken);

    private async Task DropAsync(Task<SnowflakeAnswer> fetching)
    {
        try
        {
            var answer = await fetching;
            if (answer != _first) answer.Dispose();
        }
        catch (Exception failure) when (failure is OperationCanceledException or WarehouseException)
        {
            // Nobody waits for this partition any more; the reader already has the failure that ended the read.
            return;
        }
    }

    /// <summary>The partition a page lies in, and its place there.</summary>
    private (int Partition, int Page) Find(int firstPage)
    {
        var page = firstPage;
        for (var partition = 0; partition < _first.Partitions.Count; partition++)
        {
            var rows = _first.Partitions[partition].Rows - (partition == 0 ? 1 : 0);
            var pages = (rows + _query.PageRows - 1) / _query.PageRows;
            if (page < pages) return (partition, page);
            page -= pages;
        }

        return (_first.Partitions.Count, 0);
    }

    private static long Count(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
        : throw new WarehouseException(WarehouseErrors.QueryFailed, "The statistics of the window are missing from its result.");
}
