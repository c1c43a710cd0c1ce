using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Storage.Postgres;
using WarehouseImport.Storage.Relational;
using WarehouseImport.Storage.Sqlite;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Storage;

/// <summary>What the Orleans ADO.NET providers need to use the same database.</summary>
/// <param name="Invariant">The provider's name for the driver.</param>
/// <param name="ConnectionString">On PostgreSQL with a pool of its own, so that bulk writes cannot starve heartbeats.</param>
public sealed record OrleansConnection(string Invariant, string ConnectionString);

public static class StorageServiceCollectionExtensions
{
    /// <summary>
    /// Registers every port over the database the configuration names: section <c>Storage</c> and <c>ConnectionStrings:WarehouseImport</c>.
    /// At start, before anything else, the schema is brought up to date or checked.
    /// </summary>
    /// <exception cref="StorageException">The configuration names an unknown provider.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(StorageOptions.SectionName);
        services.AddOptions<StorageOptions>()
            .Bind(section)
            .Configure(options => options.ConnectionString = configuration.GetConnectionString(StorageOptions.ConnectionStringName))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();

        if (StorageOptions.ReadProvider(configuration) == StorageProvider.Postgres) services.AddPostgres();
        else services.AddSqlite();

        services.AddSingleton<IConnectionStore, RelationalConnectionStore>();
        services.AddSingleton<ISyncStore, RelationalSyncStore>();
        services.AddSingleton<IRunStore>(provider => new RelationalRunStore(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<IOptions<StorageOptions>>().Value.ErrorRowsPerRun));
        services.AddSingleton<IUploadStore, RelationalUploadStore>();
        services.AddSingleton<IIdentityStore, RelationalIdentityStore>();
        services.AddSingleton<ISettingStore, RelationalSettingStore>();
        services.AddSingleton<IKeyRingStore, RelationalKeyRingStore>();
        services.AddSingleton<IScratchProfileStores, SqliteScratchProfileStores>();
        services.AddHostedService<StorageStartup>();
        return services;
    }

    private static void AddPostgres(this IServiceCollection services)
    {
        services.AddSingleton(provider => new PostgresDatabase(ConnectionString(provider)));
        services.AddSingleton<Database>(provider => provider.GetRequiredService<PostgresDatabase>());
        services.AddSingleton<SchemaMigrator, PostgresMigrator>();
        services.AddSingleton<IProfileStore, PostgresProfileStore>();
        services.AddSingleton<IProfileReader, PostgresProfileReader>();
        services.AddSingleton<IStorageMaintenance, PostgresMaintenance>();
        services.AddSingleton(provider => new OrleansConnection(
            "Npgsql",
            PostgresDatabase.OrleansConnectionString(
                ConnectionString(provider),
                provider.GetRequiredService<IOptions<StorageOptions>>().Value.OrleansConnections)));

        static string ConnectionString(IServiceProvider provider) => provider.GetRequiredService<IOptions<StorageOptions>>().Value.ConnectionString!;
    }

    private static void AddSqlite(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SqliteDatabase(provider.GetRequiredService<IOptions<StorageOptions>>().Value.FilePath));
        services.AddSingleton<Database>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<SchemaMigrator, SqliteMigrator>();
        services.AddSingleton<IProfileStore>(provider => new SqliteProfileStore(provider.GetRequiredService<SqliteDatabase>()));
        services.AddSingleton<IProfileReader, SqliteProfileReader>();
        services.AddSingleton<IStorageMaintenance, SqliteMaintenance>();
        services.AddSingleton(provider => new OrleansConnection("System.Data.SQLite", provider.GetRequiredService<SqliteDatabase>().ConnectionString));
    }
}
