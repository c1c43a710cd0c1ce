using System.Net;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>bigquery-api section 4.</summary>
public sealed class BigQueryErrorsTests
{
    private static readonly DatasetName Dataset = new("crm", "customers");

    private static readonly BigQueryErrors Errors = new(new BigQueryTarget(
        "billing-project", "data-project", null, null, 20_000_000, new Uri("https://x.example"), new Uri("https://x.example"), true, new ServiceAccountKey(FakeBigQuery.Email, "id", "key")));

    [Theory]
    [InlineData(403, "rateLimitExceeded", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(403, "userRateLimitExceeded", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(429, "rateLimitExceeded", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(500, "backendError", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(503, "backendError", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(500, "internalError", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(400, "tableUnavailable", nameof(HttpVerdictKind.Retry), WarehouseErrors.Busy)]
    [InlineData(400, "jobBackendError", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.Busy)]
    [InlineData(400, "jobInternalError", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.Busy)]
    [InlineData(400, "jobRateLimitExceeded", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.Busy)]
    [InlineData(400, "timeout", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.TimedOut)]
    [InlineData(403, "quotaExceeded", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QuotaExceeded)]
    [InlineData(403, "billingNotEnabled", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.PermissionDenied)]
    [InlineData(400, "bytesBilledLimitExceeded", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.CostLimit)]
    [InlineData(403, "accessDenied", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.PermissionDenied)]
    [InlineData(404, "notFound", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.DatasetUnknown)]
    [InlineData(400, "invalid", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QueryFailed)]
    [InlineData(400, "invalidQuery", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QueryFailed)]
    [InlineData(400, "resourcesExceeded", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QueryFailed)]
    [InlineData(403, "responseTooLarge", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QueryFailed)]
    [InlineData(409, "duplicate", nameof(HttpVerdictKind.GiveUp), WarehouseErrors.QueryFailed)]
    [InlineData(401, "authError", nameof(HttpVerdictKind.RefreshToken), WarehouseErrors.SignInRefused)]
    public void Classify_Reason_DecidesWhatToDo(int status, string reason, string kind, string code)
    {
        var verdict = Errors.Classify(Refusal(status, FakeAnswer.Error((HttpStatusCode)status, reason, "secret-canary").Body), "Reading", Dataset);

        Assert.Equal(kind, verdict.Kind.ToString());
        Assert.Equal(code, verdict.Failure.Code);
        Assert.DoesNotContain("canary", verdict.Failure.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A body may be missing or HTML: the status decides.</summary>
    [Theory]
    [InlineData(500, nameof(HttpVerdictKind.Retry))]
    [InlineData(502, nameof(HttpVerdictKind.Retry))]
    [InlineData(503, nameof(HttpVerdictKind.Retry))]
    [InlineData(504, nameof(HttpVerdictKind.Retry))]
    [InlineData(408, nameof(HttpVerdictKind.Retry))]
    [InlineData(429, nameof(HttpVerdictKind.Retry))]
    [InlineData(401, nameof(HttpVerdictKind.RefreshToken))]
    [InlineData(403, nameof(HttpVerdictKind.GiveUp))]
    [InlineData(404, nameof(HttpVerdictKind.GiveUp))]
    [InlineData(302, nameof(HttpVerdictKind.GiveUp))]
    [InlineData(418, nameof(HttpVerdictKind.GiveUp))]
    public void Classify_WithoutReason_FollowsTheStatus(int status, string kind)
    {
        foreach (var body in (string[])["", "<html>", "[]", "{}", """{"error":"text"}""", """{"error":{"errors":[]}}""", """{"error":{"errors":[{"reason":5}]}}"""])
            Assert.Equal(kind, Errors.Classify(Refusal(status, body), "Reading", Dataset).Kind.ToString());
    }

    [Theory]
    [InlineData("Access Denied: Project billing-project: User does not have bigquery.jobs.create permission in project billing-project.", "roles/bigquery.jobUser", "gcloud projects add-iam-policy-binding billing-project --member=\"serviceAccount:reader@billing-project.iam.gserviceaccount.com\" --role=\"roles/bigquery.jobUser\" --condition=None")]
    [InlineData("Access Denied: Table data-project:crm.customers: User does not have permission to query table", "roles/bigquery.dataViewer", "GRANT `roles/bigquery.dataViewer` ON SCHEMA `data-project.crm` TO \"serviceAccount:reader@billing-project.iam.gserviceaccount.com\";")]
    [InlineData("request failed: the user does not have 'bigquery.readsessions.create' permission for 'projects/billing-project'", "roles/bigquery.readSessionUser", "gcloud projects add-iam-policy-binding billing-project --member=\"serviceAccount:reader@billing-project.iam.gserviceaccount.com\" --role=\"roles/bigquery.readSessionUser\" --condition=None")]
    public void Classify_AccessDenied_NamesTheMissingRoleAndItsGrant(string message, string role, string fix)
    {
        var failure = Errors.Classify(Refusal(403, FakeAnswer.Error(HttpStatusCode.Forbidden, "accessDenied", message).Body), "Reading crm.customers", Dataset).Failure;

        Assert.Contains(role, failure.Message, StringComparison.Ordinal);
        Assert.Equal(fix, failure.Fix);
    }

    [Theory]
    [InlineData("invalidQuery", "Query exceeded limit for bytes billed: 20000000. 31457280 or higher required.", WarehouseErrors.CostLimit)]
    [InlineData("invalidQuery", "Unrecognized name: email at [1:8]", WarehouseErrors.ColumnMissing)]
    [InlineData("invalidQuery", "Cannot query over table 'crm.t' without a filter over column(s) 'd' that can be used for partition elimination", WarehouseErrors.QueryFailed)]
    [InlineData("notFound", "Not found: Job billing-project:EU.warehouse_import_x", WarehouseErrors.ResultExpired)]
    [InlineData("notFound", "Not found: Table billing-project:_8a4f.anon77d2", WarehouseErrors.ResultExpired)]
    [InlineData("notFound", "Not found: Table data-project:crm.anonymous", WarehouseErrors.DatasetUnknown)]
    [InlineData("notFound", "Not found: Project other", WarehouseErrors.SettingInvalid)]
    [InlineData("accessDenied", "BigQuery API has not been used in project 1 before or it is disabled.", WarehouseErrors.PermissionDenied)]
    public void Classify_KnownMessage_HasItsOwnCode(string reason, string message, string code)
    {
        var failure = Errors.Classify(Refusal(400, FakeAnswer.Error(HttpStatusCode.BadRequest, reason, message).Body), "Reading", Dataset).Failure;

        Assert.Equal(code, failure.Code);
        Assert.NotNull(failure.Fix);
    }

    private static HttpRefusal Refusal(int status, string body) => new((HttpStatusCode)status, body, null);
}
