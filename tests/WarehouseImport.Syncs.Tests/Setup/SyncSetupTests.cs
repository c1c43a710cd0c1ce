using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;
using static WarehouseImport.Syncs.Tests.Setup.SetupWorld;

namespace WarehouseImport.Syncs.Tests.Setup;

public sealed class SyncSetupTests
{
    private readonly SetupWorld _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateAsync_Valid_StoresAndReconciles()
    {
        var sync = await CreateAsync(Sync(new FieldMapping("first", "first_name")));

        Assert.Equal((1, 1L, SyncStatus.Active), (sync.MappingVersion, sync.Version, sync.Status));
        Assert.Equal([sync.Id], _world.Reconciled);
    }

    [Fact]
    public async Task CreateAsync_NameTaken_IsInvalid()
    {
        await CreateAsync(Sync());

        var result = Assert.IsType<SyncSetupResult.Invalid>(await _world.Setup.CreateAsync(Sync() with { Name = "CUSTOMERS" }, Token));

        Assert.Equal(SetupCodes.NameTaken, Assert.Single(result.Problems).Code);
    }

    [Fact]
    public async Task UpdateAsync_ScheduleOnly_KeepsTheMappingVersionAndWatermark()
    {
        var sync = await CreateAsync(Sync(), watermark: "2024-01-01T00:00:00Z");

        var saved = await UpdateAsync(sync, Sync() with { Schedule = new ScheduleDefinition(Manual: true), Lookback = TimeSpan.FromHours(1) });

        Assert.Equal((1, 2L), (saved.MappingVersion, saved.Version));
        Assert.NotNull(saved.Watermark);
    }

    [Fact]
    public async Task UpdateAsync_Fields_RaiseTheMappingVersion()
    {
        var sync = await CreateAsync(Sync(), watermark: "2024-01-01T00:00:00Z");

        var saved = await UpdateAsync(sync, Sync(new FieldMapping("first", "first_name")));

        Assert.Equal(2, saved.MappingVersion);
        Assert.NotNull(saved.Watermark);
    }

    [Fact]
    public async Task UpdateAsync_OtherCursor_ForgetsTheWatermark()
    {
        _world.Columns.Add(new DatasetColumn("changed_at", "timestamptz", ColumnKind.TimestampWithZone, true));
        var sync = await CreateAsync(Sync(), watermark: "2024-01-01T00:00:00Z");

        var saved = await UpdateAsync(sync, Sync() with { Cursor = new CursorDefinition("changed_at") });

        Assert.Equal(2, saved.MappingVersion);
        Assert.Null(saved.Watermark);
    }

    [Fact]
    public async Task UpdateAsync_OtherCursorDuringARun_IsRefused()
    {
        _world.Columns.Add(new DatasetColumn("changed_at", "timestamptz", ColumnKind.TimestampWithZone, true));
        var sync = await CreateAsync(Sync(), watermark: "2024-01-01T00:00:00Z");
        var run = Guid.CreateVersion7();
        _world.Syncs.All[sync.Id] = sync with { ActiveRunId = run };

        var result = await _world.Setup.UpdateAsync(sync.Id, Sync() with { Cursor = new CursorDefinition("changed_at") }, sync.Version, Token);

        Assert.Equal(run, Assert.IsType<SyncSetupResult.RunActive>(result).RunId);
        Assert.Equal("updated_at", _world.Syncs.All[sync.Id].Definition.Cursor.Column);
    }

    [Fact]
    public async Task UpdateAsync_OldVersion_IsAMismatch()
    {
        var sync = await CreateAsync(Sync());

        Assert.IsType<SyncSetupResult.VersionMismatch>(await _world.Setup.UpdateAsync(sync.Id, Sync(), sync.Version + 1, Token));
    }

    [Fact]
    public async Task PauseAndResume_ChangeTheStatusOnce()
    {
        var sync = await CreateAsync(Sync());

        var paused = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.PauseAsync(sync.Id, Token)).Sync;
        var again = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.PauseAsync(sync.Id, Token)).Sync;
        var resumed = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.ResumeAsync(sync.Id, Token)).Sync;

        Assert.Equal((SyncStatus.Paused, 2L), (paused.Status, paused.Version));
        Assert.Equal(paused, again);
        Assert.Equal(SyncStatus.Active, resumed.Status);
    }

    [Fact]
    public async Task ResetAndDelete_GoThroughTheStoreAndReconcile()
    {
        var sync = await CreateAsync(Sync());

        var reset = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.ResetAsync(sync.Id, SourceInstant.Parse("2024-02-01T00:00:00Z"), Token)).Sync;
        var deleted = await _world.Setup.DeleteAsync(sync.Id, reset.Version, Token);

        Assert.Equal("2024-02-01T00:00:00Z", reset.Watermark.ToString());
        Assert.IsType<SyncSetupResult.Deleted>(deleted);
        Assert.Empty(_world.Syncs.All);
        Assert.Equal(3, _world.Reconciled.Count);
        Assert.IsType<SyncSetupResult.NotFound>(await _world.Setup.ResetAsync(sync.Id, null, Token));
    }

    [Fact]
    public async Task SuggestAsync_UnknownConnectionOrDataset_NamesIt()
    {
        var connection = Assert.IsType<SuggestionResult.Failed>(await _world.Setup.SuggestAsync(Guid.Empty, new DatasetName("crm", "customers"), Token));
        var dataset = Assert.IsType<SuggestionResult.Failed>(await _world.Setup.SuggestAsync(ConnectionId, new DatasetName("x"), Token));

        Assert.Equal(SetupCodes.ConnectionUnknown, connection.Problem.Code);
        Assert.Equal(WarehouseErrors.DatasetUnknown, dataset.Problem.Code);
    }

    private async Task<SyncRecord> CreateAsync(SyncDefinition definition, string? watermark = null)
    {
        var sync = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.CreateAsync(definition, Token)).Sync;
        return watermark is null ? sync : _world.Syncs.All[sync.Id] = sync with { Watermark = SourceInstant.Parse(watermark) };
    }

    private async Task<SyncRecord> UpdateAsync(SyncRecord sync, SyncDefinition definition) =>
        Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.UpdateAsync(sync.Id, definition, sync.Version, Token)).Sync;
}
