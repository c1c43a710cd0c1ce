using WarehouseImport.Storage;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>An empty database of the product's own and a folder beside it, gone when the test ends.</summary>
public sealed class TestStorage : IAsyncDisposable
{
    private readonly string? _database;

    private TestStorage(StorageProvider provider, string? database)
    {
        Provider = provider;
        _database = database;
        Folder = Directory.CreateTempSubdirectory("warehouseimport-cluster-").FullName;
    }

    public StorageProvider Provider { get; }

    public string Folder { get; }

    /// <summary>What a host or a service collection needs to find the database.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["Storage:Provider"] = Provider == StorageProvider.Sqlite ? "sqlite" : "postgres",
        ["Storage:Path"] = Path.Combine(Folder, "data"),
        ["ConnectionStrings:WarehouseImport"] = _database,
    };

    public static async Task<TestStorage> CreateAsync(StorageProvider provider) =>
        new(provider, provider == StorageProvider.Sqlite ? null : await (await ThrowawayPostgres.SharedAsync()).CreateDatabaseAsync("cluster"));

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        if (_database is not null) await (await ThrowawayPostgres.SharedAsync()).DropDatabaseAsync(_database);
    }
}
