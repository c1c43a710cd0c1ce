using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Migrations;

namespace WarehouseImport.Storage.Sqlite;

/// <summary>Dry runs write to a file in the temporary folder, whatever the provider; it is deleted with the store.</summary>
internal sealed class SqliteScratchProfileStores : IScratchProfileStores
{
    internal const string FolderPrefix = "warehouse-import-dry-run-";

    public async Task<IScratchProfileStore> CreateAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory($"{FolderPrefix}{Environment.ProcessId}-");
        var database = new SqliteDatabase(Path.Combine(folder.FullName, StorageOptions.FileName), isDurable: false);
        var store = new ScratchStore(database, folder);
        try
        {
            await new SqliteMigrator(database).MigrateAsync(cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed class ScratchStore(SqliteDatabase database, DirectoryInfo folder) : IScratchProfileStore
    {
        private readonly SqliteProfileStore _store = new(database, checksFence: false);

        public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken) =>
            _store.LoadAsync(key, identifiers, cancellationToken);

        public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken) => _store.CommitAsync(commit, cancellationToken);

        public ValueTask DisposeAsync()
        {
            database.Dispose();
            if (folder.Exists) folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
