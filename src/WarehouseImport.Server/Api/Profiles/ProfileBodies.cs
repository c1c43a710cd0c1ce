using System.Text.Json;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Server.Api.Runs;

namespace WarehouseImport.Server.Api.Profiles;

/// <summary>A profile in a list: its current values as one document.</summary>
internal sealed record ProfileSummary(string Id, JsonElement Values, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A profile with the reason for every value.</summary>
internal sealed record ProfileResponse(
    string Id,
    JsonElement Values,
    IReadOnlyList<FieldResponse> Fields,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    SourceResponse FirstSource,
    SourceResponse LastSource);

/// <param name="Value">For a released identifier the value the profile lost; null after a clear.</param>
/// <param name="Instant">The source row's own time, with every digit.</param>
/// <param name="Elements">For lists written element by element: each element with its own reason.</param>
internal sealed record FieldResponse(
    string Field,
    JsonElement? Value,
    FieldState State,
    SourceResponse Source,
    string Instant,
    int Precedence,
    IReadOnlyList<ElementResponse> Elements);

internal sealed record ElementResponse(JsonElement Value, bool Present, SourceResponse Source, string Instant);

/// <summary>Where something came from.</summary>
/// <param name="SyncName">Null for imports by API and deleted syncs.</param>
/// <param name="RunNumber">Null if not known.</param>
internal sealed record SourceResponse(Guid SyncId, string? SyncName, Guid? RunId, long? RunNumber);

/// <summary>One change of a field.</summary>
/// <param name="By">Who did it by hand; null for imports.</param>
internal sealed record ChangeResponse(
    string Id,
    ChangeKind Kind,
    string Field,
    JsonElement? OldValue,
    JsonElement? NewValue,
    string? OldInstant,
    string NewInstant,
    SourceResponse Source,
    int Page,
    int Row,
    string? RawInput,
    DateTimeOffset AppliedAt,
    string? By);

/// <summary>Why a field has its value.</summary>
/// <param name="Because">The deciding rule in a sentence.</param>
/// <param name="Changes">The field's newest changes, superseded values included where the sync records them.</param>
internal sealed record WhyResponse(string Field, JsonElement? Value, FieldState State, string Because, SourceResponse Source, string Instant, IReadOnlyList<ChangeResponse> Changes);

/// <param name="Errors">Rows with at least one error or warning, in the order given.</param>
internal sealed record ImportResponse(Guid RunId, RunCounts Counts, IReadOnlyList<ErrorRowResponse> Errors);
