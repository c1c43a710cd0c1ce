namespace WarehouseImport.Storage.Tests;

public sealed class SqliteProfileStoreTests : ProfileStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}
