using System.Text.Json.Nodes;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>A refusal as the service words it.</summary>
internal sealed record SnowflakeError(int Status, string Code, string Message, string? SqlState = null)
{
    public static readonly SnowflakeError UnknownHandle = new(422, "000709", "Statement not found", "02000");
    public static readonly SnowflakeError Cancelled = new(422, "000604", "SQL execution canceled", "57014");

    public static SnowflakeError Of(SqlFailure failure)
    {
        var position = $"error line {failure.Line} at position {failure.Column - 1}";
        return failure.Kind switch
        {
            SqlFailureKind.Syntax => Compilation("001003", "42000", $"syntax {position} unexpected '{failure.Subject}'."),
            SqlFailureKind.UnknownFunction => Compilation("002140", "42601", $"Unknown function {failure.Subject}"),
            SqlFailureKind.WrongArguments => Compilation("001044", "42P13", $"{position}\nInvalid argument types for function '{failure.Subject}': ({failure.Detail})"),
            SqlFailureKind.UnknownTable => failure.Detail == "Object"
                ? Compilation("002003", "42S02", $"Object '{failure.Subject}' does not exist or not authorized.")
                : Compilation("002003", "02000", $"{failure.Detail} '{failure.Subject}' does not exist or not authorized."),
            SqlFailureKind.UnknownColumn => Compilation("000904", "42000", $"{position}\ninvalid identifier '{failure.Subject}'"),
            SqlFailureKind.AmbiguousColumn => Compilation("002028", "42702", $"ambiguous column name '{failure.Subject}'"),
            SqlFailureKind.MissingParameter => new(422, "002049", "SQL compilation error:\nBind variables not set.", "42601"),
            SqlFailureKind.BadLimit => Compilation("002010", "42601", $"Invalid row count '{failure.Subject}' in limit clause"),
            SqlFailureKind.BadCast => BadCast(failure),
            SqlFailureKind.Overflow => new(422, "100132", $"Numeric value '{failure.Subject}' is out of range", "22003"),
            SqlFailureKind.DivisionByZero => new(422, "100051", "Division by zero", "22012"),
            SqlFailureKind.NotGrouped => Compilation("000979", "42601", "a selected item is not a valid group by expression"),
            SqlFailureKind.NoTimeTravel => new(
                422, "000707", $"Time travel data is not available for table {failure.Subject}. The requested time is either beyond the allowed time travel period or before the object creation time.", "02000"),
            SqlFailureKind.NoWarehouse => new(422, "000606", "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.\n", "57P03"),
            SqlFailureKind.Armed => new(422, failure.Subject, failure.Detail ?? "", null),
            _ => new(422, "000002", $"Unsupported feature '{failure.Subject}'.", "0A000"),
        };
    }

    public EmulatedResponse Response(string? handle, DateTimeOffset now)
    {
        var body = new JsonObject { ["code"] = Code, ["message"] = Message };
        if (SqlState is not null) body["sqlState"] = SqlState;
        if (handle is not null)
        {
            body["statementHandle"] = handle;
            body["createdOn"] = now.ToUnixTimeMilliseconds();
            body["statementStatusUrl"] = $"/api/v2/statements/{handle}";
        }

        return EmulatedResponse.Json(Status, body.ToJsonString(WireJson.Options));
    }

    private static SnowflakeError Compilation(string code, string state, string message) => new(422, code, $"SQL compilation error:\n{message}", state);

    private static SnowflakeError BadCast(SqlFailure failure) => failure.Detail switch
    {
        "DATE" => new(422, "100040", $"Date '{failure.Subject}' is not recognized", "22007"),
        "TIME" => new(422, "100108", $"Time '{failure.Subject}' is not recognized", "22007"),
        "TIMESTAMP" => new(422, "100035", $"Timestamp '{failure.Subject}' is not recognized", "22007"),
        "BOOLEAN" => new(422, "100037", $"Boolean value '{failure.Subject}' is not recognized", "22018"),
        "BIND" => new(422, "100037", $"{failure.Subject} is not recognized", "22018"),
        _ => new(422, "100038", $"Numeric value '{failure.Subject}' is not recognized", "22018"),
    };
}
