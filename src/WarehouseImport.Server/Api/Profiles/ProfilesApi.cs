using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Api.Profiles;

internal static class ProfilesApi
{
    private const int WhyChanges = 20;
    private const int MaximumSearchLength = 255;

    private static readonly EmailCanonicaliser Emails = new();
    private static readonly PhoneCanonicaliser Phones = new();

    public static void MapProfiles(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/profiles").WithTags("Profiles");
        group.MapGet("/", FindAsync).WithName("FindProfiles").WithSummary("Find by e-mail address, phone number, external id or beginning of a name");
        group.MapGet("/{id}", GetAsync).WithName("GetProfile").WithSummary("Show a profile: each value with its sync, run and source time");
        group.MapGet("/{id}/history", HistoryAsync).WithName("GetProfileHistory").WithSummary("List a profile's changes, newest first");
        group.MapGet("/{id}/why", WhyAsync).WithName("ExplainProfileField").WithSummary("Say why a field has its value");
        group.MapProfileImport();
        group.MapIdentity();
    }

    private static async Task<Results<Ok<Page<ProfileSummary>>, ProblemHttpResult>> FindAsync(
        [FromQuery] string? email,
        [FromQuery(Name = "phone_number")] string? phoneNumber,
        [FromQuery(Name = "external_id")] string? externalId,
        [FromQuery] string? q,
        [AsParameters] PageQuery page,
        IProfileReader profiles,
        CancellationToken cancellationToken)
    {
        var given = new[] { ("email", email), ("phone_number", phoneNumber), ("external_id", externalId), ("q", q) }.Where(query => query.Item2 is not null).ToArray();
        if (given.Length > 1)
        {
            return ApiProblem.Of(
                StatusCodes.Status400BadRequest, "query_ambiguous", $"Give one of email, phone_number, external_id and q, not {string.Join(" and ", given.Select(query => query.Item1))}.");
        }

        if (page.Check<Ulid>(Ulid.TryParse, out var after) is { } problem) return problem;
        if (given is [("q", _)] or [])
        {
            if (q is { Length: > MaximumSearchLength })
                return ApiProblem.Of(StatusCodes.Status400BadRequest, "query_too_long", $"'q' has {q.Length} characters; allowed are up to {MaximumSearchLength}.");
            var found = await profiles.SearchAsync(string.IsNullOrWhiteSpace(q) ? null : q.Trim(), after, page.Size + 1, cancellationToken);
            return TypedResults.Ok(Pages.Of(found, page.Size, Summary, profile => profile.Id.ToString()));
        }

        var (kind, canonical) = given[0] switch
        {
            ("email", var text) => (IdentifierKind.Email, Emails.Canonicalise(text)),
            ("phone_number", var text) => (IdentifierKind.PhoneNumber, Phones.Canonicalise(WithPlus(text!))),
            (_, var text) => (IdentifierKind.ExternalId, ExternalIdCanonicaliser.Canonicalise(text)),
        };
        if (canonical.Error is { } error) return ApiProblem.Of(StatusCodes.Status400BadRequest, error.Code, error.Detail, error.Hint);

        // S26: looking for somebody nobody knows creates nothing.
        var held = canonical.Value is { } value ? await profiles.FindAsync(new Identifier(kind, value), cancellationToken) : null;
        return TypedResults.Ok(new Page<ProfileSummary>(held is null ? [] : [Summary(held)], null));
    }

    // An unescaped + in a query is a space by the time it is read, and a number in a search needs its +.
    private static string WithPlus(string phoneNumber) => phoneNumber.StartsWith(' ') ? $"+{phoneNumber.AsSpan(1)}" : phoneNumber;

    // A removed profile answers 308 with the profile it was merged into.
    private static async Task<Results<Ok<ProfileResponse>, JsonHttpResult<ForwardResponse>, ProblemHttpResult>> GetAsync(
        string id, HttpResponse response, IProfileReader profiles, IIdentityStore identity, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (await ReadAsync(id, profiles, cancellationToken) is not { } stored)
        {
            if (await ForwardAsync(id, identity, cancellationToken) is not { } kept) return Unknown(id);
            response.Headers.Location = $"{ApiRoutes.Root}/profiles/{kept}";
            return TypedResults.Json(new ForwardResponse(kept.ToString()), statusCode: StatusCodes.Status308PermanentRedirect);
        }

        var view = ProfileView.From(stored);
        var names = new SourceNames(syncs, runs);
        var fields = new List<FieldResponse>(view.Fields.Count);
        foreach (var field in view.Fields)
        {
            var elements = new List<ElementResponse>(field.Elements.Count);
            foreach (var element in field.Elements)
            {
                elements.Add(new ElementResponse(
                    ApiJson.Element(element.Json)!.Value,
                    element.IsPresent,
                    await SourceAsync(names, element.Version, cancellationToken),
                    element.Version.Instant.ToString()));
            }

            fields.Add(new FieldResponse(
                field.Field,
                ApiJson.Element(field.Json),
                field.State,
                await SourceAsync(names, field.Version, cancellationToken),
                field.Version.Instant.ToString(),
                field.Version.Precedence,
                elements));
        }

        return TypedResults.Ok(new ProfileResponse(
            stored.Id.ToString(),
            ApiJson.Element(stored.Document)!.Value,
            fields,
            stored.CreatedAt,
            stored.UpdatedAt,
            await names.OfSyncAsync(stored.FirstSource, cancellationToken),
            await names.OfSyncAsync(stored.LastSource, cancellationToken)));
    }

    private static async Task<Results<Ok<Page<ChangeResponse>>, ProblemHttpResult>> HistoryAsync(
        string id,
        [AsParameters] PageQuery page,
        IProfileReader profiles,
        IIdentityStore identity,
        ISyncStore syncs,
        IRunStore runs,
        CancellationToken cancellationToken,
        string? field = null)
    {
        if (page.Check<Ulid>(Ulid.TryParse, out var after) is { } problem) return problem;
        // The history of a removed profile stays under its own id.
        if ((await ReadAsync(id, profiles, cancellationToken))?.Id is not { } profileId)
        {
            if (await ForwardAsync(id, identity, cancellationToken) is null) return Unknown(id);
            profileId = Ulid.Parse(id, CultureInfo.InvariantCulture);
        }

        var changes = await profiles.GetHistoryAsync(profileId, field, after, page.Size + 1, cancellationToken);
        var shown = await ChangesAsync([.. changes.Take(page.Size)], new SourceNames(syncs, runs), cancellationToken);
        return TypedResults.Ok(new Page<ChangeResponse>(shown, changes.Count > page.Size ? shown[^1].Id : null));
    }

    private static async Task<Results<Ok<WhyResponse>, ProblemHttpResult>> WhyAsync(
        string id, [FromQuery] string? field, IProfileReader profiles, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(field))
            return ApiProblem.Of(StatusCodes.Status400BadRequest, "field_missing", "Name the field, for example ?field=email or ?field=properties.tier.");
        if (await ReadAsync(id, profiles, cancellationToken) is not { } stored) return Unknown(id);
        var view = ProfileView.From(stored);
        if (view.Fields.FirstOrDefault(known => known.Field == field) is not { } found)
        {
            return ApiProblem.Of(
                StatusCodes.Status404NotFound, "field_unknown", $"Profile '{id}' has no field '{field}'; it has {string.Join(", ", view.Fields.Select(known => known.Field))}.");
        }

        var names = new SourceNames(syncs, runs);
        var source = await SourceAsync(names, found.Version, cancellationToken);
        var changes = await profiles.GetHistoryAsync(stored.Id, field, null, WhyChanges, cancellationToken);
        return TypedResults.Ok(new WhyResponse(
            field,
            ApiJson.Element(found.Json),
            found.State,
            Because(found, source),
            source,
            found.Version.Instant.ToString(),
            await ChangesAsync(changes, names, cancellationToken)));
    }

    private static string Because(FieldView field, SourceResponse source)
    {
        var who = source.SyncName is { } name ? $"sync '{name}'" : source.SyncId == ApiImports.SourceId ? "an import by API" : source.SyncId == FileImports.SourceId ? "an uploaded file" : $"deleted sync {source.SyncId}";
        var said = $"run {source.RunNumber} of {who}, whose row is dated {field.Version.Instant}";
        return field.State switch
        {
            FieldState.Cleared => $"It was cleared by {said}; older values cannot come back.",
            FieldState.Released => $"Another profile holds it with a greater claim than {said}.",
            _ when field.Version.Strength == FieldStrength.IfEmpty => $"It was empty when {said} offered a value; any ordinary value replaces it.",
            _ => $"It was set by {said}: the greatest of all values offered, by source time, then the precedence of the sync, then the run.",
        };
    }

    private static async Task<StoredProfile?> ReadAsync(string id, IProfileReader profiles, CancellationToken cancellationToken) =>
        ProfileIdCanonicaliser.Canonicalise(id).Value is { } canonical ? await profiles.GetAsync(Ulid.Parse(canonical, CultureInfo.InvariantCulture), cancellationToken) : null;

    private static async Task<Ulid?> ForwardAsync(string id, IIdentityStore identity, CancellationToken cancellationToken) =>
        ProfileIdCanonicaliser.Canonicalise(id).Value is { } canonical ? await identity.FindForwardAsync(Ulid.Parse(canonical, CultureInfo.InvariantCulture), cancellationToken) : null;

    private static Task<SourceResponse> SourceAsync(SourceNames names, in FieldVersion version, CancellationToken cancellationToken) =>
        names.OfRunNumberAsync(version.SyncId, version.RunSeq, cancellationToken);

    private static async Task<IReadOnlyList<ChangeResponse>> ChangesAsync(IReadOnlyList<Change> changes, SourceNames names, CancellationToken cancellationToken)
    {
        var shown = new List<ChangeResponse>(changes.Count);
        foreach (var change in changes)
        {
            shown.Add(new ChangeResponse(
                change.Id.ToString(),
                change.Kind,
                change.Field,
                ApiJson.Element(change.OldValue),
                ApiJson.Element(change.NewValue),
                change.OldInstant?.ToString(),
                change.NewInstant.ToString(),
                await names.OfRunAsync(change.SyncId, change.RunId, cancellationToken),
                change.Page,
                change.Row,
                change.RawInput,
                change.AppliedAt,
                change.By));
        }

        return shown;
    }

    public static ProfileSummary Summary(StoredProfile profile) =>
        new(profile.Id.ToString(), ApiJson.Element(profile.Document)!.Value, profile.CreatedAt, profile.UpdatedAt);

    private static ProblemHttpResult Unknown(string id) => ApiProblem.NotFound("profile", id);
}
