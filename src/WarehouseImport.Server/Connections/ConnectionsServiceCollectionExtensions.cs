using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Connections;

internal static class ConnectionsServiceCollectionExtensions
{
    public static IServiceCollection AddConnectionWarehouses(this IServiceCollection services)
    {
        services.AddSingleton<ISecretProtector, SecretProtector>();
        services.AddSingleton<IRunWarehouses, RunWarehouses>();
        services.AddSingleton<IRunMappings, RunMappings>();
        return services;
    }
}
