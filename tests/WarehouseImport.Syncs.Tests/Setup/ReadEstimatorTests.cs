using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;
using static WarehouseImport.Syncs.Tests.Setup.SetupWorld;

namespace WarehouseImport.Syncs.Tests.Setup;

public sealed class ReadEstimatorTests
{
    private readonly SetupWorld _world = new() { Estimate = new ReadEstimate(123, 1000) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EstimateAsync_SyncWithWatermark_AsksForTheNextWindow()
    {
        var id = await CreateAsync("2024-05-01T00:00:00Z");

        var estimate = await Estimator().EstimateAsync(id, isFull: false, Token);

        Assert.Equal(new ReadEstimate(123, 1000), estimate!.Estimate);
        Assert.Equal("2024-04-30T23:45:00Z", estimate.From.ToString());
        Assert.Equal("2024-04-30T23:45:00Z", _world.Estimated!.From);
        Assert.Equal(estimate.To.ToString(), _world.Estimated.To);
        Assert.Equal(SourceInstant.FromDateTimeOffset(_world.Clock.Now - TimeSpan.FromSeconds(5)), estimate.To);
        Assert.Contains("email", _world.Estimated.Columns);
    }

    [Fact]
    public async Task EstimateAsync_FullOrFirstRun_HasNoLowerEnd()
    {
        Assert.Null((await Estimator().EstimateAsync(await CreateAsync("2024-05-01T00:00:00Z"), isFull: true, Token))!.From);
        Assert.Null(_world.Estimated!.From);
    }

    [Fact]
    public async Task EstimateAsync_ColumnGone_SaysWhich()
    {
        var id = await CreateAsync(null);
        _world.Columns.RemoveAll(column => column.Name == "email");

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => Estimator().EstimateAsync(id, isFull: false, Token));

        Assert.Equal(WarehouseErrors.ColumnMissing, failure.Code);
        Assert.Contains("email", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EstimateAsync_UnknownSync_IsNull() => Assert.Null(await Estimator().EstimateAsync(Guid.NewGuid(), isFull: false, Token));

    private ReadEstimator Estimator() => new(_world.Syncs, _world);

    private async Task<Guid> CreateAsync(string? watermark)
    {
        var saved = Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.CreateAsync(Sync(), Token));
        _world.Syncs.All[saved.Sync.Id] = saved.Sync with { Watermark = watermark is null ? null : SourceInstant.Parse(watermark) };
        return saved.Sync.Id;
    }
}
