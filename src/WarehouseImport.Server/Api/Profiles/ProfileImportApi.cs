using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Api.Profiles;

internal static class ProfileImportApi
{
    private const int ImportBytes = 5_000_000;

    public static void MapProfileImport(this RouteGroupBuilder profiles) => profiles.MapPost("/import", ImportAsync)
        .WithName("ImportProfiles")
        .WithSummary("Import up to 10 000 rows through the same rules as a sync (Idempotency-Key)")
        .Accepts<ImportRequest>("application/json")
        .WithMetadata(new RequestSizeLimitAttribute(ImportBytes));

    private static async Task<Results<Ok<ImportResponse>, ProblemHttpResult>> ImportAsync(
        JsonElement body,
        [FromHeader(Name = RunsApi.IdempotencyKey)] string? key,
        ApiImport import,
        IRunStore runs,
        IRunMappings mappings,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (RunsApi.CheckKey(key) is { } problem) return problem;
        if (ImportRows.Read(body, clock.GetUtcNow(), mappings, out var problems) is not { } rows) return ApiProblem.Invalid(problems);

        var result = await import.ImportAsync(rows.Definition, rows.Columns, rows.Page, key, cancellationToken);
        if (result.Status == ApiImportStatus.KeyReused)
        {
            return ApiProblem.Of(
                StatusCodes.Status409Conflict, "idempotency_key_reused", $"'{RunsApi.IdempotencyKey}' belongs to an import of other rows (run '{result.RunId}'); nothing was written.");
        }

        var columns = (await runs.GetAsync(result.RunId, cancellationToken))?.Window?.Columns ?? [];
        return TypedResults.Ok(new ImportResponse(
            result.RunId,
            RunCounts.From(result.Counts.Total, result.Counts),
            [.. result.Errors.Select(row => ErrorRowResponse.From(row, columns))]));
    }
}

/// <summary>Rows to import: identifiers, standard properties, <c>location</c>, <c>properties</c> and <c>modified_at</c>. Null clears, absent keeps.</summary>
internal sealed record ImportRequest(IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Rows);
