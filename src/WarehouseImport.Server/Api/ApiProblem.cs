using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace WarehouseImport.Server.Api;

/// <summary>Answers for people and programs (RFC 9457): every problem has a stable <c>code</c>; several problems of one request are listed together.</summary>
internal static class ApiProblem
{
    /// <param name="code">Stable code.</param>
    /// <param name="detail">What was found and what is allowed; no stack, no secret.</param>
    /// <param name="fix">What to do about it, or null.</param>
    public static ProblemHttpResult Of(int status, string code, string detail, string? fix = null, IReadOnlyList<ApiFieldProblem>? errors = null)
    {
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code };
        if (fix is not null) extensions["fix"] = fix;
        if (errors is not null) extensions["errors"] = errors;
        return TypedResults.Problem(new ProblemDetails { Status = status, Type = Type(status), Title = Title(status), Detail = detail, Extensions = extensions });
    }

    /// <summary>422: the request was understood and breaks rules; all of them are listed.</summary>
    public static ProblemHttpResult Invalid(IReadOnlyList<ApiFieldProblem> errors)
    {
        var detail = errors.Count == 1 ? errors[0].Detail : $"{errors[0].Detail} ({errors.Count} problems in all; see errors.)";
        return Of(StatusCodes.Status422UnprocessableEntity, errors[0].Code, detail, errors: errors);
    }

    public static ProblemHttpResult Invalid(string pointer, string code, string detail) => Invalid([new ApiFieldProblem(pointer, code, detail)]);

    public static ProblemHttpResult NotFound(string kind, string id) =>
        Of(StatusCodes.Status404NotFound, $"{kind}_unknown", $"There is no {kind} with id '{id}'.");

    public static ProblemHttpResult TooLarge() =>
        Of(StatusCodes.Status413PayloadTooLarge, "request_too_large", "The body is too large: 1 MiB is allowed, 5 MB for imports.");

    // The framework knows the other statuses' sections of RFC 9110.
    private static string? Type(int status) => status == StatusCodes.Status428PreconditionRequired ? "https://tools.ietf.org/html/rfc6585#section-3" : null;

    private static string Title(int status) => status switch
    {
        400 => "The request could not be read",
        401 => "Not signed in",
        404 => "Not found",
        409 => "In conflict with the current state",
        412 => "Changed in the meantime",
        413 => "Too large",
        415 => "Not JSON",
        422 => "Not valid",
        428 => "If-Match is required",
        500 => "Internal error",
        501 or 502 or 503 or 504 => "Not available",
        _ => "Refused",
    };
}

/// <param name="Pointer">JSON pointer of the offending member, or <c>?name</c> for a query parameter.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Detail">The value found and what is allowed.</param>
internal sealed record ApiFieldProblem(string Pointer, string Code, string Detail);
