using System.Globalization;

namespace WarehouseImport.Warehouses.BigQuery;

internal sealed partial class BigQueryWarehouse
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public async Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var items = new List<CheckItem>();
        var isReached = await AddAsync(items, "reach", async () =>
        {
            await _api.ProbeAsync(cancellationToken);
            return new CheckItem("reach", true, $"{_target.Endpoint.Host} answers{(_target.Endpoint.Scheme == "https" ? " over TLS" : "")}.", null);
        });
        if (!isReached) return new ConnectionCheck(items);

        var isSignedIn = await AddAsync(items, "sign_in", async () =>
        {
            await _api.Tokens.GetAsync(cancellationToken);
            return new CheckItem("sign_in", true, $"Signed in as {_target.Account}.", null);
        });
        if (!isSignedIn) return new ConnectionCheck(items);

        string? now = null;
        await AddAsync(items, "use_project", async () =>
        {
            now = await GetCurrentTimeAsync(cancellationToken);
            return new CheckItem("use_project", true, $"{_target.Account} may run queries in project {_target.BillingProject}.", null);
        });
        items.Add(new CheckItem("read_only", true, "Only SELECT statements are sent, and the roles asked for cannot write.", null));

        IReadOnlyList<Dataset> datasets = [];
        await AddAsync(items, "list_datasets", async () =>
        {
            datasets = await ListDatasetsAsync(cancellationToken);
            return datasets.Count > 0
                ? new CheckItem("list_datasets", true, $"{datasets.Count} tables and views found in project {_target.DataProject}.", null)
                : new CheckItem(
                    "list_datasets",
                    false,
                    $"{_target.Account} sees no table or view in project {_target.DataProject}.",
                    string.Join('\n', (_target.Datasets ?? [""]).Select(dataset => BigQueryGrants.DataViewer(_target, dataset.Length == 0 ? null : dataset))));
        });

        if (datasets.Count > 0)
        {
            var dataset = datasets.FirstOrDefault(candidate => candidate.Kind == DatasetKind.Table) ?? datasets[0];
            await AddAsync(items, "read_dataset", async () =>
            {
                await PreviewAsync(dataset.Name, 1, cancellationToken);
                return new CheckItem("read_dataset", true, $"{dataset.Name} can be read.", null);
            });
        }

        if (now is not null) items.Add(Clock(now));
        return new ConnectionCheck(items);
    }

    /// <summary>H5: only a notice, because windows follow BigQuery's clock; but a clock that is far off makes the sign-in fail one day.</summary>
    private CheckItem Clock(string now)
    {
        var ours = _http.Clock.GetUtcNow();
        var difference = (DateTimeOffset.Parse(now, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) - ours).Duration();
        return difference <= ClockTolerance
            ? new CheckItem("clock", true, $"BigQuery's time is {now}, {difference.TotalSeconds:0} s from this machine's.", null)
            : new CheckItem("clock", true, $"BigQuery's time is {now}, {difference.TotalSeconds:0} s from this machine's. Windows follow BigQuery's clock.", "Set this machine's clock; Google refuses sign-ins that are more than 5 minutes off.");
    }

    private static async Task<bool> AddAsync(List<CheckItem> items, string name, Func<Task<CheckItem>> check)
    {
        try
        {
            items.Add(await check());
        }
        catch (WarehouseException failure)
        {
            items.Add(new CheckItem(name, false, failure.Message, failure.Fix));
        }

        return items[^1].IsOk;
    }
}
