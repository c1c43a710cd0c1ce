using System.Buffers;
using System.Globalization;
using System.Text;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>
/// Email addresses (profile-import-rules 2.2, H18): lower case, international domains as A-labels, dots and tags of the local part kept.
/// Idempotent and thread-safe. Errors: <c>email_invalid</c>, <c>email_too_long</c>.
/// </summary>
public sealed class EmailCanonicaliser
{
    /// <summary>Raised whenever a rule changes what an input becomes.</summary>
    public const int CanonicaliserVersion = 1;

    private const int MaxLocalLength = 64;
    private const int MaxDomainLength = 255;
    private const int MaxLabelLength = 63;

    // Nothing of this length becomes short enough by normalisation, so it need not be looked at.
    private const int HopelessLength = 8 * EmailOptions.GreatestMaxLength;

    // Apostrophes stay: people are called O'Brien.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("(),:;[]/\"\\<>");

    // The framework's ICU mapping is UTS #46 in non-transitional mode, so that "ß" and "ss" stay two domains.
    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = true };

    private readonly EmailOptions _options;

    public EmailCanonicaliser(EmailOptions? options = null)
    {
        _options = options ?? new EmailOptions();
        _options.Validate();
    }

    public CanonicalResult Canonicalise(string? input)
    {
        var trimmed = UnicodeText.TrimWithZeroWidth(input);
        if (trimmed.IsEmpty) return CanonicalResult.NoValue;
        if (trimmed.Length > HopelessLength) return TooLong(UnicodeText.CountCharacters(trimmed));
        if (!UnicodeText.IsStorable(trimmed)) return Invalid(trimmed, "it contains a character that cannot be stored");

        var address = trimmed.Length == input!.Length ? input : trimmed.ToString();
        address = Ascii.IsValid(address) ? address.ToLowerInvariant() : NormaliseLower(address);
        var length = UnicodeText.CountCharacters(address);
        if (length > _options.MaxLength) return TooLong(length);

        foreach (var c in address)
        {
            if (UnicodeText.IsWhiteSpaceOrZeroWidth(c)) return Invalid(address, "it contains a space");
            if (char.IsControl(c)) return Invalid(address, "it contains a control character");
        }

        var forbidden = address.AsSpan().IndexOfAny(Forbidden);
        if (forbidden >= 0) return Invalid(address, $"it contains {address[forbidden]}");

        var at = address.IndexOf('@');
        if (at < 0) return Invalid(address, "it has no @");
        if (address.IndexOf('@', at + 1) >= 0) return Invalid(address, "it has more than one @");

        var local = address.AsSpan(0, at);
        if (LocalPartFault(local) is { } localFault) return Invalid(address, localFault);

        var domain = address[(at + 1)..];
        if (domain.Length == 0) return Invalid(address, "there is nothing after the @");
        if (!Ascii.IsValid(domain) || domain.Contains("xn--", StringComparison.Ordinal))
        {
            if (!TryToALabels(domain, out var ascii)) return Invalid(address, "the part after the @ is not a valid international domain");
            if (ascii != domain)
            {
                domain = ascii;
                address = string.Concat(local, "@", domain);
                length = UnicodeText.CountCharacters(address);
                if (length > _options.MaxLength) return TooLong(length);
            }
        }

        return DomainFault(domain) is { } domainFault ? Invalid(address, domainFault) : CanonicalResult.Of(address);
    }

    // Lower-casing can undo NFC and the other way round for a few letters; the pair settles after at most two rounds.
    private static string NormaliseLower(string address)
    {
        while (true)
        {
            var next = UnicodeText.Nfc(address).ToLowerInvariant();
            if (next == address) return next;
            address = next;
        }
    }

    private string? LocalPartFault(ReadOnlySpan<char> local)
    {
        if (local.IsEmpty) return "there is nothing before the @";
        var length = UnicodeText.CountCharacters(local);
        if (length > MaxLocalLength) return $"the part before the @ has {length} characters; the limit is {MaxLocalLength}";
        if (local[0] == '.' || local[^1] == '.') return "the part before the @ starts or ends with a dot";
        if (local.Contains("..", StringComparison.Ordinal)) return "it has two dots in a row";
        if (Ascii.IsValid(local)) return null;
        if (!_options.AllowNonAsciiLocalPart) return "the part before the @ has characters outside ASCII";
        foreach (var rune in local.EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.PrivateUse) return "it contains an invisible character";
        return null;
    }

    private static string? DomainFault(string domain)
    {
        if (domain.Length > MaxDomainLength) return $"the part after the @ has {domain.Length} characters; the limit is {MaxDomainLength}";
        if (!domain.Contains('.')) return "the part after the @ has no dot";
        var rest = domain.AsSpan();
        while (true)
        {
            var dot = rest.IndexOf('.');
            var label = dot < 0 ? rest : rest[..dot];
            if (label.IsEmpty) return "two dots of the domain are not separated, or it starts or ends with one";
            if (label.Length > MaxLabelLength) return $"a part of the domain has {label.Length} characters; the limit is {MaxLabelLength}";
            if (label[0] == '-' || label[^1] == '-') return "a part of the domain starts or ends with a hyphen";
            foreach (var c in label)
                if (!char.IsAsciiLetterOrDigit(c) && c != '-') return $"the domain contains {c}";
            if (dot < 0) return label.ContainsAnyExceptInRange('0', '9') ? null : "the last part of the domain has only digits";
            rest = rest[(dot + 1)..];
        }
    }

    private static bool TryToALabels(string domain, out string ascii)
    {
        ascii = domain;
        try
        {
            ascii = Idn.GetAscii(domain).ToLowerInvariant();
            return true;
        }
        catch (ArgumentException)
        {
            // The framework has no way to ask without an exception; only international domains come here.
            return false;
        }
    }

    private static CanonicalResult Invalid(ReadOnlySpan<char> address, string reason) =>
        CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.EmailInvalid, ("value", address.ToString()), ("reason", reason)));

    private CanonicalResult TooLong(int length) =>
        CanonicalResult.Invalid(ProblemCatalogue.Fill(
            ProblemCodes.EmailTooLong,
            ("n", length.ToString(CultureInfo.InvariantCulture)),
            ("max", _options.MaxLength.ToString(CultureInfo.InvariantCulture))));
}
