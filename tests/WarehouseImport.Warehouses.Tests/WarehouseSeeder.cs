namespace WarehouseImport.Warehouses.Tests;

/// <summary>Fills one warehouse for one test, past the product. Cells are given in the exact text of <see cref="ColumnKind"/>.</summary>
public abstract class WarehouseSeeder : IAsyncDisposable
{
    public abstract IWarehouse Open();

    /// <summary>The same warehouse with credentials or a path that cannot work.</summary>
    public abstract (IWarehouse Warehouse, string ExpectedCode) OpenRefused();

    /// <summary>The full name of a table of this test.</summary>
    public abstract DatasetName Name(string table);

    public abstract Task CreateTableAsync(string table, params SeedColumn[] columns);

    /// <param name="rows">One array per row, in the order of the columns.</param>
    public abstract Task InsertAsync(string table, IEnumerable<string?[]> rows);

    public abstract Task CreateViewAsync(string view, string table);

    public abstract Task DropColumnAsync(string table, string column);

    public abstract Task DropTableAsync(string table);

    /// <summary>Connections or statements of the product that the warehouse still holds open.</summary>
    public abstract Task<int> CountOpenConnectionsAsync();

    public abstract ValueTask DisposeAsync();
}

public sealed record SeedColumn(string Name, SeedType Type, bool IsRequired = false)
{
    public static implicit operator SeedColumn((string Name, SeedType Type) column) => new(column.Name, column.Type);
}

/// <summary>Types that every warehouse has in one form or another.</summary>
public enum SeedType
{
    BigInteger,

    /// <summary>The smallest integer type; where a warehouse has only one, that one.</summary>
    SmallInteger,
    Decimal,
    Double,
    Real,
    Boolean,
    Text,

    /// <summary>Text that sorts and compares unlike its bytes.</summary>
    CollatedText,
    Date,

    /// <summary>Without zone, at least six fraction digits.</summary>
    Timestamp,
    TimestampWithZone,

    /// <summary>Cannot be read (7.7).</summary>
    Unreadable,
}
