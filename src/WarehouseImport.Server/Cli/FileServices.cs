using WarehouseImport.Profiles;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Cli;

/// <summary>The run engine over the embedded store, without silo, API and keys.</summary>
internal static class FileServices
{
    public static Task<ServiceProvider> CreateAsync(string folder, long maxBytes, CancellationToken cancellationToken) => CreateAsync(
        new Dictionary<string, string?>
        {
            [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)}"] = nameof(StorageProvider.Sqlite),
            [$"{StorageOptions.SectionName}:{nameof(StorageOptions.Path)}"] = folder,
        },
        maxBytes,
        cancellationToken);

    /// <param name="settings">They win over the environment and <c>appsettings.json</c>.</param>
    /// <param name="configure">Adds or replaces services, or null.</param>
    internal static async Task<ServiceProvider> CreateAsync(
        IEnumerable<KeyValuePair<string, string?>> settings, long maxBytes, CancellationToken cancellationToken, Action<IServiceCollection>? configure = null)
    {
        var configuration = new ConfigurationBuilder()
            .SetBasePath(Directory.GetCurrentDirectory())
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(settings)
            .Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddStorage(configuration);
        services.AddProfiles();
        services.AddSingleton<IBatchDispatchers, LocalBatchDispatchers>();
        services.AddSingleton<IRunWarehouses, NoWarehouses>();
        services.AddRuns();

        // One writer and two cores gain nothing from more pages ahead, and every page costs memory.
        services.Configure<RunEngineOptions>(static options => (options.Partitions, options.PagesInFlight) = (1, 2));
        services.AddOptions<ConsentSettings>().Bind(configuration.GetSection(ConsentSettings.SectionName));
        services.AddUploads();
        services.Configure<UploadOptions>(options => options.MaxBytes = maxBytes);
        services.AddSingleton<ErrorFileWriter>();
        services.AddSingleton<PropertyOwners>();
        configure?.Invoke(services);
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
