using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace WarehouseImport.Server.Api;

/// <summary>Versions as entity tags: a change names the version it was made from, so nobody overwrites what they have not seen.</summary>
internal static class ETags
{
    public static void SetETag(this HttpResponse response, long version) => response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Reads <c>If-Match</c> and compares it with the stored version.</summary>
    /// <returns>Null if it matches; else 428 without the header, 412 if it names another version.</returns>
    public static ProblemHttpResult? CheckIfMatch(this HttpRequest request, long storedVersion)
    {
        var header = request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            return ApiProblem.Of(
                StatusCodes.Status428PreconditionRequired, "if_match_missing", "Send the ETag of the version you have seen as 'If-Match'.");
        }

        var stored = string.Create(CultureInfo.InvariantCulture, $"\"{storedVersion}\"");
        return header == "*" || header.Split(',', StringSplitOptions.TrimEntries).Contains(stored, StringComparer.Ordinal) ? null : Changed();
    }

    /// <summary>Somebody else changed it between the check and the write, or before.</summary>
    public static ProblemHttpResult Changed() =>
        ApiProblem.Of(StatusCodes.Status412PreconditionFailed, "version_mismatch", "It was changed since the version named in If-Match; read it again and repeat the change.");
}
