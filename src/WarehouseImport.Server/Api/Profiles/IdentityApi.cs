using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Api.Profiles;

/// <summary>Possible duplicates, merges and their undo (profile-import-rules 3.3, 3.4).</summary>
internal static class IdentityApi
{
    public static void MapIdentity(this RouteGroupBuilder profiles)
    {
        profiles.MapGet("/duplicates", ListAsync).WithName("ListDuplicates").WithSummary("List pairs of profiles that may be one person");
        profiles.MapPost("/duplicates/{a}/{b}/dismiss", DismissAsync).WithName("DismissDuplicate").WithSummary("Say that a listed pair is two people");
        profiles.MapPost("/{id}/merge", MergeAsync).WithName("MergeProfiles").WithSummary("Merge another profile into this one, or only show the result");
        profiles.MapGet("/{id}/merges", ListMergesAsync).WithName("ListMerges").WithSummary("List the merges of a profile, those of syncs included, newest first; also of one that was removed");
        profiles.MapGet("/merges/{id}", GetMergeAsync).WithName("GetMerge").WithSummary("Show a merge with both profiles as they were");
        profiles.MapPost("/merges/{id}/undo", UndoAsync).WithName("UndoMerge").WithSummary("Take a merge back");
    }

    private static async Task<Results<Ok<Page<DuplicateResponse>>, ProblemHttpResult>> ListAsync(
        [AsParameters] PageQuery page,
        IIdentityStore identity,
        ISyncStore syncs,
        IRunStore runs,
        CancellationToken cancellationToken,
        [FromQuery] bool dismissed = false)
    {
        if (page.Check<ProfilePair>(TryParsePair, out var after) is { } problem) return problem;

        var found = await identity.ListDuplicatesAsync(dismissed, after, page.Size + 1, cancellationToken);
        var names = new SourceNames(syncs, runs);
        var shown = new List<DuplicateResponse>(page.Size);
        foreach (var pair in found.Take(page.Size))
        {
            shown.Add(new DuplicateResponse(
                pair.Pair.Low.ToString(),
                pair.Pair.High.ToString(),
                pair.Reason,
                pair.Identifier.Kind.FieldName(),
                pair.Identifier.Value,
                pair.FirstSeen,
                pair.LastSeen,
                await names.OfRunAsync(pair.SyncId, pair.RunId, cancellationToken),
                pair.DismissedAt,
                pair.DismissedBy));
        }

        return TypedResults.Ok(new Page<DuplicateResponse>(shown, found.Count > page.Size ? $"{shown[^1].A}.{shown[^1].B}" : null));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DismissAsync(
        string a, string b, ClaimsPrincipal user, IIdentityStore identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (ReadId(a) is not { } one || ReadId(b) is not { } other || one == other || !await identity.DismissAsync(ProfilePair.Of(one, other), Who(user), time.GetUtcNow(), cancellationToken))
            return ApiProblem.Of(StatusCodes.Status404NotFound, "duplicate_unknown", $"'{a}' and '{b}' are not listed as possible duplicates.");
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<MergeResponse>, ProblemHttpResult>> MergeAsync(
        string id, MergeRequest body, ClaimsPrincipal user, ProfileMerging merging, CancellationToken cancellationToken)
    {
        if (ReadId(id) is not { } kept) return ApiProblem.NotFound("profile", id);
        if (ReadId(body.Other) is not { } other) return ApiProblem.Invalid("/other", "profile_unknown", $"There is no profile with id '{body.Other}'.");

        var result = body.Preview
            ? await merging.PreviewAsync(kept, other, cancellationToken)
            : await merging.MergeAsync(kept, other, Who(user), cancellationToken);
        return result.Status switch
        {
            MergeStatus.Merged => TypedResults.Ok(new MergeResponse(result.MergeId?.ToString(), other.ToString(), ProfilesApi.Summary(result.Profile!))),
            MergeStatus.SameProfile => ApiProblem.Of(StatusCodes.Status409Conflict, "profiles_same", $"'{kept}' and '{other}' are one profile already."),
            MergeStatus.TooLarge => ApiProblem.Of(StatusCodes.Status422UnprocessableEntity, result.Problem!.Code, $"The merged profile would be too large. {result.Problem.Detail}"),
            _ when result.ForwardedTo is { } forward => ApiProblem.Of(
                StatusCodes.Status409Conflict, "profile_forwarded", $"Profile '{result.ProfileId}' was merged into '{forward}'.", $"Use '{forward}' instead."),
            _ when result.ProfileId == other => ApiProblem.Invalid("/other", "profile_unknown", $"There is no profile with id '{body.Other}'."),
            _ => ApiProblem.NotFound("profile", id),
        };
    }

    private static async Task<Results<Ok<Page<StoredMergeResponse>>, ProblemHttpResult>> ListMergesAsync(
        string id, [AsParameters] PageQuery page, IProfileReader reader, IIdentityStore identity, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (page.Check<Ulid>(TryParseId, out var before) is { } problem) return problem;
        if (ReadId(id) is not { } profileId) return ApiProblem.NotFound("profile", id);

        var found = await identity.ListMergesAsync(profileId, before, page.Size + 1, cancellationToken);
        if (found.Count == 0 && before is null && await reader.GetAsync(profileId, cancellationToken) is null) return ApiProblem.NotFound("profile", id);

        var shown = new List<StoredMergeResponse>(page.Size);
        foreach (var merge in found.Take(page.Size)) shown.Add(await ShowAsync(merge, syncs, runs, cancellationToken));
        return TypedResults.Ok(new Page<StoredMergeResponse>(shown, found.Count > page.Size ? shown[^1].Id : null));
    }

    private static async Task<Results<Ok<StoredMergeResponse>, ProblemHttpResult>> GetMergeAsync(
        string id, IIdentityStore identity, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (ReadId(id) is not { } mergeId || await identity.GetMergeAsync(mergeId, cancellationToken) is not { } merge) return ApiProblem.NotFound("merge", id);
        return TypedResults.Ok(await ShowAsync(merge, syncs, runs, cancellationToken));
    }

    private static async Task<Results<Ok<StoredMergeResponse>, ProblemHttpResult>> UndoAsync(
        string id, ClaimsPrincipal user, ProfileMerging merging, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (ReadId(id) is not { } mergeId) return ApiProblem.NotFound("merge", id);
        var result = await merging.UndoAsync(mergeId, Who(user), cancellationToken);
        return result.Status switch
        {
            UndoStatus.Undone => TypedResults.Ok(await ShowAsync(result.Merge!, syncs, runs, cancellationToken)),
            UndoStatus.AlreadyUndone => ApiProblem.Of(StatusCodes.Status409Conflict, "merge_undone", $"Merge '{id}' was taken back by {result.Merge!.UndoneBy} at {Time(result.Merge.UndoneAt!.Value)}."),
            UndoStatus.Blocked => ApiProblem.Of(
                StatusCodes.Status409Conflict, "merge_changed_since", $"Merge '{id}' cannot be taken back because of what happened since: {string.Join("; ", result.Obstacles)}."),
            _ => ApiProblem.NotFound("merge", id),
        };
    }

    private static async Task<StoredMergeResponse> ShowAsync(StoredMerge merge, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken) => new(
        merge.Id.ToString(),
        ProfilesApi.Summary(merge.KeptBefore),
        ProfilesApi.Summary(merge.Removed),
        await new SourceNames(syncs, runs).OfRunAsync(merge.SyncId, merge.RunId, cancellationToken),
        merge.By,
        merge.MergedAt,
        merge.UndoneAt,
        merge.UndoneBy);

    private static string Who(ClaimsPrincipal user) => user.Identity?.Name ?? "unknown";

    private static string Time(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);

    private static Ulid? ReadId(string id) => ProfileIdCanonicaliser.Canonicalise(id).Value is { } canonical ? Ulid.Parse(canonical, CultureInfo.InvariantCulture) : null;

    private static bool TryParseId(string text, out Ulid id)
    {
        id = ReadId(text) ?? default;
        return id != default;
    }

    private static bool TryParsePair(string text, out ProfilePair pair)
    {
        pair = default;
        if (text.Split('.') is not [var low, var high] || ReadId(low) is not { } one || ReadId(high) is not { } other) return false;
        pair = ProfilePair.Of(one, other);
        return true;
    }
}
