using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Setup;

public static class SetupServiceCollectionExtensions
{
    /// <summary>
    /// Registers the set-up of syncs, connections' warehouses and the error file. Needs the stores, <see cref="ISecretProtector"/>, the warehouse types, a grain factory and
    /// a <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddSyncSetup(this IServiceCollection services)
    {
        services.TryAddSingleton<IWarehouseConnections, WarehouseConnections>();
        services.TryAddSingleton<MappingValidator>();
        services.TryAddSingleton<PropertyOwners>();
        services.TryAddSingleton<SyncSetup>();
        services.TryAddSingleton<ReadEstimator>();
        services.TryAddSingleton<ErrorFileWriter>();
        return services;
    }
}
