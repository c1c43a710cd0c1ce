using WarehouseImport.Profiles;
using WarehouseImport.Server.Connections;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Cli;

/// <summary>The run engine over the embedded store, without silo, API and keys.</summary>
internal static class FileServices
{
    public static async Task<ServiceProvider> CreateAsync(string folder, long maxBytes, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)}"] = nameof(StorageProvider.Sqlite),
            [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Path)}"] = folder,
        }).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddStorage(configuration);
        services.AddProfiles();
        services.AddSingleton<IBatchDispatchers, LocalBatchDispatchers>();
        services.AddSingleton<IRunWarehouses, NoWarehouses>();
        services.AddSingleton<IRunMappings, RunMappings>();
        services.AddRuns();
        services.Configure<RunEngineOptions>(static options => options.Partitions = 1);
        services.AddUploads();
        services.Configure<UploadOptions>(options => options.MaxBytes = maxBytes);
        services.AddSingleton<ErrorFileWriter>();
        var provider = services.BuildServiceProvider();
        foreach (var service in provider.GetServices<IHostedService>().OfType<IHostedLifecycleService>()) await service.StartingAsync(cancellationToken);
        return provider;
    }

    private sealed class NoWarehouses : IRunWarehouses
    {
        public Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("A file is read without a connection.");
    }
}
