using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TimeZoneConverter;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>The rules of single standard properties (profile-import-rules 5, 10), from the parsed text to the stored text. Each is idempotent.</summary>
internal static class StandardRules
{
    private const int MaxLatitude = 90;
    private const int MaxLongitude = 180;

    /// <summary>The rule that texts of a property go through after 7.2, or null if only the length counts.</summary>
    public static Func<string, ParsedValue>? For(string path) => path switch
    {
        "image" => Image,
        "locale" => Locale,
        "location.timezone" => TimeZone,
        "location.ip" => Ip,
        _ => null,
    };

    /// <summary>A coordinate from canonical number text, exact: nothing is rounded into the range.</summary>
    public static ParsedValue Coordinate(string path, string cell)
    {
        var text = cell.AsSpan().Trim();
        if (text.IsEmpty) return ParsedValue.NoValue;
        var (limit, code) = path == "location.latitude" ? (MaxLatitude, ProblemCodes.LatitudeInvalid) : (MaxLongitude, ProblemCodes.LongitudeInvalid);
        return ExactNumber.Canonicalise(text, ExactNumber.MaxDigits, ExactNumber.MaxScale, out var canonical) == ExactNumber.Fault.None && ExactNumber.IsWithin(canonical!, limit)
            ? ParsedValue.Of(canonical!)
            : Invalid(code, cell);
    }

    private static ParsedValue Image(string text)
    {
        var trimmed = text.Trim();
        var valid = Uri.TryCreate(trimmed, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.Host.Length > 0
            && trimmed.StartsWith(uri.Scheme + "://", StringComparison.OrdinalIgnoreCase)
            && !trimmed.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            && UnicodeText.CountCharacters(trimmed) <= StandardProperties.MaxImageLength;
        return valid ? Text(trimmed) : Invalid(ProblemCodes.ImageInvalid, text);
    }

    // BCP 47 language-region with an optional script between: zh-Hant-TW. A region may be a UN M.49 number: es-419.
    private static ParsedValue Locale(string text)
    {
        var parts = text.Trim().Split('-');
        if (parts.Length is < 2 or > 3) return Invalid(ProblemCodes.LocaleInvalid, text);
        var (language, script, region) = (parts[0], parts.Length == 3 ? parts[1] : null, parts[^1]);
        if (language.Length is < 2 or > 3 || !language.All(char.IsAsciiLetter)) return Invalid(ProblemCodes.LocaleInvalid, text);
        if (script is not null && (script.Length != 4 || !script.All(char.IsAsciiLetter))) return Invalid(ProblemCodes.LocaleInvalid, text);

        region = region.ToUpperInvariant();
        if (!Countries.IsAlpha2(region) && !(region.Length == 3 && region.All(char.IsAsciiDigit))) return Invalid(ProblemCodes.LocaleInvalid, text);
        language = language.ToLowerInvariant();
        return Text(script is null ? $"{language}-{region}" : $"{language}-{char.ToUpperInvariant(script[0])}{script[1..].ToLowerInvariant()}-{region}");
    }

    private static ParsedValue TimeZone(string text)
    {
        var trimmed = text.Trim();
        if (KnownZones.TryGetValue(trimmed, out var iana)) return Text(iana);
        return TZConvert.TryWindowsToIana(trimmed, out var translated)
            ? Text(translated)
            : ParsedValue.Of(CanonicalJson.OfText(text), ProblemCatalogue.Fill(ProblemCodes.TimezoneUnknown, ("value", text)));
    }

    private static readonly Dictionary<string, string> KnownZones = TZConvert.KnownIanaTimeZoneNames.ToDictionary(name => name, StringComparer.OrdinalIgnoreCase);

    // The framework reads "1" and "0x7f.1" as IPv4 addresses; four decimal numbers are the only form that means the same everywhere.
    private static ParsedValue Ip(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Contains(':'))
        {
            return !trimmed.AsSpan().ContainsAny('%', '[', ']') && IPAddress.TryParse(trimmed, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
                ? Text(address.ToString())
                : Invalid(ProblemCodes.IpInvalid, text);
        }

        var octets = trimmed.Split('.');
        var valid = octets.Length == 4
            && octets.All(octet => octet.Length is >= 1 and <= 3
                && octet.All(char.IsAsciiDigit)
                && (octet.Length == 1 || octet[0] != '0')
                && int.Parse(octet, CultureInfo.InvariantCulture) <= 255);
        return valid ? Text(trimmed) : Invalid(ProblemCodes.IpInvalid, text);
    }

    private static ParsedValue Text(string text) => ParsedValue.Of(CanonicalJson.OfText(text));

    private static ParsedValue Invalid(string code, string value) => ParsedValue.Invalid(ProblemCatalogue.Fill(code, ("value", value)));
}
