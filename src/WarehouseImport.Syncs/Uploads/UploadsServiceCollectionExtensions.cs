using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Syncs.Uploads;

public static class UploadsServiceCollectionExtensions
{
    /// <summary>Adds uploads to the run engine. The host adds <see cref="IUploadStore"/> and binds <see cref="UploadOptions"/>.</summary>
    public static IServiceCollection AddUploads(this IServiceCollection services)
    {
        services.AddOptions<UploadOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UploadOptions>, UploadOptionsValidator>());
        services.TryAddSingleton<UploadRuns>();
        services.TryAddSingleton<UploadService>();
        services.AddSingleton<UploadRecovery>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<UploadRecovery>());
        return services;
    }
}
