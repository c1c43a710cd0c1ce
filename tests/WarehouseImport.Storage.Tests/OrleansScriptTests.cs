using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization.Configuration;
using Orleans.Storage;
using WarehouseImport.Testing;

namespace WarehouseImport.Storage.Tests;

/// <summary>Starts a real silo on the migrated database: the scripts' keys, parameters and columns are those the providers of this version use.</summary>
public sealed class OrleansScriptTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sqlite_RemindersAndGrainState_Work()
    {
        var folder = Directory.CreateTempSubdirectory("warehouse-import-tests-");
        try
        {
            await ExerciseAsync(
                new Dictionary<string, string?> { ["Storage:Provider"] = "sqlite", ["Storage:Path"] = folder.FullName },
                (silo, siloPort, gatewayPort, _) => silo.UseLocalhostClustering(siloPort, gatewayPort));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Postgres_MembershipRemindersAndGrainState_Work()
    {
        var server = await ThrowawayPostgres.SharedAsync();
        var connectionString = await server.CreateDatabaseAsync("silo");
        try
        {
            await ExerciseAsync(
                new Dictionary<string, string?> { ["Storage:Provider"] = "postgres", ["ConnectionStrings:WarehouseImport"] = connectionString },
                (silo, siloPort, gatewayPort, connection) => silo
                    .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("test", "test"))
                    .ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort)
                    .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (connection.Invariant, connection.ConnectionString)));
        }
        finally
        {
            await server.DropDatabaseAsync(connectionString);
        }
    }

    private static async Task ExerciseAsync(Dictionary<string, string?> settings, Action<ISiloBuilder, int, int, OrleansConnection> cluster)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<TypeManifestOptions>(options => options.AddAllowedType(typeof(Alarm)));
        builder.Services.AddStorage(builder.Configuration);
        OrleansConnection connection;
        await using (var probe = builder.Services.BuildServiceProvider()) connection = probe.GetRequiredService<OrleansConnection>();
        builder.UseOrleans(silo =>
        {
            cluster(silo, FreePort(), FreePort(), connection);
            silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (connection.Invariant, connection.ConnectionString));
            silo.AddAdoNetGrainStorage("state", options =>
                (options.Invariant, options.ConnectionString, options.DeleteStateOnClear) = (connection.Invariant, connection.ConnectionString, false));
            silo.AddAdoNetGrainStorage("deleted", options =>
                (options.Invariant, options.ConnectionString, options.DeleteStateOnClear) = (connection.Invariant, connection.ConnectionString, true));
        });
        using var host = builder.Build();
        await host.StartAsync(Cancellation);

        await ExerciseRemindersAsync(host.Services.GetRequiredService<IReminderTable>());
        await ExerciseGrainStateAsync(host.Services.GetRequiredKeyedService<IGrainStorage>("state"), Guid.NewGuid());
        await ExerciseGrainStateAsync(host.Services.GetRequiredKeyedService<IGrainStorage>("deleted"), Guid.NewGuid());

        await host.StopAsync(Cancellation);
    }

    private static async Task ExerciseRemindersAsync(IReminderTable reminders)
    {
        var grain = GrainId.Create("sync", Guid.NewGuid().ToString("N"));
        var due = new DateTime(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var entry = new ReminderEntry { GrainId = grain, ReminderName = "schedule", StartAt = due, Period = TimeSpan.FromMinutes(5) };

        var first = await reminders.UpsertRow(entry);
        var second = await reminders.UpsertRow(entry);

        Assert.NotEqual(first, second);
        var read = (await reminders.ReadRow(grain, "schedule"))!;
        Assert.Equal((due, TimeSpan.FromMinutes(5), second), (read.StartAt.ToUniversalTime(), read.Period, read.ETag));
        Assert.Single((await reminders.ReadRows(grain)).Reminders);
        var hash = grain.GetUniformHashCode();
        Assert.Single((await reminders.ReadRows(hash - 1, hash)).Reminders);
        Assert.Empty((await reminders.ReadRows(hash, hash + 1)).Reminders);
        Assert.Single((await reminders.ReadRows(hash - 1, hash - 2)).Reminders);
        Assert.False(await reminders.RemoveRow(grain, "schedule", first!));
        Assert.True(await reminders.RemoveRow(grain, "schedule", second!));
        Assert.Null(await reminders.ReadRow(grain, "schedule"));
    }

    private static async Task ExerciseGrainStateAsync(IGrainStorage storage, Guid key)
    {
        var grain = GrainId.Create("sync", key.ToString("N"));
        var state = new GrainState<Alarm>(new Alarm { Text = "one" });
        await storage.WriteStateAsync("alarm", grain, state);
        var rival = new GrainState<Alarm>(new Alarm { Text = "rival" });
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("alarm", grain, rival));

        state.State = new Alarm { Text = "two" };
        var old = new GrainState<Alarm>(new Alarm { Text = "old" }, state.ETag);
        await storage.WriteStateAsync("alarm", grain, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("alarm", grain, old));

        var read = new GrainState<Alarm>();
        await storage.ReadStateAsync("alarm", grain, read);
        Assert.Equal(("two", state.ETag, true), (read.State!.Text, read.ETag, read.RecordExists));
        await storage.ClearStateAsync("alarm", grain, read);
        await storage.WriteStateAsync("alarm", grain, read);
        Assert.True(read.RecordExists);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public sealed class Alarm
    {
        public string Text { get; set; } = string.Empty;
    }
}
