using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using WarehouseImport.Syncs.Mapping;

namespace WarehouseImport.Syncs.Runs;

public static class RunsServiceCollectionExtensions
{
    /// <summary>
    /// Adds the run engine of a silo. Needs the stores, profiles, the set-up of syncs, a reminder service and a grain storage named
    /// <see cref="SyncAlarm.StorageName"/>; the host binds <see cref="RunEngineOptions"/> and <see cref="ConsentSettings"/>.
    /// </summary>
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddOptions<RunEngineOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunEngineOptions>, RunEngineOptionsValidator>());
        services.AddOptions<ConsentSettings>();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RunMetrics>();
        services.TryAddSingleton<RunSlots>();
        services.TryAddSingleton<RunEngine>();
        services.TryAddSingleton<IBatchDispatchers, BatchDispatchers>();
        services.TryAddSingleton<IRunMappings, RunMappings>();
        services.TryAddSingleton<IRunWarehouses, RunWarehouses>();
        services.TryAddSingleton<IRunProgressReader, RunProgressReader>();
        services.TryAddSingleton<SyncDueTimes>();
        services.TryAddSingleton<ApiImport>();
        services.TryAddSingleton(provider => new ApiRowReader(ageGatedSms: provider.GetRequiredService<IOptions<ConsentSettings>>().Value.AgeGatedSms));
        services.AddSingleton<RunRecovery>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<RunRecovery>());
        return services;
    }
}
