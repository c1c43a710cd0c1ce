using System.Globalization;
using System.Text.Json.Nodes;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>A refusal as the service words it: the reason decides, the status follows.</summary>
internal sealed record BigQueryError(int Status, string Reason, string Message, string? Location = null)
{
    public static BigQueryError Invalid(string message) => new(400, "invalid", message);

    public static BigQueryError NotFound(string message) => new(404, "notFound", message);

    public static BigQueryError Of(SqlFailure failure, string location)
    {
        var at = string.Create(CultureInfo.InvariantCulture, $" at [{failure.Line}:{failure.Column}]");
        BigQueryError Query(string message) => new(400, "invalidQuery", message, "query");
        return failure.Kind switch
        {
            SqlFailureKind.Syntax => Query($"Syntax error: Unexpected {(failure.Subject == "<EOF>" ? "end of script" : $"\"{failure.Subject}\"")}{at}"),
            SqlFailureKind.UnknownFunction => Query($"Function not found: {failure.Subject}{at}"),
            SqlFailureKind.UnknownTable => NotFound($"Not found: {failure.Detail} {failure.Subject} was not found in location {location}"),
            SqlFailureKind.UnknownColumn => Query($"Unrecognized name: {failure.Subject}{at}"),
            SqlFailureKind.AmbiguousColumn => Query($"Column name {failure.Subject} is ambiguous{at}"),
            SqlFailureKind.MissingParameter => Query(failure.Subject.All(char.IsAsciiDigit) ? $"Query parameter number {failure.Subject} is not defined{at}" : $"Query parameter '{failure.Subject}' not found{at}"),
            SqlFailureKind.WrongArguments => Query($"No matching signature for {failure.Subject} for argument types: {failure.Detail}.{at}"),
            SqlFailureKind.BadLimit => Query($"Syntax error: LIMIT expects an integer literal or parameter{at}"),
            SqlFailureKind.BadCast => Query(failure.Detail switch
            {
                "INT64" => $"Bad int64 value: {failure.Subject}",
                "FLOAT" => $"Bad double value: {failure.Subject}",
                "BOOLEAN" => $"Bad bool value: {failure.Subject}",
                "NUMBER" => $"Invalid NUMERIC value: {failure.Subject}",
                var type => $"Invalid {type?.ToLowerInvariant()}: '{failure.Subject}'",
            }),
            SqlFailureKind.Overflow => Query("int64 overflow"),
            SqlFailureKind.DivisionByZero => Query("division by zero"),
            SqlFailureKind.NotGrouped => Query("SELECT list expression references a column which is neither grouped nor aggregated"),
            SqlFailureKind.NoTimeTravel => Query($"Invalid time travel: table {failure.Subject} {failure.Detail} at the requested time"),
            SqlFailureKind.PartitionFilterMissing => Query($"Cannot query over table '{failure.Subject}' without a filter over column(s) '{failure.Detail}' that can be used for partition elimination"),
            SqlFailureKind.Armed => new(400, failure.Subject, failure.Detail ?? ""),
            _ => Query($"{failure.Subject} is not supported"),
        };
    }

    public JsonObject Entry()
    {
        var entry = new JsonObject { ["reason"] = Reason, ["message"] = Message };
        if (Location is not null) entry["location"] = Location;
        return entry;
    }

    public EmulatedResponse Response()
    {
        var entry = new JsonObject { ["message"] = Message, ["domain"] = "global", ["reason"] = Reason };
        if (Location is not null) entry["location"] = "q";
        if (Location is not null) entry["locationType"] = "parameter";
        var body = new JsonObject
        {
            ["error"] = new JsonObject { ["code"] = Status, ["message"] = Message, ["errors"] = new JsonArray(entry), ["status"] = StatusName() },
        };
        return EmulatedResponse.Json(Status, body.ToJsonString(WireJson.Options));
    }

    private string StatusName() => Status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        429 => "RESOURCE_EXHAUSTED",
        >= 500 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
}
