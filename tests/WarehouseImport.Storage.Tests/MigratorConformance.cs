using DbUp.Engine;

namespace WarehouseImport.Storage.Tests;

/// <summary>G22. The database each test starts from is empty.</summary>
public abstract class MigratorConformance : ConformanceTest
{
    [Fact]
    public async Task MigrateAsync_EmptyDatabase_RunsEveryScriptOnce()
    {
        var before = await Store.Migrator.GetStatusAsync(Cancellation);

        var first = await Store.Migrator.MigrateAsync(Cancellation);
        var second = await Store.Migrator.MigrateAsync(Cancellation);

        Assert.False(before.IsCurrent);
        Assert.Equal(before.Missing, first);
        Assert.Empty(second);
        var after = await Store.Migrator.GetStatusAsync(Cancellation);
        Assert.True(after.IsCurrent);
        Assert.Equal(first, after.Applied);
        Store.Database.AssertDurable();
    }

    [Fact]
    public async Task MigrateAsync_SeveralAtOnce_RunEachScriptOnce()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Store.AnotherMigrator().MigrateAsync(Cancellation), Cancellation)));

        Assert.Equal((await Store.Migrator.GetStatusAsync(Cancellation)).Applied, runs.SelectMany(scripts => scripts));
    }

    [Fact]
    public async Task MigrateAsync_SchemaOfANewerVersion_IsRefused()
    {
        var newer = Store.AnotherMigrator();
        newer.Scripts.Add(new SqlScript("9999_future.sql", "CREATE TABLE future (id integer);"));
        await newer.MigrateAsync(Cancellation);

        var exception = await Assert.ThrowsAsync<StorageException>(() => Store.Migrator.MigrateAsync(Cancellation));

        Assert.Contains("9999_future.sql", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["9999_future.sql"], (await Store.Migrator.GetStatusAsync(Cancellation)).Unknown);
    }

    [Fact]
    public async Task MigrateAsync_ScriptFails_RollsEverythingBack()
    {
        var broken = Store.AnotherMigrator();
        broken.Scripts.Add(new SqlScript("9998_half.sql", "CREATE TABLE half (id integer);"));
        broken.Scripts.Add(new SqlScript("9999_broken.sql", "CREATE TABLE broken (;"));

        var exception = await Assert.ThrowsAsync<StorageException>(() => broken.MigrateAsync(Cancellation));

        Assert.Contains("9999_broken.sql", exception.Message, StringComparison.Ordinal);
        Assert.Empty((await Store.Migrator.GetStatusAsync(Cancellation)).Applied);
        Assert.NotEmpty(await Store.Migrator.MigrateAsync(Cancellation));
    }
}
