namespace WarehouseImport.Syncs.Uploads;

/// <summary>One record of a CSV file.</summary>
/// <param name="Line">The line of the file on which the record begins, from 1.</param>
/// <param name="Cells">Exactly as many as the header has columns: cells beyond it are dropped, missing ones are null. An empty cell is an empty text.</param>
/// <param name="CellCount">The cells found.</param>
/// <param name="Fault">What keeps the record from being imported.</param>
public readonly record struct CsvRecord(int Line, string?[] Cells, int CellCount, CsvFault Fault);

public enum CsvFault
{
    None,

    /// <summary>Another number of cells than the header has (<c>csv_wrong_columns</c>).</summary>
    WrongColumns,

    /// <summary>Larger than a row may be; its cells are cut (<c>row_too_large</c>).</summary>
    TooLarge,

    /// <summary>A quote that is not closed, or not doubled; the last record of the file (<c>csv_bad_quote</c>).</summary>
    BadQuote,
}
