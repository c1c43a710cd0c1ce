using System.Net;
using System.Text.Json;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>The service's own word for a refusal, kept inside the exception that says what it means.</summary>
internal sealed class BigQueryRefusal(string reason) : Exception($"BigQuery answered {reason}.")
{
    public string Reason { get; } = reason;

    public static string? Of(WarehouseException failure) => (failure.InnerException as BigQueryRefusal)?.Reason;
}

/// <summary>
/// Says what a refusal means (bigquery-api section 4): by its reason, else by the HTTP status, because a body may be missing or HTML. The service's texts can quote
/// values, so they are searched for known words and never passed on (S10).
/// </summary>
internal sealed class BigQueryErrors(BigQueryTarget target)
{
    public HttpVerdict Classify(HttpRefusal refusal, string what, DatasetName? dataset)
    {
        var (reason, message) = Read(refusal);
        if (reason is null)
        {
            return refusal.Status switch
            {
                HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => HttpVerdict.Throttled(Of("rateLimitExceeded", "", what, dataset)),
                HttpStatusCode.Unauthorized => HttpVerdict.RefreshToken(Of("authError", "", what, dataset)),
                HttpStatusCode.Forbidden => HttpVerdict.GiveUp(Of("accessDenied", "", what, dataset)),
                HttpStatusCode.NotFound => HttpVerdict.GiveUp(Of("notFound", "", what, dataset)),
                >= HttpStatusCode.InternalServerError => HttpVerdict.Unavailable(Of("backendError", "", what, dataset)),
                _ => HttpVerdict.GiveUp(Of($"HTTP status {(int)refusal.Status}", "", what, dataset)),
            };
        }

        var failure = Of(reason, message, what, dataset);
        return reason switch
        {
            "rateLimitExceeded" or "userRateLimitExceeded" => HttpVerdict.Throttled(failure),
            "backendError" or "internalError" or "tableUnavailable" => HttpVerdict.Unavailable(failure),
            "authError" or "invalidCredentials" or "required" when refusal.Status == HttpStatusCode.Unauthorized => HttpVerdict.RefreshToken(failure),
            _ when refusal.Status == HttpStatusCode.Unauthorized => HttpVerdict.RefreshToken(Of("authError", message, what, dataset)),
            _ when refusal.Status == HttpStatusCode.TooManyRequests => HttpVerdict.Throttled(failure),
            _ when refusal.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => HttpVerdict.Unavailable(failure),
            _ => HttpVerdict.GiveUp(failure),
        };
    }

    /// <summary>A job that ended with an error, whether told as job status or as refusal of its results.</summary>
    public WarehouseException Of(ErrorProto error, string what, DatasetName? dataset) => Of(error.Reason ?? "unknown", error.Message ?? "", what, dataset);

    public WarehouseException Of(string reason, string message, string what, DatasetName? dataset)
    {
        var (code, text, fix, isTransient) = Explain(reason, message, what, dataset);
        return new WarehouseException(code, text, fix, isTransient, new BigQueryRefusal(reason));
    }

    /// <summary>Errors of a job, not of a request: the same statement may succeed as another job, and never as this one.</summary>
    public static bool IsJobTransient(string? reason) => reason is "jobBackendError" or "jobInternalError" or "jobRateLimitExceeded" or "backendError" or "internalError" or "tableUnavailable";

    private static (string? Reason, string Message) Read(HttpRefusal refusal)
    {
        if (refusal.Json is not { } json || !json.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object) return (null, "");
        var message = refusal.Text("error", "message") ?? "";
        if (error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
            && errors[0].ValueKind == JsonValueKind.Object && errors[0].TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String)
        {
            return (reason.GetString(), message);
        }

        return (null, message);
    }

    private (string Code, string Text, string? Fix, bool IsTransient) Explain(string reason, string message, string what, DatasetName? dataset)
    {
        switch (reason)
        {
            case "rateLimitExceeded" or "userRateLimitExceeded" or "jobRateLimitExceeded":
                return (WarehouseErrors.Busy, $"{what} failed: BigQuery takes no more requests of this account for now.", "Run fewer syncs at the same time if this lasts.", true);
            case "backendError" or "internalError" or "jobBackendError" or "jobInternalError":
                return (WarehouseErrors.Busy, $"{what} failed: BigQuery had an error of its own ({reason}).", "The next attempt usually succeeds; see https://status.cloud.google.com if this lasts.", true);
            case "tableUnavailable":
                return (WarehouseErrors.Busy, $"{what} failed: BigQuery cannot reach the table for now.", "The next attempt usually succeeds.", true);
            case "timeout" or "jobTimeout":
                return (WarehouseErrors.TimedOut, $"{what} took longer than BigQuery allows.", "Run the sync more often so that each window is smaller, or partition the table by the cursor column.", false);
            case "quotaExceeded":
                return (WarehouseErrors.QuotaExceeded, $"{what} failed: a quota of project {target.BillingProject} is used up.", $"See the quotas of project {target.BillingProject} in the Google Cloud console; daily ones start anew at midnight Pacific time.", false);
            case "billingNotEnabled" or "billingTierLimitExceeded":
                return (WarehouseErrors.PermissionDenied, $"{what} failed: project {target.BillingProject} has no billing for this query ({reason}).", $"gcloud billing projects link {target.BillingProject} --billing-account=ACCOUNT_ID", false);
            case "bytesBilledLimitExceeded":
                return OverLimit(what);
            case "responseTooLarge" or "resourcesExceeded":
                return (WarehouseErrors.QueryFailed, $"{what} failed: the result is too large to be sorted ({reason}).", "Run the sync more often so that each window is smaller, or start it from a later date.", false);
            case "accessDenied" or "insufficientPermissions" or "forbidden":
                return Denied(message, what, dataset);
            case "accessNotConfigured":
                return (WarehouseErrors.PermissionDenied, $"{what} failed: the BigQuery API of project {target.BillingProject} is off.", BigQueryGrants.EnableApi(target.BillingProject), false);
            case "authError" or "invalidCredentials" or "required":
                return (WarehouseErrors.SignInRefused, $"BigQuery refused the token of {target.Account}.", "Enter the key again; check that the account exists and is not disabled.", false);
            case "notFound" when IsStoredResult(message):
                return (WarehouseErrors.ResultExpired, $"{what} failed: the stored result is gone; BigQuery keeps it for about a day.", "The next attempt reads the window again.", true);
            case "notFound" when message.StartsWith("Not found: Project", StringComparison.Ordinal):
                return (WarehouseErrors.SettingInvalid, $"{what} failed: there is no project {target.BillingProject} or {target.DataProject}.", "Check the settings 'project' and 'data_project'; they take the project's id, not its name or number.", false);
            case "notFound" when dataset is not null:
                var unknown = Schema.Unknown(dataset);
                return (unknown.Code, unknown.Message, target.Location is null ? unknown.Fix : $"{unknown.Fix} The setting 'location' is {target.Location}; is the dataset there?", false);
            case "notFound":
                return (WarehouseErrors.DatasetUnknown, $"{what} failed: BigQuery finds no such thing in project {target.DataProject}.", "Check the settings 'data_project', 'datasets' and 'location'; names of datasets are case-sensitive.", false);
            case "stopped":
                return (WarehouseErrors.QueryFailed, $"{what} failed: the query was cancelled in BigQuery.", null, true);
            case "invalidQuery" or "invalid" when message.Contains("bytes billed", StringComparison.Ordinal):
                return OverLimit(what);
            case "invalidQuery" or "invalid" when message.Contains("partition elimination", StringComparison.Ordinal):
                return (WarehouseErrors.QueryFailed, $"{what} failed: the dataset asks for a filter on its partition column.", "Add a view with such a filter and read the view.", false);
            case "invalidQuery" when message.Contains("Unrecognized name", StringComparison.Ordinal) || message.Contains("not found inside", StringComparison.Ordinal):
                return (WarehouseErrors.ColumnMissing, $"A column of {dataset?.ToString() ?? "the dataset"} disappeared: {what}.", "Look at the dataset's columns again.", false);
            default:
                return (WarehouseErrors.QueryFailed, $"{what} failed: BigQuery answered {reason}.", "Look at the query in the job history of the project; it carries the sync's and the run's id as labels.", false);
        }
    }

    // Results are kept in a hidden dataset of the caller, as in "Not found: Table project:_8a4f….anon77d2…".
    private static bool IsStoredResult(string message) =>
        message.StartsWith("Not found: Job", StringComparison.Ordinal)
        || (message.StartsWith("Not found: Table", StringComparison.Ordinal) && message.Contains(":_", StringComparison.Ordinal) && message.Contains(".anon", StringComparison.Ordinal));

    private (string Code, string Text, string? Fix, bool IsTransient) OverLimit(string what) => (
        WarehouseErrors.CostLimit,
        $"{what} would bill more than the limit of {target.MaximumBytesBilled?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "the project"} bytes and was not run.",
        "Raise 'maximum_bytes_billed' of the connection, map fewer columns, or partition the table by the cursor column.",
        false);

    private (string Code, string Text, string? Fix, bool IsTransient) Denied(string message, string what, DatasetName? dataset)
    {
        if (message.Contains("has not been used in project", StringComparison.Ordinal) || message.Contains("it is disabled", StringComparison.Ordinal))
            return Explain("accessNotConfigured", "", what, dataset);

        var (role, fix) = message.Contains("bigquery.jobs.", StringComparison.Ordinal) ? ("roles/bigquery.jobUser", BigQueryGrants.JobUser(target))
            : message.Contains("bigquery.readsessions.", StringComparison.Ordinal) ? ("roles/bigquery.readSessionUser", BigQueryGrants.ReadSessionUser(target))
            : message.Contains("serviceusage.", StringComparison.Ordinal) ? ("roles/serviceusage.serviceUsageConsumer", BigQueryGrants.ProjectRole(target.BillingProject, target.Member, "roles/serviceusage.serviceUsageConsumer"))
            : ("roles/bigquery.dataViewer", BigQueryGrants.DataViewer(target, dataset?.Parts[0]));
        var place = role == "roles/bigquery.dataViewer" && dataset is not null ? dataset.Parts[0] : role == "roles/bigquery.dataViewer" ? target.DataProject : target.BillingProject;
        return (WarehouseErrors.PermissionDenied, $"{target.Account} may not do this: {what}. The role {role} on {place} is missing.", fix, false);
    }
}
