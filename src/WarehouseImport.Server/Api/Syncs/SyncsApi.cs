using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api.Syncs;

internal static class SyncsApi
{
    /// <summary>Members that only answers have; taken out of requests, so that an answer can be sent back.</summary>
    private static readonly string[] AnswerMembers = ["id", "state", "warnings"];

    public static void MapSyncs(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/syncs").WithTags("Syncs");
        group.MapPost("/suggest", SuggestAsync).WithName("SuggestSync").WithSummary("Propose identifier, cursor and mapping for a dataset, with reasons");
        group.MapPost("/", CreateAsync).WithName("CreateSync").WithSummary("Set up a sync").Accepts<SyncBody>("application/json");
        group.MapGet("/", ListAsync).WithName("ListSyncs").WithSummary("List syncs");
        group.MapGet("/{id:guid}", GetAsync).WithName("GetSync").WithSummary("Show a sync and how far it is");
        group.MapPut("/{id:guid}", UpdateAsync).WithName("UpdateSync").WithSummary("Replace a sync (If-Match)").Accepts<SyncBody>("application/json");
        group.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteSync").WithSummary("Delete a sync with its runs; profiles and history stay (If-Match)");
        group.MapGet("/{id:guid}/estimate", EstimateAsync).WithName("EstimateSync").WithSummary("Tell what the next run would read and bill, without reading it");
        group.MapPost("/{id:guid}/pause", PauseAsync).WithName("PauseSync").WithSummary("Pause the schedule; an active run finishes");
        group.MapPost("/{id:guid}/resume", ResumeAsync).WithName("ResumeSync").WithSummary("Resume the schedule");
        group.MapPost("/{id:guid}/reset", ResetAsync).WithName("ResetSync").WithSummary("Set the source time up to which everything counts as imported");
    }

    private static async Task<Results<Ok<SuggestResponse>, ProblemHttpResult>> SuggestAsync(SuggestRequest request, SyncSetup setup, CancellationToken cancellationToken)
    {
        if (!DatasetName.TryParse(request.Dataset, out var dataset))
            return ApiProblem.Invalid("/dataset", "dataset_name_invalid", $"'{request.Dataset}' is not a dataset name such as crm.customers.");
        return await setup.SuggestAsync(request.ConnectionId, dataset, cancellationToken) switch
        {
            SuggestionResult.Found found => TypedResults.Ok(SuggestResponse.From(request, found.Suggestion)),
            SuggestionResult.Failed failed => Refused(failed.Problem),
            var other => throw new InvalidOperationException($"Unknown answer {other.GetType().Name}."),
        };
    }

    private static async Task<Results<Created<SyncBody>, ProblemHttpResult>> CreateAsync(
        JsonElement body, SyncSetup setup, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken)
    {
        var read = Read(body);
        if (read.Definition is not { } definition) return Invalid(read.Problems);
        var result = await setup.CreateAsync(definition, cancellationToken);
        if (result is not SyncSetupResult.Saved saved) return Refused(result, null);
        response.SetETag(saved.Sync.Version);
        return TypedResults.Created($"{ApiRoutes.Root}/syncs/{saved.Sync.Id}", await ShownAsync(saved, dueTimes, cancellationToken));
    }

    private static async Task<Results<Ok<Page<SyncBody>>, ProblemHttpResult>> ListAsync(
        [AsParameters] PageQuery page, ISyncStore store, SyncDueTimes dueTimes, CancellationToken cancellationToken)
    {
        if (page.Check<Guid>(Guid.TryParse, out var after) is { } problem) return problem;
        var syncs = await store.ListAsync(after, page.Size + 1, cancellationToken);
        var dueAt = await Task.WhenAll(syncs.Select(sync => dueTimes.GetAsync(sync, cancellationToken)));
        return TypedResults.Ok(Pages.Of([.. syncs.Zip(dueAt)], page.Size, entry => SyncBody.From(entry.First, entry.Second), entry => entry.First.Id.ToString()));
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> GetAsync(
        Guid id, ISyncStore store, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } sync) return Unknown(id);
        response.SetETag(sync.Version);
        return TypedResults.Ok(SyncBody.From(sync, await dueTimes.GetAsync(sync, cancellationToken)));
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> UpdateAsync(
        Guid id, JsonElement body, SyncSetup setup, ISyncStore store, SyncDueTimes dueTimes, HttpContext http, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (http.Request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        var read = Read(body);
        if (read.Definition is not { } definition) return Invalid(read.Problems);
        return await AnswerAsync(await setup.UpdateAsync(id, definition, stored.Version, cancellationToken), id, dueTimes, http.Response, cancellationToken);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, SyncSetup setup, ISyncStore store, HttpRequest request, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        var result = await setup.DeleteAsync(id, stored.Version, cancellationToken);
        return result is SyncSetupResult.Deleted ? TypedResults.NoContent() : Refused(result, id);
    }

    private static async Task<Results<Ok<EstimateResponse>, ProblemHttpResult>> EstimateAsync(
        Guid id, ReadEstimator estimator, CancellationToken cancellationToken, bool full = false) =>
        await estimator.EstimateAsync(id, full, cancellationToken) is { } estimate ? TypedResults.Ok(EstimateResponse.Of(estimate)) : Unknown(id);

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> PauseAsync(
        Guid id, SyncSetup setup, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken) =>
        await AnswerAsync(await setup.PauseAsync(id, cancellationToken), id, dueTimes, response, cancellationToken);

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> ResumeAsync(
        Guid id, SyncSetup setup, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken) =>
        await AnswerAsync(await setup.ResumeAsync(id, cancellationToken), id, dueTimes, response, cancellationToken);

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> ResetAsync(
        Guid id, ResetRequest request, SyncSetup setup, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken)
    {
        SourceInstant? to = null;
        if (request.To is { } text)
        {
            if (!SourceInstant.TryParse(text, out var instant))
                return ApiProblem.Invalid("/to", "date_invalid", $"'to' is '{text}'; write it as YYYY-MM-DDTHH:MM:SS[.f]Z, or null for the beginning.");
            to = instant;
        }

        return await AnswerAsync(await setup.ResetAsync(id, to, cancellationToken), id, dueTimes, response, cancellationToken);
    }

    private static SyncJsonResult Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return SyncJson.Read(body);
        var members = JsonObject.Create(body)!;
        foreach (var member in AnswerMembers) members.Remove(member);
        return SyncJson.Read(JsonSerializer.SerializeToElement(members));
    }

    private static async Task<SyncBody> ShownAsync(SyncSetupResult.Saved saved, SyncDueTimes dueTimes, CancellationToken cancellationToken) =>
        SyncBody.From(saved.Sync, await dueTimes.GetAsync(saved.Sync, cancellationToken)) with
        {
            Warnings = saved.Warnings.Count == 0 ? null : [.. saved.Warnings.Select(ToField)],
        };

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> AnswerAsync(
        SyncSetupResult result, Guid id, SyncDueTimes dueTimes, HttpResponse response, CancellationToken cancellationToken)
    {
        if (result is not SyncSetupResult.Saved saved) return Refused(result, id);
        response.SetETag(saved.Sync.Version);
        return TypedResults.Ok(await ShownAsync(saved, dueTimes, cancellationToken));
    }

    private static ProblemHttpResult Refused(SyncSetupResult result, Guid? id) => result switch
    {
        SyncSetupResult.Invalid { Problems: [{ Code: SetupCodes.NameTaken } taken] } => ApiProblem.Of(
            StatusCodes.Status409Conflict, taken.Code, taken.Message, taken.Fix, [ToField(taken)]),
        SyncSetupResult.Invalid { Problems: [var single] } => Refused(single),
        SyncSetupResult.Invalid invalid => Invalid(invalid.Problems),
        SyncSetupResult.NotFound when id is { } known => Unknown(known),
        SyncSetupResult.VersionMismatch => ETags.Changed(),
        SyncSetupResult.RunActive active => ApiProblem.Of(
            StatusCodes.Status409Conflict, "run_active", $"Run '{active.RunId}' of this sync is active.", "Wait for it, or cancel it."),
        _ => throw new InvalidOperationException($"Unknown answer {result.GetType().Name}."),
    };

    /// <summary>A warehouse that cannot be asked is not the request's fault; everything else is.</summary>
    private static ProblemHttpResult Refused(SetupProblem problem) =>
        ApiProblem.Of(ApiExceptionHandler.StatusOf(problem.Code), problem.Code, problem.Message, problem.Fix, [ToField(problem)]);

    private static ProblemHttpResult Invalid(IReadOnlyList<SetupProblem> problems) => ApiProblem.Invalid([.. problems.Select(ToField)]);

    private static ApiFieldProblem ToField(SetupProblem problem) =>
        new(problem.Pointer, problem.Code, problem.Fix is null ? problem.Message : $"{problem.Message} {problem.Fix}");

    private static ProblemHttpResult Unknown(Guid id) => ApiProblem.NotFound("sync", id.ToString());
}
