using System.Runtime.CompilerServices;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Shows a file to the run engine as a stored result: the same file always gives the same pages, so an interrupted run goes on where it stood.</summary>
internal sealed class UploadWarehouse(UploadInput input, TimeProvider time) : IRunWarehouses, IWarehouse
{
    /// <summary>Rows of a page. Fixed, not a setting: page numbers of an interrupted run must mean the same rows after a restart.</summary>
    public const int PageRows = 2_000;

    /// <summary>Characters after which a page ends early, so that wide rows do not multiply by <see cref="PageRows"/>.</summary>
    private const int PageCharacters = 4 * 1024 * 1024;

    public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken) => Task.FromResult<IWarehouse>(this);

    public Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(new ConnectionCheck([]));

    public Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken) => Task.FromResult(SourceInstant.FromDateTimeOffset(time.GetUtcNow()).ToString());

    public Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Dataset>>([]);

    public Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DatasetColumn>>(UploadMappings.MapperColumns(input.Columns, input.Plan.ModifiedAt));

    public Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken) =>
        Task.FromResult(new DatasetPreview(UploadScan.ToColumns(input.Columns), []));

    public Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken) =>
        Task.FromResult(new CursorStatistics(input.Rows, 0, 0, null));

    public Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken) => Task.FromResult<IWindowRead>(new FileRead(input));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class FileRead(UploadInput input) : IWindowRead
    {
        public PagingLevel Level => PagingLevel.StoredResult;

        public bool IsStoredResult => true;

        public CursorStatistics Statistics { get; } = new(input.Rows, 0, 0, null);

        public IReadOnlyList<DatasetColumn> Columns { get; } = UploadScan.ToColumns(input.Columns);

        public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await using var stream = await input.OpenAsync(cancellationToken);
            var reader = await CsvReader.OpenAsync(stream, cancellationToken);
            var rows = new List<CsvRecord>(PageRows);
            var characters = 0;
            var number = 0;
            while (await reader.ReadAsync(cancellationToken) is { } record)
            {
                rows.Add(record);
                foreach (var cell in record.Cells) characters += cell?.Length ?? 0;
                if (rows.Count < PageRows && characters < PageCharacters) continue;
                if (number >= firstPage) yield return ToPage(number, rows);
                number++;
                rows.Clear();
                characters = 0;
            }

            if (rows.Count > 0 && number >= firstPage) yield return ToPage(number, rows);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private RowPage ToPage(int number, List<CsvRecord> rows)
        {
            var columns = new string?[input.Columns.Count][];
            for (var column = 0; column < columns.Length; column++)
            {
                var cells = columns[column] = new string?[rows.Count];
                for (var row = 0; row < cells.Length; row++) cells[row] = rows[row].Cells[column];
            }

            return new RowPage(number, rows.ConvertAll(record => CsvMark.Format(record)).ToArray(), columns);
        }
    }
}
