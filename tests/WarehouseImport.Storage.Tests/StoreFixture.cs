using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Storage.Relational;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Storage.Tests;

/// <summary>One fresh, migrated database and every port over it. Each test has its own.</summary>
public abstract class StoreFixture : IAsyncDisposable
{
    public const int ErrorRowsPerRun = 5;

    internal abstract Database Database { get; }

    public abstract SchemaMigrator Migrator { get; }

    public abstract IProfileStore Profiles { get; }

    public abstract IProfileReader Reader { get; }

    public abstract IStorageMaintenance Maintenance { get; }

    public IIdentityStore Identity => new RelationalIdentityStore(Database);

    public IConnectionStore Connections => new RelationalConnectionStore(Database);

    public ISyncStore Syncs => new RelationalSyncStore(Database);

    public IRunStore Runs => new RelationalRunStore(Database, ErrorRowsPerRun);

    public IUploadStore Uploads => new RelationalUploadStore(Database);

    public ISettingStore Settings => new RelationalSettingStore(Database);

    public IKeyRingStore KeyRing => new RelationalKeyRingStore(Database);

    /// <summary>A second migrator over the same database, as another process would have.</summary>
    public abstract SchemaMigrator AnotherMigrator();

    public abstract ValueTask DisposeAsync();
}
