namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>Rows of an open transaction of someone else.</summary>
public sealed class StagedRows
{
    private readonly EmulatedTable _table;
    private readonly IReadOnlyList<string> _rows;

    internal StagedRows(EmulatedTable table, IReadOnlyList<string> rows)
    {
        _table = table;
        _rows = rows;
    }

    /// <summary>Makes them visible, as of the emulator's clock now.</summary>
    public void Commit() => _table.Commit(_rows);
}
