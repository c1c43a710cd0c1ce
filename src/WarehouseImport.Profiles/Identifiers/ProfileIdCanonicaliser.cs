using System.Buffers;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>
/// Profile ids (profile-import-rules 2.4): a ULID of 26 Crockford characters, any case on input, upper case as canonical form.
/// Look-alikes (I, L, O) are not translated: ids are copied, not typed, and nothing is guessed. Error: <c>profile_id_unknown</c>, because a
/// text that is no ULID is nobody's id.
/// </summary>
public static class ProfileIdCanonicaliser
{
    /// <summary>Raised whenever a rule changes what an input becomes.</summary>
    public const int CanonicaliserVersion = 1;

    private const int Length = 26;

    private static readonly SearchValues<char> Crockford = SearchValues.Create("0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz");

    public static CanonicalResult Canonicalise(string? input)
    {
        var trimmed = input.AsSpan().Trim();
        if (trimmed.IsEmpty) return CanonicalResult.NoValue;

        // 26 × 5 bits are 130, a ULID has 128: the first character ends at 7.
        if (trimmed.Length != Length || trimmed[0] > '7' || trimmed.ContainsAnyExcept(Crockford))
            return CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.ProfileIdUnknown, ("id", trimmed.ToString())));

        return CanonicalResult.Of(trimmed.ToString().ToUpperInvariant());
    }
}
