using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;

namespace WarehouseImport.Profiles;

public static class ProfilesServiceCollectionExtensions
{
    /// <summary>Registers the apply path. The stores come from the storage module.</summary>
    public static IServiceCollection AddProfiles(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ProfileBatchApplier>();
        services.AddSingleton<ProfileMerging>();
        services.AddSingleton<ProfileMetrics>();
        return services;
    }
}
