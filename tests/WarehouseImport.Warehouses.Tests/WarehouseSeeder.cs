namespace WarehouseImport.Warehouses.Tests;

/// <summary>Fills one warehouse for one test, with a connection of its own that may write.</summary>
public abstract class WarehouseSeeder : IAsyncDisposable
{
    /// <summary>The schema this test owns.</summary>
    public string Schema { get; } = $"s{Guid.NewGuid():N}";

    public abstract IWarehouse Open();

    /// <summary>The same warehouse with credentials or a path that cannot work.</summary>
    public abstract (IWarehouse Warehouse, string ExpectedCode) OpenRefused();

    public abstract Task ExecuteAsync(params string[] statements);

    /// <summary>Connections of the product that the warehouse still holds open.</summary>
    public abstract Task<int> CountOpenConnectionsAsync();

    public DatasetName Name(string table) => new(Schema, table);

    /// <summary>Quoting of its own, so that the tests do not trust the quoter under test.</summary>
    public string Sql(string table) => $"{Quote(Schema)}.{Quote(table)}";

    public static string Quote(string name) => '"' + string.Join("\"\"", name.Split('"')) + '"';

    public abstract ValueTask DisposeAsync();
}
