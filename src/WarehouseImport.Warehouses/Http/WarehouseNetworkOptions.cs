using System.Net;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Warehouses.Http;

/// <summary>What outbound requests may reach, how long they may take, and how often they are repeated (S8, H27).</summary>
public sealed class WarehouseNetworkOptions
{
    public const string SectionName = "Warehouses:Network";

    /// <summary>
    /// Lets warehouse hosts resolve to loopback, private and shared (100.64.0.0/10) addresses: private links, and emulators on this machine. Link-local, metadata,
    /// multicast and unspecified addresses stay refused.
    /// </summary>
    /// <value>False.</value>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Networks in CIDR form that are allowed whatever they are, for example <c>10.20.0.0/16</c>.</summary>
    /// <value>Empty.</value>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>
    /// An HTTP proxy for all warehouses, such as <c>http://proxy.example:3128</c>. It resolves the names itself, so the check of addresses is the proxy's. Proxies of the
    /// environment are not used.
    /// </summary>
    /// <value>None.</value>
    public Uri? Proxy { get; set; }

    /// <value>15 seconds.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>From sending a request to the first line of its answer. Snowflake waits up to 45 seconds for a statement before it answers.</summary>
    /// <value>100 seconds.</value>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>An answer that delivers no byte for so long is broken. One that moves slowly is not.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After so long a connection is opened anew, so that a changed name is noticed.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often one request is repeated at most.</summary>
    /// <value>8.</value>
    public int MaxRetries { get; set; } = 8;

    /// <summary>The median wait before the first repetition; it doubles, with jitter, up to <see cref="MaxRetryDelay"/>. A server's <c>Retry-After</c> goes first.</summary>
    /// <value>Half a second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <value>30 seconds.</value>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Counted from the first failure of a request, so that a long answer that breaks at its end may still be repeated.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan MaxRetryTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest body of an answer after decompression (S14). Bodies are streamed; this bounds time and disk of the other side's mistake, not memory.</summary>
    /// <value>1 GiB.</value>
    public long MaxAnswerBytes { get; set; } = 1L << 30;

    /// <summary>How much larger than on the wire an answer may get once it has passed 64 MiB (S14).</summary>
    /// <value>100.</value>
    public int MaxDecompressionRatio { get; set; } = 100;
}

internal sealed class WarehouseNetworkOptionsValidator : IValidateOptions<WarehouseNetworkOptions>
{
    public ValidateOptionsResult Validate(string? name, WarehouseNetworkOptions options)
    {
        var failures = new List<string>();
        foreach (var network in options.AllowedNetworks)
        {
            if (!IPNetwork.TryParse(network, out _))
            {
                failures.Add($"{WarehouseNetworkOptions.SectionName}:{nameof(options.AllowedNetworks)} holds '{network}'; it must be a network such as 10.20.0.0/16.");
            }
        }

        if (options.Proxy is { } proxy && (!proxy.IsAbsoluteUri || proxy.Scheme is not ("http" or "https" or "socks5") || proxy.UserInfo.Length > 0))
        {
            failures.Add($"{WarehouseNetworkOptions.SectionName}:{nameof(options.Proxy)} must be an absolute http, https or socks5 address without user name and password.");
        }

        Positive(nameof(options.ConnectTimeout), options.ConnectTimeout);
        Positive(nameof(options.AnswerTimeout), options.AnswerTimeout);
        Positive(nameof(options.StallTimeout), options.StallTimeout);
        Positive(nameof(options.ConnectionLifetime), options.ConnectionLifetime);
        Positive(nameof(options.RetryDelay), options.RetryDelay);
        Positive(nameof(options.MaxRetryDelay), options.MaxRetryDelay);
        Positive(nameof(options.MaxRetryTime), options.MaxRetryTime);
        InRange(nameof(options.MaxRetries), options.MaxRetries, 1, 100);
        InRange(nameof(options.MaxAnswerBytes), options.MaxAnswerBytes, 1 << 20, 1L << 40);
        InRange(nameof(options.MaxDecompressionRatio), options.MaxDecompressionRatio, 2, 2000);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Positive(string property, TimeSpan value)
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                failures.Add(FormattableString.Invariant($"{WarehouseNetworkOptions.SectionName}:{property} is {value:c}; it must be above 0 and at most 01:00:00."));
            }
        }

        void InRange(string property, long value, long least, long greatest)
        {
            if (value < least || value > greatest)
            {
                failures.Add(FormattableString.Invariant($"{WarehouseNetworkOptions.SectionName}:{property} is {value}; it must be between {least} and {greatest}."));
            }
        }
    }
}
