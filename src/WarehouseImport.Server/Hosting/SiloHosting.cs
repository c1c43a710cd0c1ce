using System.Net;
using System.Net.Sockets;
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
                silo.UseLocalhostClustering(Port(builder.Configuration), NoGateway);
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
                silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<ClusterOptions>>(static (endpoints, cluster) =>
                {
                    endpoints.AdvertisedIPAddress = IPAddress.Parse(cluster.Value.Address);
                    endpoints.SiloPort = cluster.Value.SiloPort ?? FreePort();
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

    private static int Port(IConfiguration configuration) => configuration.GetValue<int?>(ClusterOptions.SectionName + ":" + nameof(ClusterOptions.SiloPort)) ?? FreePort();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
