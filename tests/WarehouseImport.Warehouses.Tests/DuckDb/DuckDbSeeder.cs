using DuckDB.NET.Data;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.DuckDb;

namespace WarehouseImport.Warehouses.Tests.DuckDb;

/// <summary>A database file of its own, written by a connection that is closed before the product reads.</summary>
public sealed class DuckDbSeeder : SqlWarehouseSeeder
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("warehouseimport-duckdb-").FullName;

    public string FilePath => Path.Combine(Folder, "warehouse.duckdb");

    public static IWarehouse OpenPath(string path) => new DuckDbWarehouseType(Options.Create(new DuckDbOptions()))
        .Open(new WarehouseSettings(new Dictionary<string, string> { ["path"] = path }, new Dictionary<string, string>()));

    public override IWarehouse Open() => OpenPath(FilePath);

    public override (IWarehouse Warehouse, string ExpectedCode) OpenRefused()
    {
        var path = Path.Combine(Folder, "letter.txt");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("This is no database. ", 1000)));
        return (OpenPath(path), WarehouseErrors.NotADatabase);
    }

    protected override string SqlType(SeedType type) => type switch
    {
        SeedType.CollatedText => "varchar COLLATE NOCASE",
        SeedType.Unreadable => "blob",
        _ => base.SqlType(type),
    };

    public override async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = FilePath }.ConnectionString);
        connection.Open();
        foreach (var statement in statements)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>An open file of this process shows as a shared instance that is still read-only.</summary>
    public override async Task<int> CountOpenConnectionsAsync()
    {
        try
        {
            await ExecuteAsync("CREATE TABLE IF NOT EXISTS probe (i int)");
            return 0;
        }
        catch (DuckDBException)
        {
            return 1;
        }
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
