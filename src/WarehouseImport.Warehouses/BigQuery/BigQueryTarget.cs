namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>Where to read and as whom.</summary>
/// <param name="BillingProject">Pays for the queries and holds their jobs.</param>
/// <param name="DataProject">Holds the datasets.</param>
/// <param name="Location">Where queries run that name no table; null leaves it to the service.</param>
/// <param name="Datasets">The only datasets to list, or null for all.</param>
/// <param name="MaximumBytesBilled">A query that would bill more is refused by the service, or null.</param>
/// <param name="Key">The service account, or null for the identity of this machine.</param>
internal sealed record BigQueryTarget(
    string BillingProject,
    string DataProject,
    string? Location,
    IReadOnlyList<string>? Datasets,
    long? MaximumBytesBilled,
    Uri Endpoint,
    Uri StorageEndpoint,
    bool UsesStorage,
    ServiceAccountKey? Key)
{
    /// <summary>For grants: the member that signs in.</summary>
    public string Member => Key is null ? "MEMBER" : $"serviceAccount:{Key.ClientEmail}";

    /// <summary>For messages.</summary>
    public string Account => Key?.ClientEmail ?? "the identity of this machine";
}
