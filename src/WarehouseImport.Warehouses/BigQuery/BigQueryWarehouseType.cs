using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary><c>bigquery</c>: Google BigQuery, over REST v2 and, for large results, the Storage Read API.</summary>
internal sealed partial class BigQueryWarehouseType(WarehouseHttpFactory http, IOptions<BigQueryOptions> options) : IWarehouseType
{
    private const string ProjectSetting = "project";
    private const string DataProjectSetting = "data_project";
    private const string LocationSetting = "location";
    private const string DatasetsSetting = "datasets";
    private const string MaximumBytesBilledSetting = "maximum_bytes_billed";
    private const string UseStorageSetting = "use_storage_api";
    private const string AuthSetting = "auth";
    private const string EndpointSetting = "endpoint";
    private const string StorageEndpointSetting = "storage_endpoint";
    private const string KeySecret = "service_account_key";
    private const string ServiceAccountAuth = "service_account";
    private const string ApplicationDefaultAuth = "application_default";
    private const string DefaultEndpoint = "https://bigquery.googleapis.com";
    private const string DefaultStorageEndpoint = "https://bigquerystorage.googleapis.com";

    // Private and regional endpoints of Google end in it too, for example https://bigquery.europe-west3.rep.googleapis.com.
    private static readonly string[] Suffixes = [".googleapis.com"];

    public string Name => "bigquery";

    public IReadOnlyList<WarehouseSetting> Settings { get; } =
    [
        new(ProjectSetting, IsSecret: false, IsRequired: true, "id of the project that runs and pays for the queries"),
        new(DataProjectSetting, IsSecret: false, IsRequired: false, "id of the project that holds the data (default: the same)"),
        new(LocationSetting, IsSecret: false, IsRequired: false, "location of the datasets, such as EU or europe-west3 (default: found for each dataset)"),
        new(DatasetsSetting, IsSecret: false, IsRequired: false, "the only datasets to list, separated by commas (default all)"),
        new(MaximumBytesBilledSetting, IsSecret: false, IsRequired: false, "most bytes one query may bill, a whole number; a query that needs more is refused and costs nothing (default no limit)"),
        new(UseStorageSetting, IsSecret: false, IsRequired: false, "true or false: read large results through the Storage Read API, which needs one more role (default true; without the role REST is used)"),
        new(AuthSetting, IsSecret: false, IsRequired: false, "service_account, or application_default where this server allows it (default service_account)"),
        new(EndpointSetting, IsSecret: false, IsRequired: false, $"address of a private or regional endpoint (default {DefaultEndpoint})"),
        new(StorageEndpointSetting, IsSecret: false, IsRequired: false, $"the same for the Storage Read API (default {DefaultStorageEndpoint})"),
        new(KeySecret, IsSecret: true, IsRequired: false, "the JSON key file of the service account; not needed with auth application_default"),
    ];

    public IReadOnlyList<SettingProblem> Validate(WarehouseSettings settings)
    {
        var problems = SettingChecks.UnknownAndMissing(Settings, settings);
        Check(ProjectSetting, IsProject, "it must be a project id: 6 to 30 lower-case letters, digits and dashes");
        Check(DataProjectSetting, IsProject, "it must be a project id: 6 to 30 lower-case letters, digits and dashes");
        Check(LocationSetting, LocationForm().IsMatch, "it must be a location such as EU, US or europe-west3");
        Check(
            DatasetsSetting,
            text => Split(text) is { Length: > 0 } names && names.All(BigQueryGrants.IsDatasetName),
            "it must be names of datasets (letters, digits, underscores) separated by commas");
        Check(MaximumBytesBilledSetting, text => TryBytes(text, out _), "it must be a whole number of bytes of at least 10485760, the least BigQuery bills");
        Check(UseStorageSetting, text => text is "true" or "false", "it must be true or false");
        Check(AuthSetting, text => text is ServiceAccountAuth or ApplicationDefaultAuth, $"it must be {ServiceAccountAuth} or {ApplicationDefaultAuth}");
        CheckUrl(EndpointSetting);
        CheckUrl(StorageEndpointSetting);

        var isDefault = settings.Values.GetValueOrDefault(AuthSetting) == ApplicationDefaultAuth;
        if (isDefault && !options.Value.AllowApplicationDefaultCredentials)
        {
            problems.Add(new SettingProblem(
                AuthSetting,
                $"'{AuthSetting}' is '{ApplicationDefaultAuth}', which this server does not allow; whoever runs it can set {BigQueryOptions.SectionName}:{nameof(BigQueryOptions.AllowApplicationDefaultCredentials)}."));
        }

        if (!settings.Secrets.TryGetValue(KeySecret, out var key))
        {
            if (!isDefault) problems.Add(new SettingProblem(KeySecret, $"'{KeySecret}' is missing: the JSON key file of the service account"));
        }
        else if (isDefault) problems.Add(new SettingProblem(KeySecret, $"'{KeySecret}' is not used with '{AuthSetting}' {ApplicationDefaultAuth}; leave it out."));
        // The API checks settings whose stored secret it does not decrypt, and puts this word in its place.
        else if (key != "kept" && !ServiceAccountKey.TryParse(key, options.Value.TokenEndpoint, out _, out var reason))
            problems.Add(new SettingProblem(KeySecret, $"'{KeySecret}' cannot be used: {reason}."));

        return problems;

        void Check(string setting, Func<string, bool> isAllowed, string rule)
        {
            if (settings.Values.TryGetValue(setting, out var value) && !string.IsNullOrWhiteSpace(value) && !isAllowed(value))
                problems.Add(new SettingProblem(setting, $"'{setting}' is '{value}'; {rule}."));
        }

        void CheckUrl(string setting)
        {
            if (settings.Values.TryGetValue(setting, out var value) && !VendorUrl.TryParse(value, Suffixes, http.Addresses.AllowsPrivate, out _, out var problem))
                problems.Add(new SettingProblem(setting, $"'{setting}' is '{value}'; {problem}."));
        }
    }

    public IWarehouse Open(WarehouseSettings settings)
    {
        SettingChecks.ThrowIfAny(Validate(settings));
        var values = settings.Values;
        ServiceAccountKey? key = null;
        if (settings.Secrets.TryGetValue(KeySecret, out var json) && !ServiceAccountKey.TryParse(json, options.Value.TokenEndpoint, out key, out var reason))
            throw new WarehouseException(WarehouseErrors.SettingInvalid, $"'{KeySecret}' cannot be used: {reason}.");
        var project = values[ProjectSetting];
        var target = new BigQueryTarget(
            project,
            Value(values, DataProjectSetting) ?? project,
            Value(values, LocationSetting),
            Value(values, DatasetsSetting) is { } names ? Split(names) : null,
            Value(values, MaximumBytesBilledSetting) is { } text && TryBytes(text, out var bytes) ? bytes : null,
            Url(values, EndpointSetting, DefaultEndpoint),
            Url(values, StorageEndpointSetting, DefaultStorageEndpoint),
            Value(values, UseStorageSetting) != "false",
            key);
        return new BigQueryWarehouse(target, http, options.Value);
    }

    public GrantScript? WriteGrantScript(IReadOnlyDictionary<string, string> settings, KeyPair? keyPair)
    {
        // Only checked names may get into a script that somebody will run.
        var project = Value(settings, ProjectSetting) is { } given && IsProject(given) ? given : "PROJECT";
        var dataProject = Value(settings, DataProjectSetting) is { } other && IsProject(other) ? other : project;
        var location = Value(settings, LocationSetting) is { } place && LocationForm().IsMatch(place) ? place : null;
        var datasets = Value(settings, DatasetsSetting) is { } names && Split(names).All(BigQueryGrants.IsDatasetName) ? Split(names) : null;
        var withStorage = Value(settings, UseStorageSetting) != "false";
        return new GrantScript("sh", BigQueryGrants.Script(project, dataProject, location, datasets, BigQueryGrants.DefaultAccount, withStorage));
    }

    private static string? Value(IReadOnlyDictionary<string, string> settings, string name) =>
        settings.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool TryBytes(string text, out long bytes) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes >= 10 * 1024 * 1024;

    private static bool IsProject(string text) => ProjectForm().IsMatch(text);

    private Uri Url(IReadOnlyDictionary<string, string> values, string setting, string standard) =>
        Value(values, setting) is { } text && VendorUrl.TryParse(text, Suffixes, http.Addresses.AllowsPrivate, out var url, out _) ? url : new Uri(standard);

    // With the domain of the days when projects belonged to one, as in example.com:project.
    [GeneratedRegex(@"^([a-z0-9.-]{1,100}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]\z")]
    private static partial Regex ProjectForm();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9-]{1,40}\z")]
    private static partial Regex LocationForm();
}
