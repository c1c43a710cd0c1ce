using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace WarehouseImport.Server.Api.Runs;

internal static class RunsApi
{
    public const string IdempotencyKey = "Idempotency-Key";

    private const int MaximumKeyLength = 255;

    /// <summary>Fast enough for a moving bar, slow enough to cost nothing.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    public static void MapRuns(this RouteGroupBuilder api)
    {
        var ofSync = api.MapGroup("/syncs/{id:guid}/runs").WithTags("Runs");
        ofSync.MapPost("/", StartAsync).WithName("StartRun").WithSummary("Start a run now (Idempotency-Key)");
        ofSync.MapGet("/", ListAsync).WithName("ListRuns").WithSummary("List a sync's runs, newest first");

        var runs = api.MapGroup("/runs/{id:guid}").WithTags("Runs");
        runs.MapGet("/", GetAsync).WithName("GetRun").WithSummary("Show a run with its exact counts");
        runs.MapPost("/cancel", CancelAsync).WithName("CancelRun").WithSummary("Stop a run between pages; the next one starts where the last finished one ended");
        runs.MapGet("/progress", WatchAsync).WithName("WatchRun").WithSummary("Follow a run as server-sent events");
        runs.MapGet("/errors", ListErrorsAsync).WithName("ListRunErrors").WithSummary("List the rows with errors or warnings, in source order");
        runs.MapGet("/errors.csv", DownloadErrorsAsync).WithName("DownloadRunErrors").WithSummary("Download them as CSV that can be mended and uploaded again");
        runs.MapGet("/errors.jsonl", DownloadErrorLinesAsync).WithName("DownloadRunErrorLines").WithSummary("Download them as JSON lines, one row each");
        runs.MapGet("/errors/summary", SummariseErrorsAsync).WithName("SummariseRunErrors").WithSummary("Count them by code");
    }

    /// <returns>Null if the key is absent or usable.</returns>
    public static ProblemHttpResult? CheckKey(string? key) => key switch
    {
        null => null,
        { Length: 0 or > MaximumKeyLength } => ApiProblem.Of(
            StatusCodes.Status400BadRequest, "idempotency_key_invalid", $"'{IdempotencyKey}' has {key.Length} characters; allowed are 1 to {MaximumKeyLength}."),
        _ => null,
    };

    /// <summary>409: the key was used for something else, so answering with the first result would hide that nothing was done now.</summary>
    public static ProblemHttpResult KeyReused(string what, Guid runId, string outcome) => ApiProblem.Of(
        StatusCodes.Status409Conflict, "idempotency_key_reused", $"'{IdempotencyKey}' belongs to {what} (run '{runId}'); {outcome}.", "Use a new key for a new request.");

    private static async Task<Results<Accepted<RunResponse>, ProblemHttpResult>> StartAsync(
        Guid id,
        RunStartRequest? request,
        [FromHeader(Name = IdempotencyKey)] string? key,
        IGrainFactory grains,
        IRunStore runs,
        CancellationToken cancellationToken)
    {
        if (CheckKey(key) is { } problem) return problem;
        var start = await grains.GetGrain<ISyncGrain>(id).StartRunAsync(new RunRequest(request?.DryRun ?? false, request?.Full ?? false, key), cancellationToken);
        return start.Status switch
        {
            RunStartStatus.SyncUnknown => ApiProblem.NotFound("sync", id.ToString()),
            RunStartStatus.AlreadyRunning => ApiProblem.Of(
                StatusCodes.Status409Conflict, "run_active", $"Run '{start.RunId}' of this sync is active; runs of a sync never overlap.", "Wait for it, or cancel it."),
            RunStartStatus.KeyReused => KeyReused("a run of another kind", start.RunId, "nothing was started"),
            _ => await runs.GetAsync(start.RunId, cancellationToken) is { } run
                ? TypedResults.Accepted($"{ApiRoutes.Root}/runs/{run.Id}", RunResponse.From(run))
                : ApiProblem.NotFound("run", start.RunId.ToString()),
        };
    }

    private static async Task<Results<Ok<Page<RunResponse>>, ProblemHttpResult>> ListAsync(
        Guid id, [AsParameters] PageQuery page, ISyncStore syncs, IRunStore runs, CancellationToken cancellationToken)
    {
        if (page.Check<long>(TryParseNumber, out var before) is { } problem) return problem;
        if (!BuiltInSources.Contains(id) && await syncs.GetAsync(id, cancellationToken) is null) return ApiProblem.NotFound("sync", id.ToString());
        var records = await runs.ListAsync(id, before, page.Size + 1, cancellationToken);
        return TypedResults.Ok(Pages.Of(records, page.Size, RunResponse.From, run => run.Seq.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<Results<Ok<RunResponse>, ProblemHttpResult>> GetAsync(Guid id, IRunStore runs, CancellationToken cancellationToken) =>
        await runs.GetAsync(id, cancellationToken) is { } run ? TypedResults.Ok(RunResponse.From(run)) : Unknown(id);

    private static async Task<Results<Accepted<RunResponse>, ProblemHttpResult>> CancelAsync(
        Guid id, IRunStore runs, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Unknown(id);
        var isCancelled = run.Status == RunStatus.Running && run.SyncId != ApiImports.SourceId
            && await (run.SyncId == FileImports.SourceId
                ? grains.GetGrain<IUploadJobGrain>(id).CancelAsync(cancellationToken)
                : grains.GetGrain<ISyncGrain>(run.SyncId).CancelRunAsync(id, cancellationToken));
        if (!isCancelled)
            return ApiProblem.Of(StatusCodes.Status409Conflict, "run_not_active", $"Run '{id}' is not active any more.");
        run = await runs.GetAsync(id, cancellationToken) ?? run;
        return TypedResults.Accepted($"{ApiRoutes.Root}/runs/{id}", RunResponse.From(run));
    }

    private static async Task<Results<ServerSentEventsResult<RunProgressResponse>, ProblemHttpResult>> WatchAsync(
        Guid id, IRunProgressReader progress, CancellationToken cancellationToken) =>
        await progress.GetAsync(id, cancellationToken) is null ? Unknown(id) : TypedResults.ServerSentEvents(EventsAsync(id, progress, cancellationToken));

    private static async IAsyncEnumerable<SseItem<RunProgressResponse>> EventsAsync(
        Guid id, IRunProgressReader progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var step in progress.WatchAsync(id, ProgressInterval, cancellationToken)) yield return new SseItem<RunProgressResponse>(RunProgressResponse.From(step), "progress");
    }

    private static async Task<Results<Ok<Page<ErrorRowResponse>>, ProblemHttpResult>> ListErrorsAsync(
        Guid id, [AsParameters] PageQuery page, IRunStore runs, CancellationToken cancellationToken, string? code = null)
    {
        if (page.Check<(int, int)>(TryParsePosition, out var after) is { } problem) return problem;
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Unknown(id);
        var rows = await runs.GetErrorsAsync(id, after, code, page.Size + 1, cancellationToken);
        var columns = run.Window?.Columns ?? [];
        return TypedResults.Ok(Pages.Of(rows, page.Size, row => ErrorRowResponse.From(row, columns), row => string.Create(CultureInfo.InvariantCulture, $"{row.Page}-{row.Row}")));
    }

    private static async Task<Results<Ok<Page<ErrorSummaryItem>>, ProblemHttpResult>> SummariseErrorsAsync(Guid id, IRunStore runs, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is null) return Unknown(id);
        var counts = await runs.GetErrorSummaryAsync(id, cancellationToken);
        return TypedResults.Ok(new Page<ErrorSummaryItem>(
            [.. counts.Select(count => new ErrorSummaryItem(
                count.Code, count.Severity, ProblemCatalogue.TryGet(count.Code, out var definition) ? definition.Title : count.Code, count.Rows))],
            null));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> DownloadErrorsAsync(
        Guid id, IRunStore runs, ErrorFileWriter errorFile, HttpResponse response, CancellationToken cancellationToken, string? content = null)
    {
        if (!TryParseContent(content, out var rows)) return UnknownContent(content);
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Unknown(id);
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        return TypedResults.Stream(
            stream => errorFile.WriteAsync(run, stream, rows, cancellationToken),
            "text/csv; charset=utf-8",
            $"run-{run.Seq.ToString(CultureInfo.InvariantCulture)}-{run.Id}-errors.csv");
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> DownloadErrorLinesAsync(
        Guid id, IRunStore runs, HttpResponse response, IOptions<JsonOptions> json, CancellationToken cancellationToken, string? content = null)
    {
        if (!TryParseContent(content, out var wanted)) return UnknownContent(content);
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Unknown(id);
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        return TypedResults.Stream(
            stream => WriteLinesAsync(run, runs, stream, wanted, json.Value.SerializerOptions, cancellationToken),
            "application/jsonl; charset=utf-8",
            $"run-{run.Seq.ToString(CultureInfo.InvariantCulture)}-{run.Id}-errors.jsonl");
    }

    private static async Task WriteLinesAsync(
        RunRecord run, IRunStore runs, Stream stream, ErrorFileContent content, JsonSerializerOptions options, CancellationToken cancellationToken)
    {
        const int BatchRows = 1_000;
        var columns = run.Window?.Columns ?? [];
        (int Page, int Row)? after = null;
        while (await runs.GetErrorsAsync(run.Id, after, null, BatchRows, cancellationToken) is { Count: > 0 } rows)
        {
            foreach (var row in rows.Where(row => content == ErrorFileContent.All || row.Problems.Any(entry => entry.Problem.Severity == ProblemSeverity.Error)))
            {
                await JsonSerializer.SerializeAsync(stream, ErrorRowResponse.From(row, columns), options, cancellationToken);
                await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }

            after = (rows[^1].Page, rows[^1].Row);
        }
    }

    /// <summary>Reads <c>?content=</c>: <c>all</c>, also if it is absent, or <c>errors_only</c>.</summary>
    private static bool TryParseContent(string? text, out ErrorFileContent content)
    {
        content = text == "errors_only" ? ErrorFileContent.ErrorsOnly : ErrorFileContent.All;
        return text is null or "all" or "errors_only";
    }

    private static ProblemHttpResult UnknownContent(string? content) =>
        ApiProblem.Of(StatusCodes.Status400BadRequest, "content_unknown", $"'content' is '{content}'; allowed are all and errors_only.");

    private static bool TryParseNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryParsePosition(string text, out (int Page, int Row) position)
    {
        position = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out position.Page)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out position.Row);
    }

    private static ProblemHttpResult Unknown(Guid id) => ApiProblem.NotFound("run", id.ToString());
}
