using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Storage.Relational;
using WarehouseImport.Storage.Sqlite;

namespace WarehouseImport.Storage.Tests;

public sealed class SqliteFixture : StoreFixture
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("warehouse-import-tests-");

    public SqliteFixture() => Sqlite = new SqliteDatabase(Path.Combine(_folder.FullName, StorageOptions.FileName));

    internal SqliteDatabase Sqlite { get; }

    internal override Database Database => Sqlite;

    public override SchemaMigrator Migrator => new SqliteMigrator(Sqlite);

    public override IProfileStore Profiles => new SqliteProfileStore(Sqlite);

    public override IProfileReader Reader => new SqliteProfileReader(Sqlite);

    public override IStorageMaintenance Maintenance => new SqliteMaintenance(Sqlite);

    public static async Task<StoreFixture> CreateAsync()
    {
        var fixture = new SqliteFixture();
        await fixture.Migrator.MigrateAsync(TestContext.Current.CancellationToken);
        return fixture;
    }

    public override SchemaMigrator AnotherMigrator() => new SqliteMigrator(new SqliteDatabase(Sqlite.FilePath));

    public override ValueTask DisposeAsync()
    {
        Sqlite.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
