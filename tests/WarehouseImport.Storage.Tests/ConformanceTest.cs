namespace WarehouseImport.Storage.Tests;

/// <summary>Base of every conformance suite: gives each test a database of its own.</summary>
public abstract class ConformanceTest : IAsyncLifetime
{
    private StoreFixture? _store;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected StoreFixture Store => _store ?? throw new InvalidOperationException("The test has not been initialised.");

    public async ValueTask InitializeAsync() => _store = await CreateStoreAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null) await _store.DisposeAsync();
    }

    protected abstract Task<StoreFixture> CreateStoreAsync();
}
