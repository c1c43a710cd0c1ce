namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>Decoded rows, column by column. Rows of a damaged answer are taken back with <see cref="Truncate"/>, so that a repeated request adds none twice.</summary>
internal sealed class BigQueryRows
{
    /// <summary>Text of one page, in UTF-16. Far above the 5000 rows of 1 KiB a page usually holds, and what a server of 512 MiB survives (S14, G27).</summary>
    public const long MaxTextBytes = 192L * 1024 * 1024;

    private readonly int _maxRows;
    private string?[][] _cells;
    private long _textBytes;

    public BigQueryRows(int columns, int maxRows)
    {
        _maxRows = maxRows;
        _cells = NewCells(columns, Math.Min(maxRows, 256));
    }

    public int Count { get; private set; }

    public int ColumnCount => _cells.Length;

    public bool IsFull => Count == _maxRows;

    public string?[] Column(int column) => _cells[column];

    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.QueryFailed"/> if the page grows beyond <see cref="MaxTextBytes"/>.</exception>
    public void Set(int column, string? text)
    {
        if (Count == _maxRows) throw new InvalidDataException("The answer holds more rows than were asked for.");
        if (Count == _cells[column].Length) Grow();
        _cells[column][Count] = text;
        if (text is null) return;
        _textBytes += 2L * text.Length;
        if (_textBytes > MaxTextBytes)
        {
            throw new WarehouseException(
                WarehouseErrors.QueryFailed,
                $"A page of {_maxRows} rows is larger than {MaxTextBytes / (1024 * 1024)} MiB.",
                "Map fewer or shorter columns, or lower the number of rows of a page.");
        }
    }

    public void EndRow() => Count++;

    public void Truncate(int count)
    {
        for (var column = 0; column < _cells.Length; column++)
        {
            for (var row = count; row <= Count && row < _cells[column].Length; row++)
            {
                if (_cells[column][row] is not { } text) continue;
                _textBytes -= 2L * text.Length;
                _cells[column][row] = null;
            }
        }

        Count = count;
    }

    /// <summary>The columns from <paramref name="firstColumn"/> on, each <see cref="Count"/> long.</summary>
    public string?[][] Take(int firstColumn, int columns)
    {
        var taken = new string?[columns][];
        for (var column = 0; column < columns; column++)
        {
            taken[column] = _cells[firstColumn + column];
            if (taken[column].Length != Count) Array.Resize(ref taken[column], Count);
        }

        return taken;
    }

    private static string?[][] NewCells(int columns, int capacity)
    {
        var cells = new string?[columns][];
        for (var column = 0; column < columns; column++) cells[column] = new string?[capacity];
        return cells;
    }

    private void Grow()
    {
        var capacity = (int)Math.Min(_maxRows, Math.Max(4L * _cells[0].Length, 256));
        for (var column = 0; column < _cells.Length; column++) Array.Resize(ref _cells[column], capacity);
    }
}
