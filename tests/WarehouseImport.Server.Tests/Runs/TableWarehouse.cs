using System.Runtime.CompilerServices;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Tests.Runs;

/// <summary>A warehouse of tables in memory, all of the same columns; the last one is the cursor.</summary>
internal sealed class TableWarehouse(TimeProvider time) : IRunWarehouses, IWarehouse
{
    private static readonly DatasetColumn[] Columns =
    [
        new("id", "text", ColumnKind.Text, true), new("email", "text", ColumnKind.Text, true), new("phone", "text", ColumnKind.Text, true), new("name", "text", ColumnKind.Text, true),
        new("consent", "text", ColumnKind.Text, true), new("changed", "timestamptz", ColumnKind.TimestampWithZone, true),
    ];

    private static readonly int Cursor = Columns.Length - 1;

    /// <summary>Rows by the last part of a dataset's name.</summary>
    public Dictionary<string, string?[][]> Tables { get; } = new(StringComparer.Ordinal);

    public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken) => Task.FromResult<IWarehouse>(this);

    public Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(new ConnectionCheck([]));

    public Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken) => Task.FromResult(SourceInstant.FromDateTimeOffset(time.GetUtcNow()).ToString());

    public Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Dataset>>([]);

    public Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DatasetColumn>>(Columns);

    public Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken) => Task.FromResult(new DatasetPreview(Columns, []));

    public Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken) =>
        Task.FromResult(Statistics(dataset, ceiling));

    public Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken) => Task.FromResult<IWindowRead>(new Window(this, query));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private CursorStatistics Statistics(DatasetName dataset, string? ceiling)
    {
        var rows = Tables[dataset.Parts[^1]];
        var dated = rows.Select(row => row[Cursor]).OfType<string>().ToList();
        return new CursorStatistics(
            rows.Length,
            rows.Length - dated.Count,
            ceiling is null ? 0 : dated.Count(text => SourceInstant.Parse(text) > SourceInstant.Parse(ceiling)),
            dated.MaxBy(SourceInstant.Parse));
    }

    private sealed class Window(TableWarehouse warehouse, WindowQuery query) : IWindowRead
    {
        public PagingLevel Level => PagingLevel.Snapshot;

        public bool IsStoredResult => false;

        public CursorStatistics Statistics { get; } = warehouse.Statistics(query.Dataset, query.To);

        public IReadOnlyList<DatasetColumn> Columns { get; } = [.. query.Columns.Select(name => TableWarehouse.Columns.First(column => column.Name == name))];

        public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            var from = query.From is { } text ? SourceInstant.Parse(text) : SourceInstant.MinValue;
            var rows = warehouse.Tables[query.Dataset.Parts[^1]]
                .Where(row => row[Cursor] is { } cursor && SourceInstant.Parse(cursor) >= from && SourceInstant.Parse(cursor) <= SourceInstant.Parse(query.To))
                .OrderBy(row => SourceInstant.Parse(row[Cursor]!));
            var positions = query.Columns.Select(name => Array.FindIndex(TableWarehouse.Columns, column => column.Name == name)).ToArray();
            foreach (var (number, page) in rows.Chunk(query.PageRows).Index().Skip(firstPage))
                yield return new RowPage(number, [.. page.Select(row => row[Cursor]!)], [.. positions.Select(position => page.Select(row => row[position]).ToArray())]);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
