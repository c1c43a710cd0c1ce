using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;

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
        ApiRowReader reader,
        IRunStore runs,
        CancellationToken cancellationToken)
    {
        if (RunsApi.CheckKey(key) is { } problem) return problem;
        if (Rows(body, out var rows) is { } wrong) return wrong;

        var result = await import.ImportAsync(
            instant => reader.Read(rows, instant), rows.Count, JsonMarshal.GetRawUtf8Value(body).ToArray(), key, cancellationToken);
        if (result.Status == ApiImportStatus.KeyReused)
            return RunsApi.KeyReused("an import of other rows", result.RunId, "nothing was written");

        var columns = (await runs.GetAsync(result.RunId, cancellationToken))?.Window?.Columns ?? [];
        return TypedResults.Ok(new ImportResponse(
            result.RunId,
            RunCounts.From(result.Counts.Total, result.Counts),
            [.. result.Errors.Select(row => ErrorRowResponse.From(row, columns))]));
    }

    private static ProblemHttpResult? Rows(JsonElement body, out IReadOnlyList<JsonElement> rows)
    {
        rows = [];
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("rows", out var array) || array.ValueKind != JsonValueKind.Array)
            return ApiProblem.Invalid("/rows", SetupCodes.MemberMissing, "'rows' is missing; it must be an array of objects.");
        if (body.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => name != "rows") is { } unknown)
            return ApiProblem.Invalid($"/{unknown}", SetupCodes.MemberUnknown, $"'{unknown}' is not a known member; known is rows.");
        if (array.GetArrayLength() is 0 or > ApiImport.MaxRows)
            return ApiProblem.Invalid("/rows", SetupCodes.LimitExceeded, $"'rows' has {array.GetArrayLength()} items; allowed are 1 to {ApiImport.MaxRows}.");
        rows = [.. array.EnumerateArray()];
        return null;
    }
}

/// <summary>Rows to import: identifiers, standard properties, <c>location</c>, <c>properties</c> and <c>modified_at</c>. Null clears, absent keeps.</summary>
internal sealed record ImportRequest(IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Rows);
