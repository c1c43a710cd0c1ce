using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using WarehouseImport.Server.Security.ApiKeys;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Storage;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Security;

internal static class SecurityServices
{
    /// <summary>API key on everything but the health endpoints; connection secrets encrypted under a key ring in the database.</summary>
    public static IServiceCollection AddSecurity(this IServiceCollection services)
    {
        services.AddSingleton<ApiKeyRegistry>();
        services.AddAuthentication(ApiKeyAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthenticationHandler>(ApiKeyAuthenticationHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());

        services.AddSingleton<WrappingKey>();
        services.AddSingleton<ISecretProtector, SecretProtector>();
        services.AddHostedService<SecurityStartup>();
        services.AddDataProtection().SetApplicationName("WarehouseImport");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = new KeyRingRepository(provider.GetRequiredService<IKeyRingStore>());
            options.XmlEncryptor = new KeyRingEncryptor(provider.GetRequiredService<WrappingKey>());
        }));
        return services;
    }
}
