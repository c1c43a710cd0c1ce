using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>What a person sets up: dataset, identifier, <c>modified_at</c>, mapping and schedule.</summary>
public sealed record SyncDefinition
{
    /// <summary>Default of <see cref="Lookback"/>: longer than most load jobs hold rows back before they commit (H3).</summary>
    public static readonly TimeSpan DefaultLookback = TimeSpan.FromMinutes(15);

    /// <summary>Default of <see cref="Settle"/>.</summary>
    public static readonly TimeSpan DefaultSettle = TimeSpan.FromSeconds(5);

    public required string Name { get; init; }

    public required Guid ConnectionId { get; init; }

    public required DatasetName Dataset { get; init; }

    /// <summary>The column that decides which profile a row means, unless a mapped identifier of higher rank has a value (3.1).</summary>
    public required IdentifierDefinition Identifier { get; init; }

    public required CursorDefinition Cursor { get; init; }

    public required IReadOnlyList<FieldMapping> Fields { get; init; }

    public required ScheduleDefinition Schedule { get; init; }

    /// <summary>How far below the watermark each run reads again, 0 s – 30 d (H3). "Longer than your longest load job."</summary>
    public TimeSpan Lookback { get; init; } = DefaultLookback;

    /// <summary>How far behind the warehouse's clock a run stays, 0 s – 1 d (R2).</summary>
    public TimeSpan Settle { get; init; } = DefaultSettle;

    /// <summary>Wins ties of equal source instants between syncs; higher wins. −1000 … 1000, default 0.</summary>
    public int Precedence { get; init; }

    public InvalidValuePolicy InvalidValues { get; init; } = InvalidValuePolicy.FailRow;

    public ImportMode Mode { get; init; } = ImportMode.Upsert;

    /// <summary>Record superseded values in the history as well as counting them. Default false.</summary>
    public bool RecordStale { get; init; }

    /// <summary>Import a row without an invalid secondary identifier, with a warning, instead of failing it (3.1). Default false.</summary>
    public bool DropInvalidSecondaryIdentifier { get; init; }

    /// <summary>What becomes of a profile that loses its last identifier to a row of this sync (3.3). By default the pair is listed as possible duplicates.</summary>
    public OrphanPolicy Orphans { get; init; } = OrphanPolicy.Suggest;

    /// <summary>
    /// Targets this sync may fill although another sync fills them too (4.4): versions decide, <see cref="Precedence"/> breaks ties. Every sync after the first
    /// must list the target. Identifiers need no permission.
    /// </summary>
    public IReadOnlyList<string> AllowSharedProperties { get; init; } = [];

    public PhoneDefinition Phone { get; init; } = new();

    /// <summary>
    /// The columns the sync reads as they were when it was saved, so that a later change is noticed before a run (H19). Filled by the server, not by
    /// requests; empty before the first save.
    /// </summary>
    public IReadOnlyList<SavedColumn> SavedColumns { get; init; } = [];
}

/// <summary>A column as it was when the sync was saved.</summary>
public sealed record SavedColumn(string Name, string NativeType, ColumnKind Kind);

/// <param name="Kind">Kind of identifier the column holds.</param>
/// <param name="Fixed">Use this column alone as primary identifier even if a higher-ranked one is mapped and has a value (3.1).</param>
public sealed record IdentifierDefinition(string Column, IdentifierKind Kind, bool Fixed = false);

/// <summary>The <c>modified_at</c> of the dataset (profile-import-rules 11).</summary>
/// <param name="Zone">IANA zone of a cursor without one; UTC if null (H8).</param>
/// <param name="Unit">Required for an integer cursor.</param>
/// <param name="TextForm">
/// Required for a text cursor: the one ISO form of its values, written with the letters of <c>YYYY-MM-DDTHH:MM:SS.ffffffZ</c>
/// (a space instead of T, 0–12 f's, and Z are free to choose), so that values sort as text like their instants (H9).
/// </param>
/// <param name="SecondColumn">Second column of a combination (11.5), or null.</param>
/// <param name="AllowVolatile">Import even though the maximum of the cursor moves with the clock (H12).</param>
public sealed record CursorDefinition(
    string Column,
    string? Zone = null,
    CursorUnit? Unit = null,
    string? TextForm = null,
    string? SecondColumn = null,
    CursorCombination Combine = CursorCombination.Coalesce,
    bool AllowVolatile = false);

public enum CursorUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>A column and the property it fills.</summary>
/// <param name="Target">Field path: an identifier (<c>email</c>), a standard property (<c>location.city</c>) or <c>properties.&lt;name&gt;</c>.</param>
/// <param name="Type">Type of a custom property; null takes the one suggested by the column's type.</param>
public sealed record FieldMapping(
    string Column,
    string Target,
    PropertyType? Type = null,
    NullPolicy OnNull = NullPolicy.Ignore,
    WritePolicy Write = WritePolicy.Always,
    WriteMode List = WriteMode.Replace,
    IReadOnlyList<string>? Transform = null,
    CursorUnit? Unit = null,
    bool KeepEmpty = false,
    bool Required = false);

/// <summary>What SQL NULL means (profile-import-rules 4.2).</summary>
public enum NullPolicy
{
    /// <summary>As if the column were absent.</summary>
    Ignore,

    /// <summary>An explicit clear with the row's version.</summary>
    Clear,
}

public enum WritePolicy
{
    Always,

    /// <summary>The weaker class of guarantees section 3.</summary>
    IfEmpty,
}

public enum InvalidValuePolicy
{
    /// <summary>Any invalid mapped value fails the row (section 13).</summary>
    FailRow,

    /// <summary>The row is imported without its invalid non-identifier, non-consent fields, with warnings.</summary>
    SkipField,
}

/// <summary>How phone numbers are read (profile-import-rules 8).</summary>
/// <param name="DefaultCountry">Country of numbers without + when the row names none; null guesses nothing.</param>
/// <param name="CountryColumn">Column naming the phone's country; null uses the one mapped to <c>location.country</c>.</param>
/// <param name="DoubleZeroIsPlus">Read a leading 00 as +.</param>
/// <param name="AcceptPossible">Accept numbers that are possible but not valid by current metadata.</param>
public sealed record PhoneDefinition(string? DefaultCountry = null, string? CountryColumn = null, bool DoubleZeroIsPlus = false, bool AcceptPossible = false);

/// <summary>When a sync runs. Exactly one of the forms is given.</summary>
/// <param name="Every">Interval of at least one minute.</param>
/// <param name="Daily">Local time of day; needs <paramref name="Zone"/>.</param>
/// <param name="Cron">Five-field cron expression; needs <paramref name="Zone"/>.</param>
/// <param name="Zone">IANA zone of <paramref name="Daily"/> and <paramref name="Cron"/>.</param>
/// <param name="Manual">Only on request.</param>
public sealed record ScheduleDefinition(TimeSpan? Every = null, TimeOnly? Daily = null, string? Cron = null, string? Zone = null, bool Manual = false);
