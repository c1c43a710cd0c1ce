using WarehouseImport.Profiles.Identity;

namespace WarehouseImport.Server.Api.Profiles;

/// <summary>Two profiles that may be one person.</summary>
/// <param name="Kind">Kind of the identifier they share.</param>
/// <param name="Source">The sync and run that saw it last.</param>
internal sealed record DuplicateResponse(
    string A,
    string B,
    DuplicateReason Reason,
    string Kind,
    string Value,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    SourceResponse Source,
    DateTimeOffset? DismissedAt,
    string? DismissedBy);

/// <param name="Other">The profile that is merged into the one of the address and then removed.</param>
/// <param name="Preview">Only show the result.</param>
internal sealed record MergeRequest(string Other, bool Preview = false);

/// <param name="MergeId">For an undo; null for a preview.</param>
/// <param name="Profile">The kept profile as it is, or would be, after the merge.</param>
internal sealed record MergeResponse(string? MergeId, string Removed, ProfileSummary Profile);

/// <summary>A merge with both profiles as they were before it.</summary>
/// <param name="By">Null for a merge by a sync.</param>
internal sealed record StoredMergeResponse(
    string Id, ProfileSummary Kept, ProfileSummary Removed, SourceResponse Source, string? By, DateTimeOffset MergedAt, DateTimeOffset? UndoneAt, string? UndoneBy);

/// <param name="ForwardedTo">The profile into which the one asked for was merged.</param>
internal sealed record ForwardResponse(string ForwardedTo);
