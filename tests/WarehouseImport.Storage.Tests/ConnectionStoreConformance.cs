using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Storage.Tests;

public abstract class ConnectionStoreConformance : ConformanceTest
{
    [Fact]
    public async Task CreateAsync_Connection_ComesBackUnchanged()
    {
        var connection = Sample.Connection("Größe \"x\"");

        Assert.Equal(ConnectionWriteStatus.Written, await Store.Connections.CreateAsync(connection, Cancellation));

        var stored = await Store.Connections.GetAsync(connection.Id, Cancellation);
        Assert.Equal(connection, stored! with { Settings = connection.Settings, ProtectedSecrets = connection.ProtectedSecrets });
        Assert.Equal(connection.Settings, stored.Settings);
        Assert.Equal(connection.ProtectedSecrets, stored.ProtectedSecrets);
    }

    [Fact]
    public async Task CreateAsync_NameOfAnotherInOtherCase_IsTaken()
    {
        await Store.Connections.CreateAsync(Sample.Connection("Größe"), Cancellation);
        var other = Sample.Connection("Other");
        await Store.Connections.CreateAsync(other, Cancellation);

        Assert.Equal(ConnectionWriteStatus.NameTaken, await Store.Connections.CreateAsync(Sample.Connection("GRÖßE "), Cancellation));
        Assert.Equal(ConnectionWriteStatus.NameTaken, await Store.Connections.UpdateAsync(other with { Name = "größe" }, 1, Cancellation));
        Assert.Equal(ConnectionWriteStatus.Written, await Store.Connections.UpdateAsync(other with { Name = "OTHER" }, 1, Cancellation));
    }

    [Fact]
    public async Task UpdateAsync_TwoWritersOfOneVersion_OneWins()
    {
        var connection = Sample.Connection();
        await Store.Connections.CreateAsync(connection, Cancellation);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            () => Store.Connections.UpdateAsync(connection with { Name = $"Writer {writer}", Version = 2 }, 1, Cancellation), Cancellation)));

        Assert.Equal(1, statuses.Count(status => status == ConnectionWriteStatus.Written));
        Assert.Equal(7, statuses.Count(status => status == ConnectionWriteStatus.VersionMismatch));
        Assert.Equal(2, (await Store.Connections.GetAsync(connection.Id, Cancellation))!.Version);
    }

    [Fact]
    public async Task DeleteAsync_UsedUnknownOrStale_IsRefused()
    {
        var sync = await Sample.CreateSyncAsync(Store);
        var used = sync.Definition.ConnectionId;

        Assert.Equal(ConnectionWriteStatus.InUse, await Store.Connections.DeleteAsync(used, 1, Cancellation));
        Assert.Equal(ConnectionWriteStatus.VersionMismatch, await Store.Connections.DeleteAsync(used, 7, Cancellation));
        Assert.Equal(ConnectionWriteStatus.NotFound, await Store.Connections.DeleteAsync(Guid.NewGuid(), 1, Cancellation));
        Assert.Equal(ConnectionWriteStatus.NotFound, await Store.Connections.UpdateAsync(Sample.Connection(), 1, Cancellation));
        await Store.Syncs.DeleteAsync(sync.Id, 1, Cancellation);
        Assert.Equal(ConnectionWriteStatus.Written, await Store.Connections.DeleteAsync(used, 1, Cancellation));
    }

    [Fact]
    public async Task ListAsync_KeysetPages_GiveEveryConnectionOnce()
    {
        var connections = Enumerable.Range(0, 7).Select(index => Sample.Connection($"C{index}")).ToList();
        foreach (var connection in connections) await Store.Connections.CreateAsync(connection, Cancellation);

        var found = new List<Guid>();
        IReadOnlyList<ConnectionRecord> page;
        do
        {
            page = await Store.Connections.ListAsync(found.Count == 0 ? null : found[^1], 3, Cancellation);
            found.AddRange(page.Select(connection => connection.Id));
        }
        while (page.Count == 3);

        Assert.Equal(connections.Select(connection => connection.Id).Order(), found);
    }

    [Fact]
    public async Task Settings_RacingGetOrAdd_AgreeOnOneValue()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(index => Task.Run(
            () => Store.Settings.GetOrAddAsync("id", $"value {index}", Cancellation), Cancellation)));

        Assert.Equal(await Store.Settings.GetAsync("id", Cancellation), Assert.Single(values.Distinct()));
        await Store.Settings.SetAsync("id", "new", Cancellation);
        Assert.Equal("new", await Store.Settings.GetOrAddAsync("id", "late", Cancellation));
        Assert.Null(await Store.Settings.GetAsync("unknown", Cancellation));
    }

    [Fact]
    public async Task KeyRing_Added_ListsOldestFirst()
    {
        await Store.KeyRing.AddAsync("<key id=\"1\"/>", Cancellation);
        await Store.KeyRing.AddAsync("<key id=\"2\"/>", Cancellation);

        Assert.Equal(["<key id=\"1\"/>", "<key id=\"2\"/>"], await Store.KeyRing.ListAsync(Cancellation));
    }
}
