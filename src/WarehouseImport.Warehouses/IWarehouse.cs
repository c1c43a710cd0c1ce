namespace WarehouseImport.Warehouses;

/// <summary>
/// One open, read-only connection to a customer's warehouse. Nothing in this interface can write to it.
/// Instances are cheap to open and are not shared between concurrent callers.
/// </summary>
/// <remarks>
/// Every cell and cursor value crosses this interface as exact text (see <see cref="ColumnKind"/>), never as a
/// binary float or a clock type, so that no digit is lost between the warehouse and the merge (H7, H24).
/// Failures surface as <see cref="WarehouseException"/> with a stable code.
/// </remarks>
public interface IWarehouse : IAsyncDisposable
{
    /// <summary>Runs the itemised set-up check: reach, sign-in, read-only, list, read. Never throws for a failed item.</summary>
    Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken);

    /// <summary>The warehouse's own current time as <c>YYYY-MM-DDTHH:MM:SS[.f…]Z</c> (R2, H5).</summary>
    Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken);

    /// <summary>Lists the tables, views and materialised views the credentials can see, ordered by name.</summary>
    Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken);

    /// <summary>The dataset's columns in their own order.</summary>
    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.DatasetUnknown"/> if there is no such dataset or it is hidden.</exception>
    Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken);

    /// <summary>Reads up to <paramref name="rows"/> rows in no particular order, all readable columns.</summary>
    Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken);

    /// <summary>Counts and extremes of the cursor, as a single statement (R3, H6, H10, H11, H12, H26).</summary>
    /// <param name="ceiling">Native text of the ceiling (as in <see cref="WindowQuery.To"/>), or null to count nothing as above it.</param>
    Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken);

    /// <summary>
    /// Opens the rows of a window, ordered by the cursor, as one immutable picture (R4). The schema is checked before the
    /// first row: a requested column that is gone raises <see cref="WarehouseErrors.ColumnMissing"/>, one whose type cannot be read
    /// <see cref="WarehouseErrors.ColumnUnsupported"/>, a cursor that cannot be ordered exactly <see cref="WarehouseErrors.CursorUnsupported"/>.
    /// </summary>
    Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken);

    /// <summary>What reading the window would cost, found without reading it; null where the warehouse does not bill by bytes read.</summary>
    Task<ReadEstimate?> EstimateAsync(WindowQuery query, CancellationToken cancellationToken) => Task.FromResult<ReadEstimate?>(null);
}

/// <summary>An open window: pages of one immutable result. Dispose it to release the statement; disposing early cancels it.</summary>
public interface IWindowRead : IAsyncDisposable
{
    /// <summary>How the picture is kept still (R4); recorded and shown with the run.</summary>
    PagingLevel Level { get; }

    /// <summary>True if this is the same stored result an earlier <see cref="WindowQuery.RequestId"/> produced (R5), so page numbers mean the same rows.</summary>
    bool IsStoredResult { get; }

    /// <summary>Counts taken from the same picture as the pages.</summary>
    CursorStatistics Statistics { get; }

    /// <summary>The columns as read, in the order of <see cref="WindowQuery.Columns"/>.</summary>
    IReadOnlyList<DatasetColumn> Columns { get; }

    /// <summary>
    /// Streams the pages from <paramref name="firstPage"/> (0-based; other than 0 only when <see cref="IsStoredResult"/>).
    /// Rows come in ascending cursor order. Holds at most two pages in memory.
    /// </summary>
    IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, CancellationToken cancellationToken);
}

/// <summary>How a window's rows are kept from moving while they are read (R4), best first.</summary>
public enum PagingLevel
{
    /// <summary>(a) The warehouse stores the statement's result; pages can be fetched again.</summary>
    StoredResult,

    /// <summary>(b) One read-only repeatable-read transaction with a server-side cursor.</summary>
    Snapshot,

    /// <summary>(c) Keyset paging over live data: best effort.</summary>
    Keyset,
}
