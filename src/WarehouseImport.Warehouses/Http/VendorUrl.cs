using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace WarehouseImport.Warehouses.Http;

/// <summary>Turns a stated base address of a vendor's service into one that can lead nowhere else (S8).</summary>
internal static class VendorUrl
{
    /// <summary>
    /// Accepts <c>https://host</c> where the host ends in one of the suffixes, without user, path, query, fragment or port. Where private addresses are allowed,
    /// <c>http</c> or <c>https</c> with any port is accepted for <c>localhost</c> and literal addresses too: that is how an emulator is reached.
    /// </summary>
    /// <param name="suffixes">Each with its leading dot, lower case.</param>
    public static bool TryParse(string text, IReadOnlyList<string> suffixes, bool allowsPrivate, [NotNullWhen(true)] out Uri? url, out string? problem)
    {
        url = null;
        problem = null;
        // Uri accepts and mends much; what a person would read differently from how it is connected is refused before.
        if (text.AsSpan().ContainsAny("@\\?# \t\r\n") || text.Any(c => c is < ' ' or > '~') || !Uri.TryCreate(text, UriKind.Absolute, out var parsed)
            || parsed.Scheme is not ("https" or "http") || parsed.AbsolutePath != "/" || parsed.UserInfo.Length > 0)
        {
            problem = "it must be an address such as https://host, without user, path or query";
            return false;
        }

        var isLocal = parsed.Host == "localhost" || IPAddress.TryParse(parsed.Host.Trim('[', ']'), out _);
        if (isLocal && allowsPrivate)
        {
            url = parsed;
            return true;
        }

        if (parsed.Scheme != "https" || !parsed.IsDefaultPort || text.EndsWith("./", StringComparison.Ordinal)
            || !suffixes.Any(suffix => parsed.Host.EndsWith(suffix, StringComparison.Ordinal) && IsHostLabel(parsed.Host.AsSpan(0, parsed.Host.Length - suffix.Length))))
        {
            problem = $"it must be https, without port, and its host must end in {string.Join(" or ", suffixes)}";
            return false;
        }

        url = parsed;
        return true;
    }

    /// <summary>Letters, digits, hyphens, underscores and inner single dots.</summary>
    public static bool IsHostLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > 200 || label[0] is '.' or '-' || label[^1] is '.' or '-') return false;
        for (var index = 0; index < label.Length; index++)
        {
            if (label[index] == '.' && label[index - 1] == '.') return false;
            if (!char.IsAsciiLetterOrDigit(label[index]) && label[index] is not ('-' or '_' or '.')) return false;
        }

        return true;
    }
}
