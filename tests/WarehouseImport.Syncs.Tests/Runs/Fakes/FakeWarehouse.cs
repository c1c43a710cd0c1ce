using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <param name="Instant">Exact text of the cursor, or null.</param>
sealed record SourceRow(string? Instant, string? Id, string? Name);

/// <summary>A dataset of three columns that a test writes to while runs read it. Every opened window is a picture of its moment.</summary>
sealed class FakeWarehouse(TimeProvider clock) : IRunWarehouses
{
    private readonly Dictionary<Guid, List<SourceRow>> _storedResults = [];
    private int _expired;

    public List<SourceRow> Rows { get; } = [];

    public List<DatasetColumn> Columns { get; } =
    [
        new("id", "text", ColumnKind.Text, true),
        new("name", "text", ColumnKind.Text, true),
        new("modified_at", "timestamptz", ColumnKind.TimestampWithZone, true),
    ];

    /// <summary>Added to the clock: the warehouse's own time.</summary>
    public TimeSpan ClockDifference { get; set; }

    /// <summary>Ties come in another order every time they are asked for; else in the order of the rows.</summary>
    public bool ShufflesTies { get; set; }

    public PagingLevel Level { get; set; } = PagingLevel.Snapshot;

    public List<WindowQuery> Queries { get; } = [];

    /// <summary>Called with the number of every page before it is delivered.</summary>
    public Func<int, Task>? BeforePage { get; set; }

    /// <summary>As <see cref="BeforePage"/>, with the token that ends the reading.</summary>
    public Func<int, CancellationToken, Task>? HoldPage { get; set; }

    /// <summary>Called when a connection is opened.</summary>
    public Action? OnOpen { get; set; }

    public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        OnOpen?.Invoke();
        return Task.FromResult<IWarehouse>(new Connection(this));
    }

    /// <summary>What the warehouse calls a statement; only a <see cref="PagingLevel.StoredResult"/> has a name.</summary>
    public string StatementOf(Guid requestId) => $"statement-{requestId}-{_expired}";

    /// <summary>Called when a statement was accepted, before its window is opened.</summary>
    public Func<Task>? AfterStatement { get; set; }

    /// <summary>A window asked for again is another statement from here on.</summary>
    public void ExpireStoredResults()
    {
        _storedResults.Clear();
        _expired++;
    }

    private CursorStatistics Statistics(string? ceiling) => new(
        Rows.Count,
        Rows.Count(row => row.Instant is null),
        ceiling is null ? 0 : Rows.Count(row => row.Instant is not null && SourceInstant.Parse(row.Instant) > SourceInstant.Parse(ceiling)),
        Rows.Where(row => row.Instant is not null).MaxBy(row => SourceInstant.Parse(row.Instant!))?.Instant);

    private sealed class Connection(FakeWarehouse warehouse) : IWarehouse
    {
        public Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(new ConnectionCheck([]));

        public Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken) =>
            Task.FromResult(SourceInstant.FromDateTimeOffset(warehouse.Clock + warehouse.ClockDifference).ToString());

        public Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Dataset>>([]);

        public Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DatasetColumn>>([.. warehouse.Columns]);

        public Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken) =>
            Task.FromResult(new DatasetPreview(warehouse.Columns, []));

        public Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken) =>
            Task.FromResult(warehouse.Statistics(ceiling));

        public async Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken)
        {
            warehouse.Queries.Add(query);
            var isStored = warehouse.Level == PagingLevel.StoredResult && warehouse._storedResults.ContainsKey(query.RequestId);
            var rows = isStored ? warehouse._storedResults[query.RequestId] : warehouse.Select(query);
            if (warehouse.Level == PagingLevel.StoredResult) warehouse._storedResults[query.RequestId] = rows;
            if (warehouse.Level == PagingLevel.StoredResult) await query.Observer.StatementAcceptedAsync(warehouse.StatementOf(query.RequestId), cancellationToken);
            if (warehouse.AfterStatement is { } after) await after();
            return new WindowRead(warehouse, query, rows, isStored);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private DateTimeOffset Clock => clock.GetUtcNow();

    private List<SourceRow> Select(WindowQuery query)
    {
        var from = query.From is null ? SourceInstant.MinValue : SourceInstant.Parse(query.From);
        var to = SourceInstant.Parse(query.To);
        return [.. Rows
            .Where(row => row.Instant is not null && SourceInstant.Parse(row.Instant) >= from && SourceInstant.Parse(row.Instant) <= to)
            .OrderBy(row => SourceInstant.Parse(row.Instant!))
            .ThenBy(row => !ShufflesTies ? 0 : XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(row.ToString()), Queries.Count))];
    }

    private sealed class WindowRead(FakeWarehouse warehouse, WindowQuery query, List<SourceRow> rows, bool isStored) : IWindowRead
    {
        /// <summary>Ties come in another order every time they are asked for; else in the order of the rows.</summary>
        public bool ShufflesTies { get; set; }

        public PagingLevel Level => warehouse.Level;

        public bool IsStoredResult => isStored;

        public CursorStatistics Statistics { get; } = warehouse.Statistics(query.To);

        public IReadOnlyList<DatasetColumn> Columns { get; } = [.. query.Columns.Select(name => warehouse.Columns.First(column => column.Name == name))];

        public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var (number, page) in rows.Chunk(query.PageRows).Index().Skip(firstPage))
            {
                if (warehouse.BeforePage is { } hook) await hook(number);
                if (warehouse.HoldPage is { } hold) await hold(number, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                yield return new RowPage(number, [.. page.Select(row => row.Instant!)], [.. query.Columns.Select(name => page.Select(row => Cell(row, name)).ToArray())]);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static string? Cell(SourceRow row, string column) => column switch
        {
            "id" => row.Id,
            "name" => row.Name,
            _ => row.Instant,
        };
    }
}
