using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using PhoneNumbers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>
/// Phone numbers to E.164 (profile-import-rules 8, H18): formatting forgiven, the country never guessed, validity by libphonenumber's data.
/// Idempotent and thread-safe. Errors: <c>phone_invalid</c>, <c>phone_country_missing</c>; warning: <c>phone_country_mismatch</c>.
/// </summary>
public sealed class PhoneCanonicaliser
{
    /// <summary>Raised whenever a rule changes what an input becomes; <see cref="MetadataVersion"/> changes separately.</summary>
    public const int CanonicaliserVersion = 1;

    private const int MinDigits = 7;
    private const int MaxDigits = 15;

    // An extension is looked for only after a whole number, so that its marks cannot end a short one early.
    private const int MinDigitsBeforeExtension = 7;

    // Longer than 15 digits with a national prefix and an international one; more digits are no number.
    private const int MaxInputDigits = 24;

    private const int MaxInputLength = 1_000;

    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();

    private static readonly FrozenSet<int> CallingCodes = Numbering.GetSupportedCallingCodes().ToFrozenSet();

    // Metadata is looked up once per country and calling code; the library would walk its own tables for every number.
    private static readonly ConcurrentDictionary<string, NumberingPlan?> PlanByCountry = new(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<int, NumberingPlan?> PlanByCallingCode = new();

    private readonly PhoneOptions _options;
    private readonly string? _defaultCountry;

    /// <exception cref="ArgumentException">The default country is not recognised.</exception>
    public PhoneCanonicaliser(PhoneOptions? options = null)
    {
        _options = options ?? new PhoneOptions();
        if (_options.DefaultCountry is null) return;
        if (!Countries.TryRecognise(_options.DefaultCountry, out _defaultCountry))
            throw new ArgumentException($"PhoneOptions.DefaultCountry is '{_options.DefaultCountry}'; it must be an ISO 3166-1 code or English country name.", nameof(options));
    }

    /// <summary>The version of the numbering data, to be shown in the settings.</summary>
    public static string MetadataVersion { get; } = typeof(PhoneNumberUtil).Assembly.GetName().Version!.ToString(3);

    /// <summary>Whether a column of this kind can hold phone numbers.</summary>
    public static bool IsSupported(InputKind kind) => kind is InputKind.Text or InputKind.Integer or InputKind.Decimal or InputKind.Float;

    /// <param name="input">The cell.</param>
    /// <param name="kind">What the cell natively is.</param>
    /// <param name="country">The row's country cell, as any text; null or blank if the row has none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind cannot hold phone numbers.</exception>
    public CanonicalResult Canonicalise(string? input, InputKind kind = InputKind.Text, string? country = null)
    {
        if (!IsSupported(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "Phone numbers come from text or numeric columns.");
        if (string.IsNullOrWhiteSpace(input)) return CanonicalResult.NoValue;

        Span<char> buffer = stackalloc char[MaxInputDigits];
        if (!TryReadDigits(input, kind, buffer, out var count, out var international) || count == 0) return Invalid(input, null);
        ReadOnlySpan<char> digits = buffer[..count];
        if (!international && _options.DoubleZeroMeansPlus && digits.StartsWith("00", StringComparison.Ordinal))
        {
            digits = digits[2..];
            international = true;
        }

        Countries.TryRecognise(country, out var rowCountry);
        if (international)
        {
            if (FromInternational(digits) is not { } number) return Invalid(input, null);
            return CanonicalResult.Of(number, MismatchWarning(number, rowCountry));
        }

        if ((rowCountry ?? _defaultCountry) is not { } known) return CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.PhoneCountryMissing));
        return PlanOf(known) is { } plan && FromNational(digits, plan) is { } national ? CanonicalResult.Of(national) : Invalid(input, known);
    }

    /// <summary>Steps 1–4: the digits of the number without its extension, and whether they start with a country code.</summary>
    private static bool TryReadDigits(string input, InputKind kind, Span<char> digits, out int count, out bool international)
    {
        count = 0;
        international = false;
        var source = input;
        if (kind != InputKind.Text)
        {
            if (NumericIdentifier.ToInteger(input, out _) is not { } integer || integer[0] == '-') return false;
            source = integer;
        }

        if (source.Length > MaxInputLength) return false;
        if (!Ascii.IsValid(source) && UnicodeText.IsStorable(source)) source = UnicodeText.Nfkc(source);

        var text = source.AsSpan().Trim();
        if (text is ['\'', ..]) text = text[1..].TrimStart();
        if (text.StartsWith("tel:", StringComparison.OrdinalIgnoreCase))
        {
            text = text[4..];
            var parameters = text.IndexOf(';');
            if (parameters >= 0) text = text[..parameters];
        }

        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '+' && count == 0) international = true;
            if (DigitAt(text, i) is not (>= 0 and var digit))
            {
                if (count >= MinDigitsBeforeExtension && StartsExtension(text[i..])) break;
                continue;
            }

            if (count == digits.Length) return false;
            digits[count++] = (char)('0' + digit);
        }

        return true;
    }

    private static int DigitAt(ReadOnlySpan<char> text, int index)
    {
        var c = text[index];
        if (char.IsAscii(c)) return char.IsAsciiDigit(c) ? c - '0' : -1;
        if (!char.IsSurrogate(c)) return CharUnicodeInfo.GetDecimalDigitValue(c);
        Rune.DecodeFromUtf16(text[index..], out var rune, out _);
        return Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? (int)Rune.GetNumericValue(rune) : -1;
    }

    private static bool StartsExtension(ReadOnlySpan<char> text)
    {
        if (text is ['#', ..]) text = text[1..];
        else if (text.StartsWith("extension", StringComparison.OrdinalIgnoreCase)) text = text[9..];
        else if (text.StartsWith("ext", StringComparison.OrdinalIgnoreCase)) text = text[3..];
        else if (text is ['x' or 'X', ..]) text = text[1..];
        else return false;
        text = text.TrimStart(" .:=");
        return !text.IsEmpty && DigitAt(text, 0) >= 0;
    }

    /// <summary>Step 6 with <c>+</c>: what stands there is taken first, so that a canonical number stays as it is.</summary>
    private string? FromInternational(ReadOnlySpan<char> digits)
    {
        if (!TrySplitCallingCode(digits, out var callingCode, out var rest) || PlanOf(callingCode) is not { } plan) return null;
        if (IsValid(plan, rest)) return E164(plan, rest);
        var stripped = WithoutNationalPrefix(plan, rest);
        if (stripped is not null && IsValid(plan, stripped)) return E164(plan, stripped);
        return _options.Validation == PhoneValidation.Possible && IsPossible(plan, rest) ? E164(plan, rest) : null;
    }

    /// <summary>Step 7: the country's own rules.</summary>
    private string? FromNational(ReadOnlySpan<char> digits, NumberingPlan plan)
    {
        if (digits.StartsWith(plan.Prefix, StringComparison.Ordinal) && digits.Length > plan.Prefix.Length)
        {
            var rest = digits[plan.Prefix.Length..];
            if (IsValid(plan, rest)) return E164(plan, rest);
            if (WithoutNationalPrefix(plan, rest) is { } bare && IsValid(plan, bare)) return E164(plan, bare);
        }

        var stripped = WithoutNationalPrefix(plan, digits);
        if (stripped is not null && IsValid(plan, stripped)) return E164(plan, stripped);
        if (IsValid(plan, digits)) return E164(plan, digits);
        if (_options.Validation != PhoneValidation.Possible) return null;

        var possible = stripped is not null && IsPossible(plan, stripped) ? stripped : IsPossible(plan, digits) ? digits : default;
        if (possible.IsEmpty || E164(plan, possible) is not { } number) return null;

        // Without validity to decide, another reading of the result could exist; then neither is taken, because a canonical form must be stable.
        return FromInternational(number.AsSpan(1)) == number ? number : null;
    }

    private static bool TrySplitCallingCode(ReadOnlySpan<char> digits, out int callingCode, out ReadOnlySpan<char> rest)
    {
        // Calling codes are prefix-free: at most one length fits. None starts with 0.
        callingCode = 0;
        rest = default;
        if (digits.IsEmpty || digits[0] == '0') return false;
        for (var length = 1; length <= 3 && length < digits.Length; length++)
        {
            callingCode = callingCode * 10 + (digits[length - 1] - '0');
            if (!CallingCodes.Contains(callingCode)) continue;
            rest = digits[length..];
            return true;
        }

        return false;
    }

    private static string? WithoutNationalPrefix(NumberingPlan plan, ReadOnlySpan<char> digits)
    {
        if (!plan.HasNationalPrefix) return null;
        var number = new StringBuilder(MaxInputDigits).Append(digits);
        return Numbering.MaybeStripNationalPrefixAndCarrierCode(number, plan.Metadata, null!) && !number.Equals(digits) ? number.ToString() : null;
    }

    private static bool IsValid(NumberingPlan plan, ReadOnlySpan<char> national) => TryBuild(plan, national, out var number) && Numbering.IsValidNumber(number);

    private static bool IsPossible(NumberingPlan plan, ReadOnlySpan<char> national) =>
        TryBuild(plan, national, out var number) && Numbering.IsPossibleNumberWithReason(number) == PhoneNumberUtil.ValidationResult.IS_POSSIBLE;

    private static bool TryBuild(NumberingPlan plan, ReadOnlySpan<char> national, out PhoneNumber number)
    {
        number = PhoneNumber.DefaultInstance;
        var total = plan.Prefix.Length + national.Length;
        if (national.Length < 2 || total is < MinDigits or > MaxDigits) return false;

        var builder = new PhoneNumber.Builder().SetCountryCode(plan.CallingCode).SetNationalNumber(ulong.Parse(national, CultureInfo.InvariantCulture));
        if (national[0] == '0')
        {
            // Leading zeros belong to the number in some countries (Italy); the library keeps them beside the numeric value.
            var zeros = 1;
            while (zeros < national.Length - 1 && national[zeros] == '0') zeros++;
            builder.SetNumberOfLeadingZeros(zeros);
        }

        number = builder.Build();
        return true;
    }

    private static string E164(NumberingPlan plan, ReadOnlySpan<char> national) => string.Concat("+", plan.Prefix, national);

    private static Problem? MismatchWarning(string number, string? rowCountry)
    {
        if (rowCountry is null || PlanOf(rowCountry) is not { } plan || number.AsSpan(1).StartsWith(plan.Prefix, StringComparison.Ordinal)) return null;
        TrySplitCallingCode(number.AsSpan(1), out var callingCode, out _);
        var region = Numbering.GetRegionCodeForCountryCode(callingCode);
        return ProblemCatalogue.Fill(
            ProblemCodes.PhoneCountryMismatch,
            ("a", Countries.IsAlpha2(region) ? Countries.NameOf(region) : $"+{callingCode}"),
            ("b", Countries.NameOf(rowCountry)));
    }

    private static NumberingPlan? PlanOf(string alpha2) => PlanByCountry.GetOrAdd(alpha2, static region =>
        Numbering.GetMetadataForRegion(region) is { } metadata ? new NumberingPlan(metadata) : null);

    private static NumberingPlan? PlanOf(int callingCode) => PlanByCallingCode.GetOrAdd(callingCode, static code =>
    {
        var region = Numbering.GetRegionCodeForCountryCode(code);
        var metadata = region == PhoneNumberUtil.REGION_CODE_FOR_NON_GEO_ENTITY ? Numbering.GetMetadataForNonGeographicalRegion(code) : Numbering.GetMetadataForRegion(region);
        return metadata is null ? null : new NumberingPlan(metadata);
    });

    private static CanonicalResult Invalid(string value, string? country) => CanonicalResult.Invalid(ProblemCatalogue.Fill(
        ProblemCodes.PhoneInvalid,
        ("value", value),
        ("for_country", country is null ? "" : $" for {Countries.NameOf(country)}")));

    private sealed class NumberingPlan(PhoneMetadata metadata)
    {
        public PhoneMetadata Metadata { get; } = metadata;

        public int CallingCode { get; } = metadata.CountryCode;

        public string Prefix { get; } = metadata.CountryCode.ToString(CultureInfo.InvariantCulture);

        public bool HasNationalPrefix { get; } = !string.IsNullOrEmpty(metadata.NationalPrefixForParsing);
    }
}
