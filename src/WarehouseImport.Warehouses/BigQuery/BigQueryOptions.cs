using Microsoft.Extensions.Options;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>How this server talks to BigQuery; what a connection may not choose for itself is here.</summary>
public sealed class BigQueryOptions
{
    public const string SectionName = "Warehouses:BigQuery";

    /// <summary>
    /// Lets a connection sign in with the identity of this machine (application default credentials: workload identity, an attached service account, or a file named
    /// by <c>GOOGLE_APPLICATION_CREDENTIALS</c>). Everyone who may create connections then reads what that identity may read.
    /// </summary>
    /// <value>False.</value>
    public bool AllowApplicationDefaultCredentials { get; set; }

    /// <summary>Where service accounts sign in. A key file that names another address is refused (S8).</summary>
    /// <value>Google's own; another one is for emulators.</value>
    public Uri TokenEndpoint { get; set; } = new("https://oauth2.googleapis.com/token");

    /// <summary>How long BigQuery works on one query before it stops it.</summary>
    /// <value>1 hour.</value>
    public TimeSpan JobTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long one request waits for a running query before it asks again. The service holds a request for at most about 200 s.</summary>
    /// <value>50 seconds.</value>
    public TimeSpan PollTimeout { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>A preview, a list or a check, which a person waits for.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan LookTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Results from this many rows on are read through the Storage Read API, where the connection allows it.</summary>
    /// <value>100 000: below it, opening the session costs more than it saves.</value>
    public long StorageMinimumRows { get; set; } = 100_000;

    /// <summary>How many streams of the Storage Read API are read at once.</summary>
    /// <value>4.</value>
    public int StorageStreams { get; set; } = 4;
}

internal sealed class BigQueryOptionsValidator : IValidateOptions<BigQueryOptions>
{
    public ValidateOptionsResult Validate(string? name, BigQueryOptions options)
    {
        var failures = new List<string>();
        if (!options.TokenEndpoint.IsAbsoluteUri || options.TokenEndpoint.Scheme is not ("https" or "http") || options.TokenEndpoint.UserInfo.Length > 0)
            failures.Add($"{BigQueryOptions.SectionName}:{nameof(options.TokenEndpoint)} is '{options.TokenEndpoint}'; it must be an absolute http or https address.");
        Between(nameof(options.JobTimeout), options.JobTimeout, TimeSpan.FromSeconds(10), TimeSpan.FromHours(6));
        Between(nameof(options.PollTimeout), options.PollTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(180));
        Between(nameof(options.LookTimeout), options.LookTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        if (options.StorageMinimumRows < 0)
            failures.Add(FormattableString.Invariant($"{BigQueryOptions.SectionName}:{nameof(options.StorageMinimumRows)} is {options.StorageMinimumRows}; it must not be negative."));
        if (options.StorageStreams is < 1 or > 64)
            failures.Add(FormattableString.Invariant($"{BigQueryOptions.SectionName}:{nameof(options.StorageStreams)} is {options.StorageStreams}; it must be between 1 and 64."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Between(string property, TimeSpan value, TimeSpan least, TimeSpan greatest)
        {
            if (value < least || value > greatest)
                failures.Add(FormattableString.Invariant($"{BigQueryOptions.SectionName}:{property} is {value:c}; it must be between {least:c} and {greatest:c}."));
        }
    }
}
