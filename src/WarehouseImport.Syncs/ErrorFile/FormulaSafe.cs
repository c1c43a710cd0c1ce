namespace WarehouseImport.Syncs.ErrorFile;

/// <summary>
/// Keeps spreadsheets from reading a cell as a formula (S9, profile-import-rules 14.3): a cell that starts with <c>= + - @</c>, tab, CR, LF or NUL gets
/// a leading apostrophe.
/// </summary>
/// <remarks>A cell that already starts with apostrophes before such a character gets one more, so that removing one always gives the original back.</remarks>
public static class FormulaSafe
{
    public static string Escape(string cell) => StartsFormula(cell.AsSpan().TrimStart('\'')) ? "'" + cell : cell;

    /// <summary>Undoes <see cref="Escape"/>; also removes the apostrophe that people put before <c>+</c> numbers (14.1).</summary>
    public static string Unescape(string cell) => cell.StartsWith('\'') && StartsFormula(cell.AsSpan().TrimStart('\'')) ? cell[1..] : cell;

    private static bool StartsFormula(ReadOnlySpan<char> text) => !text.IsEmpty && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '\0';
}
