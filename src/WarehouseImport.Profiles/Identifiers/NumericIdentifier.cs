using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>Identifiers from numeric columns: converted exactly, an integer without exponent (profile-import-rules 2.3, 8 step 1).</summary>
internal static class NumericIdentifier
{
    // 18 digits and the sign of a 64-bit column fit easily; a double's 309 do not, and no identifier needs them.
    private const int MaxDigits = 64;

    /// <returns>The digits with their sign, or null and the reason in <paramref name="what"/>.</returns>
    public static string? ToInteger(string cell, out string what)
    {
        what = "";
        var fault = ExactNumber.Canonicalise(cell.AsSpan().Trim(), MaxDigits, MaxDigits, out var canonical);
        if (fault == ExactNumber.Fault.OutOfRange) what = $"more than {MaxDigits} digits";
        else if (canonical is null) what = "no finite number";
        else if (!ExactNumber.IsInteger(canonical)) what = "a fraction";
        else return canonical;
        return null;
    }
}
