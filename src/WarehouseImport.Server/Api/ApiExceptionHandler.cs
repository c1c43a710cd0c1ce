using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api;

/// <summary>Turns what could not be answered into problem details. Texts of unexpected errors stay in the log.</summary>
internal sealed class ApiExceptionHandler(ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;

        var problem = exception switch
        {
            WarehouseException warehouse => Of(warehouse),
            BadHttpRequestException bad => Of(bad),
            JsonException json => Malformed(json),
            RunFailedException failed => ApiProblem.Of(StatusCodes.Status422UnprocessableEntity, failed.Code, failed.Message, failed.Fix),
            SecretKeyMissingException missing => ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, "key_missing", missing.Message),
            TimeoutException => ApiProblem.Of(
                StatusCodes.Status504GatewayTimeout, "timed_out", "The server did not finish in time. The request may still take effect; repeat it with the same Idempotency-Key."),
            _ => null,
        };
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
        _ => ApiProblem.Of(exception.StatusCode, "request_invalid", exception.Message),
    };

    private static ProblemHttpResult Malformed(JsonException exception)
    {
        var pointer = JsonPointer.FromPath(exception.Path);
        var detail = exception.Message.Contains("could not be mapped", StringComparison.Ordinal)
            ? $"'{pointer}' is not a known member."
            : pointer.Length == 0
                ? "The body is not valid JSON."
                : $"'{pointer}' does not hold what is asked for there (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}).";
        return ApiProblem.Of(StatusCodes.Status400BadRequest, "request_invalid", detail, errors: [new ApiFieldProblem(pointer, "request_invalid", detail)]);
    }
}

internal static partial class ApiLog
{
    [LoggerMessage(1000, LogLevel.Error, "A {Method} request could not be answered; reference {Reference}.")]
    public static partial void RequestFailed(ILogger logger, string method, string reference, Exception exception);
}
