using System.Text.Json;
using System.Text.Json.Serialization;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api.Syncs;

/// <summary>A sync as it is created, replaced and shown. Durations are written like <c>15m</c> or <c>1h</c>.</summary>
/// <param name="Dataset">For example <c>crm.customers</c>; parts other than plain lower-case words in double quotes.</param>
/// <param name="Lookback">How far below the newest imported row each run reads again; longer than your longest load job. Default 15m.</param>
/// <param name="Settle">How far behind the warehouse's clock a run stays. Default 5s.</param>
/// <param name="Precedence">Wins ties of equal source times between syncs; −1000 to 1000, default 0.</param>
/// <param name="Orphans">What becomes of a profile that loses its last identifier to a row: listed as a possible duplicate, or merged at once.</param>
/// <param name="AllowSharedProperties">Properties this sync may write although another sync writes them too.</param>
/// <param name="Id">Only in answers; ignored in requests, so that an answer can be sent back.</param>
/// <param name="State">Only in answers; ignored in requests.</param>
/// <param name="Warnings">Only in answers to changes; ignored in requests.</param>
internal sealed record SyncBody(
    string Name,
    Guid ConnectionId,
    string Dataset,
    SyncIdentifier Identifier,
    SyncCursor Cursor,
    IReadOnlyList<SyncField> Fields,
    SyncSchedule Schedule,
    string? Lookback = null,
    string? Settle = null,
    int Precedence = 0,
    InvalidValuePolicy InvalidValues = InvalidValuePolicy.FailRow,
    ImportMode Mode = ImportMode.Upsert,
    bool RecordStale = false,
    bool DropInvalidSecondaryIdentifier = false,
    OrphanPolicy Orphans = OrphanPolicy.Suggest,
    IReadOnlyList<string>? AllowSharedProperties = null,
    SyncPhone? Phone = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? Id = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SyncState? State = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ApiFieldProblem>? Warnings = null)
{
    private static readonly JsonSerializerOptions Options = CreateOptions();

    /// <summary>The stored definition in the API's form. Read back strictly, so a member this contract lacks cannot get lost unnoticed.</summary>
    public static SyncBody From(SyncRecord sync, DateTimeOffset? nextDueAt)
    {
        var body = JsonSerializer.Deserialize<SyncBody>(SyncJson.Write(sync.Definition), Options)!;
        return body with
        {
            Id = sync.Id,
            State = new SyncState(
                sync.Status,
                sync.MappingVersion,
                sync.Watermark?.ToString(),
                nextDueAt,
                sync.ActiveRunId,
                sync.LastRunSeq,
                sync.ConsecutiveFailures,
                sync.CreatedAt,
                sync.UpdatedAt),
        };
    }

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions();
        ApiJson.Configure(options);
        return options;
    }
}

internal sealed record SyncIdentifier(string Column, IdentifierKind Kind, bool Fixed = false);

/// <param name="Zone">IANA zone of a cursor without one; UTC if absent.</param>
/// <param name="Unit">Needed for an integer cursor.</param>
/// <param name="TextForm">Needed for a text cursor, for example <c>YYYY-MM-DDTHH:MM:SSZ</c>.</param>
internal sealed record SyncCursor(
    string Column,
    string? Zone = null,
    CursorUnit? Unit = null,
    string? TextForm = null,
    string? SecondColumn = null,
    CursorCombination? Combine = null,
    bool AllowVolatile = false);

/// <param name="Target">An identifier (<c>email</c>), a standard property (<c>location.city</c>) or <c>properties.&lt;name&gt;</c>.</param>
internal sealed record SyncField(
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

/// <summary>Exactly one of <c>every</c>, <c>daily</c>, <c>cron</c> and <c>manual</c>.</summary>
internal sealed record SyncSchedule(string? Every = null, string? Daily = null, string? Cron = null, string? Zone = null, bool? Manual = null);

internal sealed record SyncPhone(string? DefaultCountry = null, string? CountryColumn = null, bool DoubleZeroIsPlus = false, bool AcceptPossible = false);

/// <param name="ImportedUpTo">Source time up to which everything has been imported; null before the first run.</param>
/// <param name="NextDueAt">When the next scheduled run or retry is due; null for a manual or paused sync, and while the node that keeps the alarm does not answer.</param>
internal sealed record SyncState(
    SyncStatus Status,
    int MappingVersion,
    string? ImportedUpTo,
    DateTimeOffset? NextDueAt,
    Guid? ActiveRunId,
    long LastRunNumber,
    int ConsecutiveFailures,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <param name="To">Source time to read from next, inclusive, as <c>YYYY-MM-DDTHH:MM:SS[.f]Z</c>; null for the beginning.</param>
internal sealed record ResetRequest(string? To);

/// <summary>What the next run would read.</summary>
/// <param name="From">Source time the window starts at, inclusive; null if everything is read.</param>
/// <param name="To">Source time it would end at if it started now.</param>
/// <param name="Bytes">What the warehouse would bill; null where it does not bill by bytes read.</param>
/// <param name="LimitBytes">The most a query of this connection may bill; null for no limit.</param>
/// <param name="IsOverLimit">True if the run would be refused.</param>
internal sealed record EstimateResponse(string? From, string To, long? Bytes, long? LimitBytes, bool IsOverLimit)
{
    public static EstimateResponse Of(RunEstimate estimate) => new(
        estimate.From?.ToString(),
        estimate.To.ToString(),
        estimate.Estimate?.Bytes,
        estimate.Estimate?.Limit,
        estimate.Estimate is { Limit: { } limit } read && read.Bytes > limit);
}

internal sealed record SuggestRequest(Guid ConnectionId, string Dataset);

/// <summary>A proposal. Give the definition a name, change what is wrong, and send it to create the sync.</summary>
internal sealed record SuggestResponse(SuggestedDefinition Definition, SuggestionReasons Reasons)
{
    public static SuggestResponse From(SuggestRequest request, SyncSuggestion suggestion) => new(
        new SuggestedDefinition(
            request.ConnectionId,
            request.Dataset,
            suggestion.Identifier is { } identifier ? new SyncIdentifier(identifier.Column, identifier.Kind) : null,
            suggestion.Cursor is { } cursor ? new SyncCursor(cursor.Column, Unit: cursor.Unit, TextForm: cursor.TextForm) : null,
            [.. suggestion.Fields.Select(field => new SyncField(field.Column, field.Target, field.Type))],
            new SyncSchedule(Manual: true)),
        new SuggestionReasons(
            suggestion.Identifier?.Reason,
            suggestion.Cursor?.Reason,
            [.. suggestion.Fields.Select(field => new ColumnReason(field.Column, field.Reason))],
            [.. suggestion.Skipped.Select(skipped => new ColumnReason(skipped.Column, skipped.Reason))]));
}

/// <summary>A sync without its name.</summary>
/// <param name="Identifier">Null if no column looks like an identifier; a sync needs one.</param>
/// <param name="Cursor">Null if no column looks like the time of the last change; a sync needs one.</param>
/// <param name="Fields">One mapping per column that can be imported.</param>
/// <param name="Schedule">Manual: nothing runs before somebody says when.</param>
internal sealed record SuggestedDefinition(
    Guid ConnectionId,
    string Dataset,
    SyncIdentifier? Identifier,
    SyncCursor? Cursor,
    IReadOnlyList<SyncField> Fields,
    SyncSchedule Schedule);

/// <param name="Fields">Why each mapped column is mapped as it is.</param>
/// <param name="Skipped">Columns left out, with the reason.</param>
internal sealed record SuggestionReasons(string? Identifier, string? Cursor, IReadOnlyList<ColumnReason> Fields, IReadOnlyList<ColumnReason> Skipped);

internal sealed record ColumnReason(string Column, string Reason);
