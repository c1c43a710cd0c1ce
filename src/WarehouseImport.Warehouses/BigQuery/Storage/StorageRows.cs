namespace WarehouseImport.Warehouses.BigQuery.Storage;

/// <summary>A stretch of pages that several streams fill at once, each row at the place its number says. A row that comes twice or not at all is noticed.</summary>
internal sealed class StorageRows
{
    private readonly int _pageRows;
    private readonly int _firstPage;
    private readonly int _rows;
    private readonly int[] _isSet;
    private readonly RowPage[] _pages;
    private int _count;
    private long _textBytes;

    public StorageRows(int firstPage, int rows, int pageRows, int columns)
    {
        _firstPage = firstPage;
        _rows = rows;
        _pageRows = pageRows;
        _isSet = new int[rows];
        _pages = new RowPage[(rows + pageRows - 1) / pageRows];
        for (var page = 0; page < _pages.Length; page++)
        {
            var count = Math.Min(pageRows, rows - (page * pageRows));
            var cells = new string?[columns][];
            for (var column = 0; column < columns; column++) cells[column] = new string?[count];
            _pages[page] = new RowPage(firstPage + page, new string[count], cells);
        }
    }

    public int Rows => _rows;

    public long TextBytes => Interlocked.Read(ref _textBytes);

    /// <summary>The place of a row by its number in the window, which counts from 1.</summary>
    /// <exception cref="InvalidDataException">The row was there already, or is none of these.</exception>
    public (RowPage Page, int Row) Claim(long number)
    {
        var index = number - 1 - ((long)_firstPage * _pageRows);
        if (index < 0 || index >= _rows) throw new InvalidDataException($"Row {number} was not asked for.");
        if (Interlocked.Exchange(ref _isSet[index], 1) != 0) throw new InvalidDataException($"Row {number} came twice.");
        Interlocked.Increment(ref _count);
        return (_pages[index / _pageRows], (int)(index % _pageRows));
    }

    public void Weigh(long characters) => Interlocked.Add(ref _textBytes, 2 * characters);

    public RowPage[] Take() => _count == _rows ? _pages : throw new InvalidDataException($"{_rows} rows were asked for and {_count} came.");
}
