using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Api.Uploads;

internal static class UploadsApi
{
    private const string DefaultName = "upload.csv";
    private const int MaximumNameLength = 255;

    public static void MapUploads(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/uploads").WithTags("Uploads");

        // The limit of uploads is the feature's own setting and is enforced while the file is read.
        group.MapPost("/", ReceiveAsync)
            .WithName("ReceiveUpload")
            .WithSummary("Upload a CSV file (text/csv or multipart/form-data); answers with a preview and a suggested mapping")
            .WithMetadata(new DisableRequestSizeLimitAttribute());
        group.MapGet("/{id:guid}", GetAsync).WithName("GetUpload").WithSummary("Show a file with its preview, suggested mapping and jobs");
        group.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteUpload").WithSummary("Remove a file; runs over it stay");
        group.MapPost("/{id:guid}/check", CheckAsync)
            .WithName("CheckUpload")
            .WithSummary("Validate a file against the current profiles; nothing is written (Idempotency-Key)")
            .Accepts<UploadJobRequest>("application/json");
        group.MapPost("/{id:guid}/import", ImportAsync).WithName("ImportUpload").WithSummary("Import a file (Idempotency-Key)").Accepts<UploadJobRequest>("application/json");
        group.MapGet("/{id:guid}/jobs/{jobId:guid}", GetJobAsync).WithName("GetUploadJob").WithSummary("Show a check or an import; its errors are those of the run with its id");
    }

    private static async Task<Results<Created<UploadResponse>, ProblemHttpResult>> ReceiveAsync(
        HttpRequest request, UploadService uploads, PropertyOwners owners, CancellationToken cancellationToken, [FromQuery] string? name = null)
    {
        var (body, givenName, problem) = await BodyAsync(request, cancellationToken);
        if (problem is not null) return problem;
        try
        {
            var upload = await uploads.ReceiveAsync(NameOf(name ?? givenName), body!, cancellationToken);
            return TypedResults.Created($"{ApiRoutes.Root}/uploads/{upload.Id}", UploadResponse.From(upload, [], await owners.GetTypesAsync(cancellationToken)));
        }
        catch (CsvFileException refused)
        {
            var status = refused.Problem.Code == ProblemCodes.CsvTooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status422UnprocessableEntity;
            return ApiProblem.Of(status, refused.Problem.Code, refused.Problem.Detail, refused.Problem.Hint);
        }
    }

    /// <summary>The file itself: the whole body, or the first file of a form. Neither is held in memory.</summary>
    private static async Task<(Stream? Body, string? Name, ProblemHttpResult? Problem)> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) return (null, null, WrongType(request));
        if (type.MediaType == "text/csv") return (request.Body, null, null);
        if (type.MediaType != "multipart/form-data" || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary) return (null, null, WrongType(request));

        var reader = new MultipartReader(boundary, request.Body);
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (section.GetContentDispositionHeader() is { } disposition && disposition.IsFileDisposition())
                return (section.Body, (disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName)).Value, null);
        }

        return (null, null, ApiProblem.Of(StatusCodes.Status400BadRequest, "file_missing", "The form has no file."));
    }

    private static ProblemHttpResult WrongType(HttpRequest request) => ApiProblem.Of(
        StatusCodes.Status415UnsupportedMediaType, "request_not_csv", $"The content type is '{request.ContentType}'; send the file as text/csv, or as multipart/form-data.");

    // Shown only. A path that a browser may send is cut to its last part.
    private static string NameOf(string? name)
    {
        name = new string([.. (name ?? "").Split('/', '\\')[^1].Where(c => !char.IsControl(c)).Take(MaximumNameLength)]).Trim();
        return name.Length == 0 ? DefaultName : name;
    }

    private static async Task<Results<Ok<UploadResponse>, ProblemHttpResult>> GetAsync(
        Guid id, IUploadStore uploads, IRunStore runs, PropertyOwners owners, CancellationToken cancellationToken)
    {
        if (await uploads.GetAsync(id, cancellationToken) is not { } upload) return Unknown(id);
        var jobs = new List<UploadJobResponse>();
        foreach (var job in await uploads.ListJobsAsync(id, cancellationToken))
            if (await runs.GetAsync(job.RunId, cancellationToken) is { } run) jobs.Add(UploadJobResponse.From(upload, run));
        return TypedResults.Ok(UploadResponse.From(upload, jobs, await owners.GetTypesAsync(cancellationToken)));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(Guid id, IUploadStore uploads, IRunStore runs, CancellationToken cancellationToken)
    {
        foreach (var job in await uploads.ListJobsAsync(id, cancellationToken))
        {
            if (await runs.GetAsync(job.RunId, cancellationToken) is { Status: RunStatus.Running })
                return ApiProblem.Of(StatusCodes.Status409Conflict, "run_active", $"Run '{job.RunId}' of this file is active.", "Wait for it, or cancel it.");
        }

        return await uploads.DeleteAsync(id, cancellationToken) ? TypedResults.NoContent() : Unknown(id);
    }

    private static Task<Results<Accepted<UploadJobResponse>, ProblemHttpResult>> CheckAsync(
        Guid id, JsonElement? body, [FromHeader(Name = RunsApi.IdempotencyKey)] string? key, [AsParameters] JobServices services, CancellationToken cancellationToken) =>
        BeginAsync(id, body, isCheck: true, key, services, cancellationToken);

    private static Task<Results<Accepted<UploadJobResponse>, ProblemHttpResult>> ImportAsync(
        Guid id, JsonElement? body, [FromHeader(Name = RunsApi.IdempotencyKey)] string? key, [AsParameters] JobServices services, CancellationToken cancellationToken) =>
        BeginAsync(id, body, isCheck: false, key, services, cancellationToken);

    private static async Task<Results<Accepted<UploadJobResponse>, ProblemHttpResult>> BeginAsync(
        Guid id, JsonElement? body, bool isCheck, string? key, JobServices services, CancellationToken cancellationToken)
    {
        var (store, uploads, owners, grains) = services;
        if (RunsApi.CheckKey(key) is { } problem) return problem;
        if (await store.GetAsync(id, cancellationToken) is not { } upload) return Unknown(id);

        var read = UploadPlanReader.Read(body, upload.Description, await owners.GetTypesAsync(cancellationToken));
        if (read.Plan is not { } plan)
        {
            return ApiProblem.Invalid([.. read.Problems.Select(refused =>
                new ApiFieldProblem(refused.Pointer, refused.Code, refused.Fix is null ? refused.Message : $"{refused.Message} {refused.Fix}"))]);
        }

        if (await uploads.BeginAsync(upload, plan, isCheck, key, cancellationToken) is not { } run)
            return ApiProblem.Of(StatusCodes.Status409Conflict, "idempotency_key_reused", $"'{RunsApi.IdempotencyKey}' belongs to another request; nothing was started.");
        await grains.GetGrain<IUploadJobGrain>(run.Id).ResumeAsync(cancellationToken);
        return TypedResults.Accepted($"{ApiRoutes.Root}/uploads/{id}/jobs/{run.Id}", UploadJobResponse.From(upload, run));
    }

    private static async Task<Results<Ok<UploadJobResponse>, ProblemHttpResult>> GetJobAsync(
        Guid id, Guid jobId, IUploadStore uploads, IRunStore runs, CancellationToken cancellationToken)
    {
        if (await uploads.GetAsync(id, cancellationToken) is not { } upload) return Unknown(id);
        return await uploads.GetJobAsync(jobId, cancellationToken) is { } job && job.UploadId == id && await runs.GetAsync(jobId, cancellationToken) is { } run
            ? TypedResults.Ok(UploadJobResponse.From(upload, run))
            : ApiProblem.NotFound("job", jobId.ToString());
    }

    private static ProblemHttpResult Unknown(Guid id) => ApiProblem.NotFound("upload", id.ToString());

    private sealed record JobServices(IUploadStore Store, UploadService Uploads, PropertyOwners Owners, IGrainFactory Grains);
}
