namespace WarehouseImport.Storage.Tests;

public sealed class PostgresProfileStoreTests : ProfileStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}

public sealed class PostgresRunStoreTests : RunStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}

public sealed class PostgresSyncStoreTests : SyncStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}

public sealed class PostgresConnectionStoreTests : ConnectionStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}

public sealed class PostgresUploadStoreTests : UploadStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}

public sealed class PostgresMigratorTests : MigratorConformance
{
    protected override async Task<StoreFixture> CreateStoreAsync() => await PostgresFixture.CreateEmptyAsync();

    [Fact]
    public async Task UlidText_AnyId_ShowsTheLettersOfTheUlid()
    {
        await Store.Migrator.MigrateAsync(Cancellation);

        foreach (var id in new[] { Ulid.MinValue, Ulid.MaxValue, Ulid.NewUlid(), Ulid.NewUlid(Sample.Now) })
        {
            var text = await Store.Database.ReadAsync(
                session => session.FirstAsync("SELECT ulid_text(@id)", reader => reader.GetString(0), ("id", id)), Cancellation);
            Assert.Equal(id.ToString(), text);
        }
    }
}

public sealed class PostgresIdentityTests : IdentityConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => PostgresFixture.CreateAsync();
}
