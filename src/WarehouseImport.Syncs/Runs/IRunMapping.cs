using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>A sync's definition bound to the columns its dataset has now: what to ask the warehouse for and how to read the answer. Safe for concurrent use.</summary>
public interface IRunMapping
{
    /// <summary>The columns to request, in order.</summary>
    IReadOnlyList<DatasetColumn> Columns { get; }

    CursorColumn Cursor { get; }

    /// <summary>Things to say once per run about the mapping or the file.</summary>
    IReadOnlyList<Problem> Notices { get; }

    /// <summary>The kind of the cursor's text.</summary>
    ColumnKind CursorKind { get; }

    /// <summary>Reads a cursor's exact text. False if it is not in the stated form.</summary>
    bool TryReadCursor(string text, out SourceInstant instant);

    /// <summary>The least cursor text, in the column's own form, that can mean the instant or a later one.</summary>
    string FormatLowerBound(SourceInstant instant);

    /// <summary>The greatest cursor text, in the column's own form, that reads as the instant or an earlier one.</summary>
    string FormatUpperBound(SourceInstant instant);

    /// <summary>Validates and normalises a page. Every row is either an update or refused.</summary>
    /// <param name="ceiling">The run's ceiling (R2).</param>
    MappedPage Map(RowPage page, SourceInstant ceiling);

    /// <summary>True if a page may be applied only after the page before it, because the first row of a person wins.</summary>
    bool KeepsOrder => false;

    /// <summary>Says where an error row stands in its source in the source's own terms: the line of a file.</summary>
    RunErrorRow Locate(RunErrorRow row) => row;
}

/// <summary>Binds definitions to datasets.</summary>
public interface IRunMappings
{
    /// <summary>Names of the columns that the definition needs, in the order they are read. Columns the dataset does not have come last.</summary>
    IReadOnlyList<string> ColumnsOf(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns);

    /// <param name="columns">All columns of the dataset; those of <see cref="ColumnsOf"/> and the cursor are among them.</param>
    /// <exception cref="RunFailedException">A column no longer fits its mapping (<c>column_type_changed</c>) or the cursor cannot work.</exception>
    IRunMapping Bind(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns);
}

/// <summary>Opens the warehouse behind a connection.</summary>
public interface IRunWarehouses
{
    Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken);
}

/// <summary>Ends a run as failed, for a reason that is fit for a person and holds no row contents (S10).</summary>
public sealed class RunFailedException(string code, string message, string? fix = null, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;

    public string? Fix { get; } = fix;
}

/// <summary>Stable codes of <see cref="RunFailure"/> besides those of the warehouse.</summary>
public static class RunErrors
{
    public const string ColumnMissing = "column_missing";
    public const string ColumnTypeChanged = "column_type_changed";
    public const string DatasetEmpty = "dataset_empty";
    public const string CountsDiffer = "counts_differ";
    public const string ProfilesUnavailable = "profiles_unavailable";
    public const string DryRunInterrupted = "dry_run_interrupted";
    public const string ConnectionUnknown = "connection_unknown";
    public const string DefinitionMissing = "definition_missing";
    public const string InternalError = "internal_error";
}

/// <summary>Stable codes of a run's notices.</summary>
public static class RunNotices
{
    public const string CursorNull = "cursor_null";
    public const string CursorFuture = "cursor_future";
    public const string CursorBehindWatermark = "cursor_behind_watermark";
    public const string DatasetShrunk = "dataset_shrunk";
    public const string ClockDifference = "clock_difference";
    public const string Requeried = "window_requeried";
    public const string WarehouseRetried = "warehouse_retried";
}
