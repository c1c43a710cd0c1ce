using System.Text;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>The statements that give what a connection needs, and nothing that writes. Names are checked by the settings before they get here.</summary>
internal static class BigQueryGrants
{
    public const string DefaultAccount = "warehouse-import";

    public static string EnableApi(string project) => $"gcloud services enable bigquery.googleapis.com --project={project}";

    public static string JobUser(BigQueryTarget target) => ProjectRole(target.BillingProject, target.Member, "roles/bigquery.jobUser");

    public static string ReadSessionUser(BigQueryTarget target) => ProjectRole(target.BillingProject, target.Member, "roles/bigquery.readSessionUser");

    /// <summary>Run in the BigQuery console or with <c>bq query</c>.</summary>
    public static string DataViewer(BigQueryTarget target, string? dataset) =>
        dataset is null || !IsDatasetName(dataset)
            ? ProjectRole(target.DataProject, target.Member, "roles/bigquery.dataViewer")
            : $"GRANT `roles/bigquery.dataViewer` ON SCHEMA `{target.DataProject}.{dataset}` TO \"{target.Member}\";";

    public static string ProjectRole(string project, string member, string role) =>
        $"gcloud projects add-iam-policy-binding {project} --member=\"{member}\" --role=\"{role}\" --condition=None";

    public static bool IsDatasetName(string name) => name.Length is > 0 and <= 1024 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>Everything from an empty project to a key, each line explained. Running it again changes nothing.</summary>
    public static string Script(string billingProject, string dataProject, string? location, IReadOnlyList<string>? datasets, string account, bool withStorage)
    {
        var email = $"{account}@{billingProject}.iam.gserviceaccount.com";
        var member = $"serviceAccount:{email}";
        var script = new StringBuilder();
        Add(
            "The API the queries go through. On already in most projects; turning it on again changes nothing.",
            EnableApi(billingProject));
        Add(
            "An account of its own for WarehouseImport, so that its rights and its queries can be told from everyone else's. It starts without any right.",
            $"gcloud iam service-accounts describe {email} --project={billingProject} >/dev/null 2>&1 || \\\n"
            + $"  gcloud iam service-accounts create {account} --project={billingProject} --display-name=\"WarehouseImport (read only)\"");
        Add(
            $"The right to run queries that {billingProject} pays for. It gives access to no data.",
            ProjectRole(billingProject, member, "roles/bigquery.jobUser"));
        if (datasets is null)
        {
            Add(
                $"The right to read the tables and views of all datasets of {dataProject}. To grant single datasets instead, name them in the setting 'datasets' and write this script again.",
                ProjectRole(dataProject, member, "roles/bigquery.dataViewer"));
        }
        else
        {
            foreach (var dataset in datasets)
            {
                Add(
                    $"The right to read the tables and views of the dataset {dataset}, and of no other.",
                    $"bq query --project_id={billingProject}{(location is null ? "" : $" --location={location}")} --use_legacy_sql=false \\\n"
                    + $"  'GRANT `roles/bigquery.dataViewer` ON SCHEMA `{dataProject}.{dataset}` TO \"{member}\"'");
            }
        }

        if (withStorage)
        {
            Add(
                "Optional: the right to read large results through the faster Storage Read API. It gives access to no further data. Without it results come over REST.",
                ProjectRole(billingProject, member, "roles/bigquery.readSessionUser"));
        }

        Add(
            "The key file for the connection's secret 'service_account_key'. This is the one line that is not for repeating: every run makes one more key.",
            $"gcloud iam service-accounts keys create warehouse-import-key.json --iam-account={email} --project={billingProject}");
        return script.ToString();

        void Add(string comment, string command)
        {
            if (script.Length > 0) script.Append('\n');
            script.Append("# ").Append(comment).Append('\n').Append(command).Append('\n');
        }
    }
}
