using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api;

/// <summary>Turns what could not be answered into problem details. Texts of unexpected errors stay in the log.</summary>
internal sealed partial class ApiExceptionHandler(ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    /// <summary>A database that restarts is back in seconds.</summary>
    private const string RetryAfterSeconds = "5";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;

        var problem = exception switch
        {
            WarehouseException warehouse => Of(warehouse),
            BadHttpRequestException bad => Of(bad),
            JsonException json => Malformed(json),
            RunFailedException failed => ApiProblem.Of(StatusCodes.Status422UnprocessableEntity, failed.Code, failed.Message, failed.Fix),
            ProfileContentionException => ApiProblem.Of(
                StatusCodes.Status409Conflict,
                "profile_busy",
                "Imports kept changing the profiles of this request while it was worked on. Nothing was written.",
                "Try again."),
            SecretKeyMissingException missing => ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, "key_missing", missing.Message),
            _ when StorageErrors.IsUnavailable(exception) => ApiProblem.Of(
                StatusCodes.Status503ServiceUnavailable,
                "storage_unavailable",
                "The server's own database cannot be used at the moment. The request may have taken effect; repeat it with the same Idempotency-Key.",
                "Try again in some seconds; if it stays, an operator has to look at the database."),
            TimeoutException => ApiProblem.Of(
                StatusCodes.Status504GatewayTimeout, "timed_out", "The server did not finish in time. The request may still take effect; repeat it with the same Idempotency-Key."),
            _ => null,
        };
        if (StorageErrors.IsUnavailable(exception))
        {
            httpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
            ApiLog.StorageUnavailable(logger, httpContext.Request.Method, exception.GetType().FullName!);
        }

        if (problem is null)
        {
            ApiLog.RequestFailed(logger, httpContext.Request.Method, httpContext.TraceIdentifier, exception);
            problem = ApiProblem.Of(
                StatusCodes.Status500InternalServerError, "internal_error", $"The server could not answer. Reference {httpContext.TraceIdentifier} names the entry in its log.");
        }

        await problem.ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>4xx where somebody can mend the request or the connection, 5xx where the warehouse has to come back.</summary>
    public static int StatusOf(string code) => code switch
    {
        WarehouseErrors.Unreachable => StatusCodes.Status502BadGateway,
        WarehouseErrors.Busy or WarehouseErrors.SecretUnreadable => StatusCodes.Status503ServiceUnavailable,
        WarehouseErrors.TimedOut => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status422UnprocessableEntity,
    };

    private static ProblemHttpResult Of(WarehouseException exception) => ApiProblem.Of(
        exception.Code == WarehouseErrors.DatasetUnknown ? StatusCodes.Status404NotFound : StatusOf(exception.Code), exception.Code, exception.Message, exception.Fix);

    private static ProblemHttpResult Of(BadHttpRequestException exception) => exception switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => ApiProblem.TooLarge(),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } =>
            ApiProblem.Of(StatusCodes.Status415UnsupportedMediaType, "request_not_json", "Send the body as 'Content-Type: application/json'."),
        { InnerException: JsonException json } => Malformed(json),
        _ => ApiProblem.Of(exception.StatusCode, "request_invalid", Readable(exception.Message)),
    };

    /// <summary>The framework names parameters as the code does; a caller knows the name and the value only.</summary>
    private static string Readable(string message)
    {
        if (NotBound().Match(message) is { Success: true } bound)
        {
            var name = bound.Groups["name"].Value;
            return $"'{char.ToLowerInvariant(name[0])}{name[1..]}' is '{bound.Groups["value"].Value}', which is not what is asked for there.";
        }

        return NotProvided().IsMatch(message) ? "The request needs a JSON body." : message;
    }

    [GeneratedRegex("""^Failed to bind parameter "(.* )?(?<name>[^ ]+)" from "(?<value>.*)"\.$""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex NotBound();

    [GeneratedRegex("^(Required parameter |Implicit body inferred |Failed to read parameter )", RegexOptions.ExplicitCapture)]
    private static partial Regex NotProvided();

    /// <summary>400 for what is not JSON; 422 with a pointer for JSON whose members are missing, unknown or of the wrong kind, as syncs answer it.</summary>
    private static ProblemHttpResult Malformed(JsonException exception)
    {
        var pointer = JsonPointer.FromPath(exception.Path);

        // The serializer wraps the reader's exception, whose type is internal, when the text itself is broken.
        if (exception.InnerException is JsonException || exception.GetType() != typeof(JsonException))
        {
            var where = $"The body is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).";
            return ApiProblem.Of(StatusCodes.Status400BadRequest, "request_invalid", where, errors: [new ApiFieldProblem(pointer, "request_invalid", where)]);
        }

        if (Missing().Match(exception.Message) is { Success: true } missing)
        {
            return ApiProblem.Invalid([.. missing.Groups["name"].Captures.Select(name => new ApiFieldProblem(
                $"{pointer}/{name.Value}", SetupCodes.MemberMissing, $"'{name.Value}' is missing."))]);
        }

        return exception.Message.Contains("could not be mapped", StringComparison.Ordinal)
            ? ApiProblem.Invalid(pointer, SetupCodes.MemberUnknown, $"'{pointer}' is not a known member.")
            : ApiProblem.Invalid(pointer, SetupCodes.ValueInvalid, $"'{pointer}' does not hold what is asked for there (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
    }

    [GeneratedRegex("missing required properties including: ('(?<name>[^']+)'(, )?)+", RegexOptions.ExplicitCapture)]
    private static partial Regex Missing();
}

internal static partial class ApiLog
{
    [LoggerMessage(1000, LogLevel.Error, "A {Method} request could not be answered; reference {Reference}.")]
    public static partial void RequestFailed(ILogger logger, string method, string reference, Exception exception);

    [LoggerMessage(1001, LogLevel.Warning, "A {Method} request could not be answered because the database cannot be used ({ExceptionType}).")]
    public static partial void StorageUnavailable(ILogger logger, string method, string exceptionType);
}
