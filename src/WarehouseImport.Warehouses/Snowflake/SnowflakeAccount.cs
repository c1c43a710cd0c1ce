using System.Diagnostics.CodeAnalysis;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>An account identifier in any of the forms people copy, turned into a host and into the account's name inside a token.</summary>
/// <remarks>
/// <para><c>org-account</c> and <c>org.account</c>; a locator with its region and cloud (<c>xy12345.eu-central-1</c>, <c>xy12345.west-europe.azure</c>); the host or address
/// with <c>.snowflakecomputing.com</c> or <c>.cn</c>, <c>.privatelink</c> or <c>.global</c>; and the address of the web console (<c>app.snowflake.com/org/account</c>).</para>
/// <para>An account's name may hold underscores; host names use hyphens in their place, tokens the name as stored.</para>
/// </remarks>
/// <param name="Host">Lower case, with the vendor's suffix.</param>
/// <param name="TokenNames">What to call the account in a token, most likely first: a name copied from a host may have lost its underscores.</param>
internal sealed record SnowflakeAccount(string Host, IReadOnlyList<string> TokenNames)
{
    public const string GlobalSuffix = ".snowflakecomputing.com";
    public const string ChinaSuffix = ".snowflakecomputing.cn";

    public static readonly IReadOnlyList<string> Suffixes = [GlobalSuffix, ChinaSuffix];

    private const string PrivateLink = ".privatelink";
    private const string ConsoleHost = "app.snowflake.com/";

    // The one region whose hosts carry no region.
    private const string DefaultRegion = "us-west-2";

    public static bool TryParse(string text, [NotNullWhen(true)] out SnowflakeAccount? account)
    {
        account = null;
        var name = text.Trim();
        if (name.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) name = name["https://".Length..];
        if (name.StartsWith(ConsoleHost, StringComparison.OrdinalIgnoreCase))
        {
            if (FromConsole(name[ConsoleHost.Length..]) is not { } known) return false;
            name = known;
        }

        name = name.TrimEnd('/');
        var suffix = Suffixes.FirstOrDefault(candidate => name.EndsWith(candidate, StringComparison.OrdinalIgnoreCase));
        if (suffix is not null) name = name[..^suffix.Length];
        var isPrivate = name.EndsWith(PrivateLink, StringComparison.OrdinalIgnoreCase);
        if (isPrivate) name = name[..^PrivateLink.Length];
        if (!VendorUrl.IsHostLabel(name) || name.Contains("snowflakecomputing", StringComparison.OrdinalIgnoreCase)) return false;

        // Regions always have a hyphen and account names never do, so a second part without one is the account of an organisation.
        var parts = name.Split('.');
        if (suffix is null && parts.Length == 2 && !parts[1].Contains('-', StringComparison.Ordinal) && !parts[1].Equals("global", StringComparison.OrdinalIgnoreCase))
        {
            name = $"{parts[0]}-{parts[1]}";
            parts = [name];
        }

        if (parts.Length > 3) return false;
        // A name that begins or ends with a hyphen between dots passes every check but the address's own.
        var host = $"{name.ToLowerInvariant().Replace('_', '-')}{(isPrivate ? PrivateLink : "")}{suffix?.ToLowerInvariant() ?? GlobalSuffix}";
        if (!Uri.TryCreate($"https://{host}", UriKind.Absolute, out var address) || address.Host != host) return false;
        account = new SnowflakeAccount(host, Names(parts));
        return true;
    }

    private static string? FromConsole(string path)
    {
        var parts = path.Split('/', '?', '#');
        if (parts.Length < 2 || parts[0].Length == 0 || parts[1].Length == 0) return null;
        // Organisations have no hyphen; regions do.
        if (!parts[0].Contains('-', StringComparison.Ordinal)) return $"{parts[0]}-{parts[1]}";
        return parts[0].Equals(DefaultRegion, StringComparison.OrdinalIgnoreCase) ? parts[1] : $"{parts[1]}.{parts[0]}";
    }

    private static string[] Names(string[] parts)
    {
        var name = parts[0].ToUpperInvariant();
        if (parts.Length > 1 && parts[1].Equals("global", StringComparison.OrdinalIgnoreCase)) return [name.Split('-')[0]];
        var hyphen = name.IndexOf('-', StringComparison.Ordinal);
        if (hyphen < 0) return [name];
        var rest = name[(hyphen + 1)..];
        return rest.Contains('-', StringComparison.Ordinal) ? [name, $"{name[..hyphen]}-{rest.Replace('-', '_')}"] : [name];
    }
}
