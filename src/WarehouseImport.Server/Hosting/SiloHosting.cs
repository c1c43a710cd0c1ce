using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Hosting;

internal static class SiloHosting
{
    private const int NoGateway = 0;

    /// <summary>
    /// How often a process says in the database that it is alive. One that was killed is taken for gone after three silent periods, and until then a process that
    /// takes its place waits before it joins: with Orleans' own 30 s a run interrupted by <c>kill -9</c> waited a minute and a half for the restart alone.
    /// </summary>
    private static readonly TimeSpan AlivePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Hosts the silo in this process. Nothing outside talks to grains, so no gateway is opened.</summary>
    public static void AddSilo(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ClusterOptions>().BindConfiguration(ClusterOptions.SectionName).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ClusterOptions>, ClusterOptionsValidator>();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<ClusterOptions>>(static (host, cluster) => host.ShutdownTimeout = cluster.Value.ShutdownTimeout);
        builder.Services.AddOptions<Orleans.Configuration.ClusterOptions>().Configure<IOptions<ClusterOptions>>(static (orleans, cluster) =>
        {
            orleans.ServiceId = cluster.Value.ServiceId;
            orleans.ClusterId = cluster.Value.ClusterId;
        });

        var provider = StorageOptions.ReadProvider(builder.Configuration);
        builder.UseOrleans(silo =>
        {
            if (provider == StorageProvider.Sqlite)
            {
                var port = builder.Configuration.GetValue<int?>(ClusterOptions.SectionName + ":" + nameof(ClusterOptions.SiloPort));
                if (port is null)
                {
                    // Kept for the life of the process: released, the port could be somebody else's before the silo listens.
                    var claim = SiloPortClaim.Take(Path.GetFullPath(builder.Configuration.GetValue(StorageOptions.SectionName + ":" + nameof(StorageOptions.Path), "./data")!));
                    silo.Services.AddSingleton(claim);
                    port = claim.Port;
                }

                silo.UseLocalhostClustering(port.Value, NoGateway);
                silo.Services.Configure<RunEngineOptions>(static options => options.Partitions = 1);
            }
            else
            {
                silo.UseAdoNetClustering(clustering => clustering.Configure<OrleansConnection>(static (options, database) =>
                {
                    options.Invariant = database.Invariant;
                    options.ConnectionString = database.ConnectionString;
                }));
                silo.Services.Configure<ClusterMembershipOptions>(static membership => membership.IAmAliveTablePublishTimeout = AlivePeriod);
                silo.Services.AddSingleton(static provider => SiloPortClaim.Take(
                    $"{provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId} {provider.GetRequiredService<OrleansConnection>().ConnectionString}"));
                silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<ClusterOptions>, IServiceProvider>(static (endpoints, cluster, provider) =>
                {
                    endpoints.AdvertisedIPAddress = IPAddress.Parse(cluster.Value.Address);
                    endpoints.SiloPort = cluster.Value.SiloPort ?? provider.GetRequiredService<SiloPortClaim>().Port;
                    endpoints.GatewayPort = NoGateway;
                });
            }

            silo.UseAdoNetReminderService(reminders => reminders.Configure<OrleansConnection>(static (options, database) =>
            {
                options.Invariant = database.Invariant;
                options.ConnectionString = database.ConnectionString;
            }));
            silo.AddAdoNetGrainStorage(SyncAlarm.StorageName, alarms => alarms.Configure<OrleansConnection>(static (options, database) =>
            {
                options.Invariant = database.Invariant;
                options.ConnectionString = database.ConnectionString;
            }));
        });
    }
}
