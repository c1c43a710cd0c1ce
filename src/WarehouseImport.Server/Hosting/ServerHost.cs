using WarehouseImport.Profiles;
using WarehouseImport.Server.Api;
using WarehouseImport.Server.Security;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.BigQuery;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Snowflake;

namespace WarehouseImport.Server.Hosting;

/// <summary>Puts the modules together: one process with the API and the silo.</summary>
internal static class ServerHost
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    private const int RequestBytes = 1 << 20;

    /// <param name="arguments">Settings as <c>--Section:Name value</c>; they win over environment variables and files.</param>
    /// <param name="settings">Settings that win over everything, or null.</param>
    public static WebApplication Build(string[] arguments, IEnumerable<KeyValuePair<string, string?>>? settings = null, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(arguments);
        if (settings is not null) builder.Configuration.AddInMemoryCollection(settings);
        if (builder.Configuration[WebHostDefaults.ServerUrlsKey] is null && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBytes;
        });

        // Orleans tells its whole configuration at start; its watchdog reports the machine's uptime as a stall once (known noise of 10.4).
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

        // Every attempt of a retried batch, which the product's own metrics count.
        builder.Logging.AddFilter("Polly", LogLevel.Warning);

        // A start that fails is told in one line by the command; the host would add the stack. What stops a running host is critical and stays.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);

        // The framework's request log holds query strings, and those hold e-mail addresses and phone numbers (S10).
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddStorage(builder.Configuration);
        services.AddProfiles();
        services.AddWarehouses();
        services.AddOptions<SnowflakeOptions>().BindConfiguration(SnowflakeOptions.SectionName);
        services.AddOptions<WarehouseNetworkOptions>().BindConfiguration(WarehouseNetworkOptions.SectionName).ValidateOnStart();
        services.AddOptions<BigQueryOptions>().BindConfiguration(BigQueryOptions.SectionName).ValidateOnStart();
        services.AddSyncSetup();
        services.AddRuns();
        services.AddOptions<RunEngineOptions>().BindConfiguration(RunEngineOptions.SectionName);
        services.AddOptions<ConsentSettings>().BindConfiguration(ConsentSettings.SectionName);
        services.AddUploads();
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.SectionName);
        services.AddSecurity();
        services.AddHealth();
        services.AddHostedService<RetentionService>();
        services.AddApi();
        builder.AddSilo();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseApi();
        app.MapHealth();
        app.MapApi();
        return app;
    }
}
