using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Sqlite;

namespace WarehouseImport.Storage.Tests;

public sealed class SqliteProfileStoreTests : ProfileStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}

public sealed class SqliteRunStoreTests : RunStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}

public sealed class SqliteSyncStoreTests : SyncStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}

public sealed class SqliteConnectionStoreTests : ConnectionStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}

public sealed class SqliteUploadStoreTests : UploadStoreConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}

public sealed class SqliteMigratorTests : MigratorConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => Task.FromResult<StoreFixture>(new SqliteFixture());

    /// <summary>M19: relaxed syncing is caught.</summary>
    [Theory]
    [InlineData("PRAGMA synchronous = NORMAL", "synchronous")]
    [InlineData("PRAGMA synchronous = OFF", "synchronous")]
    [InlineData("PRAGMA journal_mode = DELETE", "journal_mode")]
    public async Task AssertDurable_RelaxedSetting_IsRefused(string relaxation, string setting)
    {
        await Store.Migrator.MigrateAsync(Cancellation);
        await using var connection = ((SqliteDatabase)Store.Database).Open();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = relaxation;
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var exception = Assert.Throws<StorageException>(() => SqliteDatabase.AssertDurable(connection));

        Assert.Contains(setting, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MigrateAsync_NewFolder_IsForItsOwnerOnly()
    {
        if (OperatingSystem.IsWindows()) return;

        var folder = Path.Combine(Path.GetDirectoryName(((SqliteDatabase)Store.Database).FilePath)!, "made");
        using var database = new SqliteDatabase(Path.Combine(folder, "new.db"));

        await new Migrations.SqliteMigrator(database).MigrateAsync(Cancellation);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        foreach (var file in Directory.EnumerateFiles(folder)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void IsUnavailable_TellsTheDatabaseFromADefect()
    {
        Assert.True(StorageErrors.IsUnavailable(new InvalidOperationException("outer", new Npgsql.NpgsqlException("refused"))));
        Assert.True(StorageErrors.IsUnavailable(new Npgsql.PostgresException("shut down", "FATAL", "FATAL", "57P01")));
        Assert.False(StorageErrors.IsUnavailable(new Npgsql.PostgresException("no such column", "ERROR", "ERROR", "42703")));
        Assert.False(StorageErrors.IsUnavailable(new InvalidOperationException("a defect")));
    }

    [Fact]
    public async Task MigrateAsync_FileOfAnotherKind_IsRefusedAndLeftAlone()
    {
        var path = ((SqliteDatabase)Store.Database).FilePath;
        await File.WriteAllTextAsync(path, new string('x', 5000), Cancellation);

        var exception = await Assert.ThrowsAsync<StorageException>(() => Store.Migrator.MigrateAsync(Cancellation));

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(path).Length);
    }
}

public sealed class SqliteScratchProfileStoresTests
{
    [Fact]
    public async Task CreateAsync_EachStore_IsEmptyHoldsEveryFenceAndIsDeleted()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var stores = new SqliteScratchProfileStores();
        var key = Sample.FreeKey() with { Fence = 5 };
        var profile = Sample.Profile();
        var commit = Sample.Commit(key, [profile], [Sample.Held(Sample.Email("a@example.com"), profile.Id)]);

        await using (var other = await stores.CreateAsync(cancellation))
        {
            await using var store = await stores.CreateAsync(cancellation);
            Assert.Equal(CommitStatus.Committed, await store.CommitAsync(commit, cancellation));
            Assert.Equal(CommitStatus.AlreadyApplied, await store.CommitAsync(commit, cancellation));
            Assert.Single((await store.LoadAsync(key, [Sample.Email("a@example.com")], cancellation)).Profiles);
            var snapshot = await other.LoadAsync(key, [Sample.Email("a@example.com")], cancellation);
            Assert.True(snapshot.FenceHeld);
            Assert.Null(snapshot.LedgerEntry);
            Assert.Empty(snapshot.Profiles);
        }

        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), $"{SqliteScratchProfileStores.FolderPrefix}{Environment.ProcessId}-*"));
    }
}

public sealed class SqliteIdentityTests : IdentityConformance
{
    protected override Task<StoreFixture> CreateStoreAsync() => SqliteFixture.CreateAsync();
}
