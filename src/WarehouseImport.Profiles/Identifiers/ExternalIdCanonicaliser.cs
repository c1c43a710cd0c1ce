using System.Globalization;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>
/// External ids (profile-import-rules 2.3): ends trimmed, NFC, case kept, 1–64 characters. Numeric columns are converted exactly.
/// Idempotent and thread-safe. Errors: <c>external_id_invalid</c>, <c>external_id_too_long</c>.
/// </summary>
public static class ExternalIdCanonicaliser
{
    /// <summary>Raised whenever a rule changes what an input becomes.</summary>
    public const int CanonicaliserVersion = 1;

    /// <summary>Fixed: cutting or allowing more could join or split people that Klaviyo keeps apart.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether a column of this kind can hold external ids.</summary>
    public static bool IsSupported(InputKind kind) => kind is InputKind.Text or InputKind.Integer or InputKind.Decimal or InputKind.Float;

    /// <exception cref="ArgumentOutOfRangeException">The kind cannot hold external ids.</exception>
    public static CanonicalResult Canonicalise(string? input, InputKind kind = InputKind.Text)
    {
        if (!IsSupported(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "External ids come from text or numeric columns.");
        var trimmed = input.AsSpan().Trim();
        if (trimmed.IsEmpty) return CanonicalResult.NoValue;
        if (!UnicodeText.IsStorable(trimmed)) return Invalid(input!, "a character that cannot be stored");

        if (kind != InputKind.Text)
            return NumericIdentifier.ToInteger(input!, out var what) is { } digits ? CanonicalResult.Of(digits) : Invalid(input!, what);

        foreach (var c in trimmed)
            if (char.IsControl(c)) return Invalid(input!, "a control character");

        var id = UnicodeText.Nfc(trimmed.Length == input!.Length ? input : trimmed.ToString());
        var length = UnicodeText.CountCharacters(id);
        return length <= MaxLength
            ? CanonicalResult.Of(id)
            : CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.ExternalIdTooLong, ("n", length.ToString(CultureInfo.InvariantCulture))));
    }

    private static CanonicalResult Invalid(string value, string what) =>
        CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.ExternalIdInvalid, ("value", value), ("what", what)));
}
