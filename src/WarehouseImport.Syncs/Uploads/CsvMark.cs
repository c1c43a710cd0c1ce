using System.Globalization;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>What a recorded page keeps of a record besides its cells: its line and its fault, written where a warehouse's row has its cursor.</summary>
/// <param name="Cells">The number of cells found; only for <see cref="CsvFault.WrongColumns"/>.</param>
internal readonly record struct CsvMark(int Line, CsvFault Fault, int Cells)
{
    private const string Letters = " wlq";

    public static string Format(in CsvRecord record) => record.Fault == CsvFault.None
        ? record.Line.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{record.Line}{Letters[(int)record.Fault]}{record.CellCount}");

    public static CsvMark Parse(ReadOnlySpan<char> text)
    {
        var letter = text.IndexOfAnyExceptInRange('0', '9');
        if (letter < 0) return new CsvMark(int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), CsvFault.None, 0);
        return new CsvMark(
            int.Parse(text[..letter], NumberStyles.None, CultureInfo.InvariantCulture),
            (CsvFault)Letters.IndexOf(text[letter], StringComparison.Ordinal),
            int.Parse(text[(letter + 1)..], NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
