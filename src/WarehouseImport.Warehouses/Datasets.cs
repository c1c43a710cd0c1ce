namespace WarehouseImport.Warehouses;

/// <summary>A table or view that can be read.</summary>
public sealed record Dataset(DatasetName Name, DatasetKind Kind);

public enum DatasetKind
{
    Table,
    View,
    MaterializedView,

    /// <summary>A file (CSV, Parquet) read through the warehouse.</summary>
    File,
}

/// <summary>A dataset's column as the warehouse declares it.</summary>
/// <param name="Name">Exactly as stored, case and all.</param>
/// <param name="NativeType">The warehouse's own name of the type, for people.</param>
public sealed record DatasetColumn(string Name, string NativeType, ColumnKind Kind, bool IsNullable);

/// <summary>
/// What a column's cells mean and the one exact text form they are delivered in. NULL is a null reference for every kind.
/// </summary>
public enum ColumnKind
{
    /// <summary>The text itself.</summary>
    Text,

    /// <summary>Optional <c>-</c> and digits.</summary>
    Integer,

    /// <summary>Optional <c>-</c>, digits, optional <c>.</c> and digits; the value's own scale is kept.</summary>
    Decimal,

    /// <summary>Shortest round-trip form; <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.</summary>
    Float,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary><c>YYYY-MM-DD</c>.</summary>
    Date,

    /// <summary>Without zone: <c>YYYY-MM-DDTHH:MM:SS[.f…]</c>, all stored digits, trailing zeros removed.</summary>
    Timestamp,

    /// <summary>With zone, as UTC: <c>YYYY-MM-DDTHH:MM:SS[.f…]Z</c>.</summary>
    TimestampWithZone,

    /// <summary><c>HH:MM:SS[.f…]</c>; can be mapped to text only.</summary>
    Time,

    /// <summary>A JSON array of scalars, numbers exact.</summary>
    List,

    /// <summary>JSON text, numbers exact.</summary>
    Json,

    /// <summary>Cannot be mapped (section 7.7 "not readable"): binary, geography, interval and the like.</summary>
    Unreadable,
}

/// <summary>Up to <c>rows</c> rows for a person to look at.</summary>
public sealed record DatasetPreview(IReadOnlyList<DatasetColumn> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows);

/// <summary>The cursor (<c>modified_at</c>) of a sync: a column, or a safe combination of two (profile-import-rules 11.5).</summary>
/// <param name="Column">First column.</param>
/// <param name="SecondColumn">Second column of the combination, or null.</param>
/// <param name="Combine">How the two make one value; ignored without a second column.</param>
/// <param name="TextPattern">
/// For a text cursor only: an anchored regular expression (digits, literals and <c>{n}</c> only) of the one ISO form stated at set-up. Values of that form
/// sort as text like their instants; values that do not match are always delivered, so that the run can report them (<c>cursor_unparsable</c>).
/// </param>
public sealed record CursorColumn(string Column, string? SecondColumn = null, CursorCombination Combine = CursorCombination.Coalesce, string? TextPattern = null);

public enum CursorCombination
{
    Coalesce,
    Greatest,
}

/// <summary>The rows a run asks for: explicit columns (R3) and an inclusive window on both ends (R2).</summary>
/// <param name="RequestId">Chosen by the caller and stored before the first row is read, so a warehouse that stores results can be asked again (R5, H23).</param>
/// <param name="From">Lower bound as text of the cursor's own kind (see <see cref="ColumnKind"/>), or null for no lower bound. Inclusive (H1).</param>
/// <param name="To">Upper bound, same form. Inclusive.</param>
/// <param name="PageRows">Largest number of rows of a page. A page may be smaller when its cells are large (about 8 MiB).</param>
public sealed record WindowQuery(
    Guid RequestId,
    DatasetName Dataset,
    IReadOnlyList<string> Columns,
    CursorColumn Cursor,
    string? From,
    string To,
    int PageRows)
{
    /// <summary>
    /// True if <see cref="RequestId"/> may have reached the warehouse before, by this process or an earlier one. A warehouse that stores results then looks for the
    /// one it has; the others ignore it.
    /// </summary>
    public bool IsRepeated { get; init; }

    /// <summary>What the warehouse called the statement of <see cref="RequestId"/>, as told to <see cref="IWindowObserver.StatementAcceptedAsync"/>; null if that was never stored.</summary>
    public string? Statement { get; init; }

    /// <summary>What the read is for, so that the warehouse's own logs can name it; null for looks at set-up.</summary>
    public QueryOrigin? Origin { get; init; }

    /// <summary>Told what happens while the window is opened and read.</summary>
    public IWindowObserver Observer { get; init; } = SilentObserver.Instance;
}

/// <summary>The sync and run a statement is issued for.</summary>
public sealed record QueryOrigin(Guid SyncId, Guid RunId);

/// <summary>What a person may expect to pay for a window before it is read.</summary>
/// <param name="Bytes">Bytes the warehouse will bill for.</param>
/// <param name="Limit">The most it may bill before it refuses, or null for no limit.</param>
public sealed record ReadEstimate(long Bytes, long? Limit);

/// <summary>A bounded piece of a window, column by column.</summary>
/// <param name="Number">0-based.</param>
/// <param name="Cursor">The cursor of each row in its exact text form; never null.</param>
/// <param name="Columns">One array per requested column, each <see cref="RowCount"/> long.</param>
public sealed record RowPage(int Number, string[] Cursor, string?[][] Columns)
{
    public int RowCount => Cursor.Length;
}

/// <param name="TotalRows">All rows of the dataset.</param>
/// <param name="NullCursorRows">Rows without a cursor; they are never read (H10).</param>
/// <param name="RowsAboveCeiling">Rows dated above the ceiling; they wait (H6, G5).</param>
/// <param name="MaxCursor">The greatest cursor in its exact text form, or null if there is none.</param>
public sealed record CursorStatistics(long TotalRows, long NullCursorRows, long RowsAboveCeiling, string? MaxCursor);

/// <summary>The answer of a set-up check: every item with what to do about it.</summary>
public sealed record ConnectionCheck(IReadOnlyList<CheckItem> Items)
{
    public bool IsOk => Items.All(item => item.IsOk);
}

/// <param name="Name">Stable name, for example <c>sign_in</c>.</param>
/// <param name="Fix">What a person has to grant or set, as a statement where possible; null if nothing.</param>
public sealed record CheckItem(string Name, bool IsOk, string Detail, string? Fix);
