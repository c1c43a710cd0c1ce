namespace WarehouseImport.Warehouses.Reading;

/// <summary>Collects rows column by column until the page has its rows or its text has grown to <see cref="MaxTextBytes"/>.</summary>
internal sealed class PageBuilder
{
    /// <summary>About 8 MiB of UTF-16 text; a page exceeds it by at most one row.</summary>
    public const int MaxTextBytes = 8 * 1024 * 1024;

    private readonly int _columns;
    private readonly int _pageRows;
    private readonly long _maxTextBytes;
    private string[] _cursor = [];
    private string?[][] _cells = [];
    private int _rows;
    private long _textBytes;
    private int _number;

    /// <param name="firstNumber">Number of the first page.</param>
    /// <param name="maxTextBytes">Text that ends a page; a stored result passes <see cref="long.MaxValue"/>, so that page numbers depend on rows alone.</param>
    public PageBuilder(int columns, int pageRows, int firstNumber = 0, long maxTextBytes = MaxTextBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageRows, 1);
        _columns = columns;
        _pageRows = pageRows;
        _number = firstNumber;
        _maxTextBytes = maxTextBytes;
        Clear();
    }

    public bool IsEmpty => _rows == 0;

    public bool IsFull => _rows == _pageRows || _textBytes >= _maxTextBytes;

    public void StartRow(string cursor)
    {
        if (_rows == _cursor.Length) Grow();
        _cursor[_rows] = cursor;
        _textBytes += 2L * cursor.Length;
    }

    public void Set(int column, string value)
    {
        _cells[column][_rows] = value;
        _textBytes += 2L * value.Length;
    }

    public void EndRow() => _rows++;

    public RowPage Take()
    {
        if (_rows < _cursor.Length)
        {
            Array.Resize(ref _cursor, _rows);
            for (var column = 0; column < _columns; column++) Array.Resize(ref _cells[column], _rows);
        }

        var page = new RowPage(_number++, _cursor, _cells);
        Clear();
        return page;
    }

    // Starts small because most incremental windows hold far fewer rows than a page may.
    private void Clear()
    {
        _rows = 0;
        _textBytes = 0;
        var capacity = Math.Min(_pageRows, 256);
        _cursor = new string[capacity];
        _cells = new string?[_columns][];
        for (var column = 0; column < _columns; column++) _cells[column] = new string?[capacity];
    }

    private void Grow()
    {
        var capacity = (int)Math.Min(_pageRows, _cursor.Length * 4L);
        Array.Resize(ref _cursor, capacity);
        for (var column = 0; column < _columns; column++) Array.Resize(ref _cells[column], capacity);
    }
}
