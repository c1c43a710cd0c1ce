using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Connections;

internal static class ConnectionsServiceCollectionExtensions
{
    public static IServiceCollection AddConnectionWarehouses(this IServiceCollection services)
    {
        services.AddSingleton<SecretProtector>();
        services.AddSingleton<ConnectionWarehouses>();
        services.AddSingleton<IRunWarehouses>(provider => provider.GetRequiredService<ConnectionWarehouses>());
        return services;
    }
}
