namespace WarehouseImport.Storage.Tests;

public sealed class PostgresProfileStoreTests : ProfileStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}
