using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Server.Api.Syncs;

internal static class SyncsApi
{
    public static void MapSyncs(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/syncs").WithTags("Syncs");
        group.MapPost("/", CreateAsync).WithName("CreateSync").WithSummary("Set up a sync").Accepts<SyncBody>("application/json");
        group.MapGet("/", ListAsync).WithName("ListSyncs").WithSummary("List syncs");
        group.MapGet("/{id:guid}", GetAsync).WithName("GetSync").WithSummary("Show a sync and how far it is");
        group.MapPut("/{id:guid}", UpdateAsync).WithName("UpdateSync").WithSummary("Replace a sync (If-Match)").Accepts<SyncBody>("application/json");
        group.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteSync").WithSummary("Delete a sync with its runs; profiles and history stay (If-Match)");
        group.MapPost("/{id:guid}/pause", PauseAsync).WithName("PauseSync").WithSummary("Pause the schedule");
        group.MapPost("/{id:guid}/resume", ResumeAsync).WithName("ResumeSync").WithSummary("Resume the schedule");
        group.MapPost("/{id:guid}/reset", ResetAsync).WithName("ResetSync").WithSummary("Set the source time up to which everything counts as imported");
    }

    private static async Task<Results<Created<SyncBody>, ProblemHttpResult>> CreateAsync(
        JsonElement body, [AsParameters] SyncServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        var read = Read(body);
        if (read.Definition is not { } definition) return Invalid(read.Problems);

        var now = services.Clock.GetUtcNow();
        var sync = new SyncRecord(Guid.CreateVersion7(now), definition, 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, now, now);
        if (Refused(await services.Store.CreateAsync(sync, cancellationToken), sync.Id, definition) is { } refused) return refused;
        await services.Grains.GetGrain<ISyncGrain>(sync.Id).ReconcileAsync(cancellationToken);

        response.SetETag(sync.Version);
        return TypedResults.Created($"{ApiRoutes.Root}/syncs/{sync.Id}", SyncBody.From(sync));
    }

    private static async Task<Results<Ok<Page<SyncBody>>, ProblemHttpResult>> ListAsync([AsParameters] PageQuery page, ISyncStore store, CancellationToken cancellationToken)
    {
        if (page.Check<Guid>(Guid.TryParse, out var after) is { } problem) return problem;
        var syncs = await store.ListAsync(after, page.Size + 1, cancellationToken);
        return TypedResults.Ok(Pages.Of(syncs, page.Size, SyncBody.From, sync => sync.Id.ToString()));
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> GetAsync(Guid id, ISyncStore store, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } sync) return Unknown(id);
        response.SetETag(sync.Version);
        return TypedResults.Ok(SyncBody.From(sync));
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> UpdateAsync(
        Guid id, JsonElement body, [AsParameters] SyncServices services, HttpContext http, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (http.Request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        var read = Read(body);
        if (read.Definition is not { } definition) return Invalid(read.Problems);

        return await ChangeAsync(stored, stored with { Definition = definition }, services, http.Response, cancellationToken);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, [AsParameters] SyncServices services, HttpRequest request, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        if (Refused(await services.Store.DeleteAsync(id, stored.Version, cancellationToken), id, stored.Definition) is { } refused) return refused;
        await services.Grains.GetGrain<ISyncGrain>(id).ReconcileAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static Task<Results<Ok<SyncBody>, ProblemHttpResult>> PauseAsync(
        Guid id, [AsParameters] SyncServices services, HttpResponse response, CancellationToken cancellationToken) =>
        SetStatusAsync(id, SyncStatus.Paused, services, response, cancellationToken);

    private static Task<Results<Ok<SyncBody>, ProblemHttpResult>> ResumeAsync(
        Guid id, [AsParameters] SyncServices services, HttpResponse response, CancellationToken cancellationToken) =>
        SetStatusAsync(id, SyncStatus.Active, services, response, cancellationToken);

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> SetStatusAsync(
        Guid id, SyncStatus status, SyncServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (stored.Status != status) return await ChangeAsync(stored, stored with { Status = status }, services, response, cancellationToken);
        response.SetETag(stored.Version);
        return TypedResults.Ok(SyncBody.From(stored));
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> ResetAsync(
        Guid id, ResetRequest request, [AsParameters] SyncServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        SourceInstant? to = null;
        if (request.To is { } text)
        {
            if (!SourceInstant.TryParse(text, out var instant))
                return ApiProblem.Invalid("/to", "date_invalid", $"'to' is '{text}'; write it as YYYY-MM-DDTHH:MM:SS[.f]Z, or null for the beginning.");
            to = instant;
        }

        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        var status = await services.Store.ResetWatermarkAsync(id, to, services.Clock.GetUtcNow(), cancellationToken);
        if (Refused(status, id, stored.Definition) is { } refused) return refused;
        return await GetAsync(id, services.Store, response, cancellationToken);
    }

    private static async Task<Results<Ok<SyncBody>, ProblemHttpResult>> ChangeAsync(
        SyncRecord stored, SyncRecord changed, SyncServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        changed = changed with { Version = stored.Version + 1, UpdatedAt = services.Clock.GetUtcNow() };
        if (Refused(await services.Store.UpdateAsync(changed, stored.Version, cancellationToken), stored.Id, changed.Definition) is { } refused) return refused;
        await services.Grains.GetGrain<ISyncGrain>(stored.Id).ReconcileAsync(cancellationToken);
        response.SetETag(changed.Version);
        return TypedResults.Ok(SyncBody.From(changed));
    }

    /// <summary>Reads a definition; what only answers hold is taken out, so that an answer can be sent back.</summary>
    private static SyncJsonResult Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return SyncJson.Read(body);
        var members = JsonObject.Create(body)!;
        members.Remove("id");
        members.Remove("state");
        return SyncJson.Read(JsonSerializer.SerializeToElement(members));
    }

    private static ProblemHttpResult Invalid(IReadOnlyList<SetupProblem> problems) =>
        ApiProblem.Invalid([.. problems.Select(problem => new ApiFieldProblem(problem.Pointer, problem.Code, problem.Fix is null ? problem.Message : $"{problem.Message} {problem.Fix}"))]);

    private static ProblemHttpResult? Refused(SyncWriteStatus status, Guid id, SyncDefinition definition) => status switch
    {
        SyncWriteStatus.Written => null,
        SyncWriteStatus.VersionMismatch => ETags.Changed(),
        SyncWriteStatus.NameTaken => ApiProblem.Of(StatusCodes.Status409Conflict, "name_taken", $"Another sync is called '{definition.Name}'."),
        SyncWriteStatus.ConnectionUnknown => ApiProblem.Invalid(
            "/connectionId", "connection_unknown", $"There is no connection with id '{definition.ConnectionId}'."),
        SyncWriteStatus.RunActive => ApiProblem.Of(
            StatusCodes.Status409Conflict, "run_active", "A run of this sync is active.", "Wait for it, or cancel it."),
        _ => Unknown(id),
    };

    private static ProblemHttpResult Unknown(Guid id) => ApiProblem.NotFound("sync", id.ToString());
}
