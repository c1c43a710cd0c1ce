using PhoneNumbers;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>What the numbering data knows about the line behind a number.</summary>
public static class PhoneLines
{
    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();

    /// <summary>
    /// Whether a number is known to be a fixed line (C11). False where the data cannot tell fixed from mobile lines, as for most of +1, and for a number
    /// it does not know.
    /// </summary>
    /// <param name="e164">A canonical number.</param>
    public static bool IsFixedLine(string e164)
    {
        try
        {
            return Numbering.GetNumberType(Numbering.Parse(e164, null)) == PhoneNumberType.FIXED_LINE;
        }
        catch (NumberParseException)
        {
            // AcceptPossible admits numbers that the library does not parse.
            return false;
        }
    }
}
