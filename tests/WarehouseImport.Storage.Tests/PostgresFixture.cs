using WarehouseImport.Profiles.Storage;
using WarehouseImport.Storage.Migrations;
using WarehouseImport.Storage.Postgres;
using WarehouseImport.Storage.Relational;
using WarehouseImport.Testing;

namespace WarehouseImport.Storage.Tests;

public sealed class PostgresFixture : StoreFixture
{
    private readonly ThrowawayPostgres _server;
    private readonly string _connectionString;
    private readonly PostgresDatabase _database;

    private PostgresFixture(ThrowawayPostgres server, string connectionString)
    {
        _server = server;
        _connectionString = connectionString;
        _database = new PostgresDatabase(connectionString);
        Profiles = new PostgresProfileStore(_database);
    }

    internal override Database Database => _database;

    public override SchemaMigrator Migrator => new PostgresMigrator(_database);

    public override IProfileStore Profiles { get; }

    public override IProfileReader Reader => new PostgresProfileReader(_database);

    public override IStorageMaintenance Maintenance => new PostgresMaintenance(_database);

    public static async Task<PostgresFixture> CreateEmptyAsync()
    {
        var server = await ThrowawayPostgres.SharedAsync();
        return new PostgresFixture(server, await server.CreateDatabaseAsync("storage"));
    }

    public static async Task<StoreFixture> CreateAsync()
    {
        var fixture = await CreateEmptyAsync();
        await fixture.Migrator.MigrateAsync(TestContext.Current.CancellationToken);
        return fixture;
    }

    public override SchemaMigrator AnotherMigrator() => new PostgresMigrator(new PostgresDatabase(_connectionString));

    public override async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _server.DropDatabaseAsync(_connectionString);
    }
}
