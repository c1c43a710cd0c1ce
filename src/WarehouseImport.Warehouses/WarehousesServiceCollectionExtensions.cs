using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.DuckDb;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Postgres;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Warehouses;

public static class WarehousesServiceCollectionExtensions
{
    /// <summary>Registers every kind of warehouse and the <see cref="WarehouseCatalogue"/>.</summary>
    public static IServiceCollection AddWarehouses(this IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WarehouseNetworkOptions>, WarehouseNetworkOptionsValidator>());
        services.TryAddSingleton<WarehouseHttpFactory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BigQueryOptions>, BigQueryOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarehouseType, BigQueryWarehouseType>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarehouseType, DuckDbWarehouseType>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarehouseType, PostgresWarehouseType>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IWarehouseType, SnowflakeWarehouseType>());
        services.TryAddSingleton<WarehouseCatalogue>();
        return services;
    }
}
