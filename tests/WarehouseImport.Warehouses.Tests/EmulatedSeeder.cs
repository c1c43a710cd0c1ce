using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Warehouses.Tests;

/// <summary>Fills an emulated warehouse through its typed interface.</summary>
public abstract class EmulatedSeeder(Emulator emulator, EmulatedSchema schema) : WarehouseSeeder
{
    private readonly Dictionary<string, SeedType[]> _types = [];

    public EmulatedTable Table(string name) => schema.Table(name);

    public override Task CreateTableAsync(string table, params SeedColumn[] columns)
    {
        _types[table] = [.. columns.Select(column => column.Type)];
        schema.Table(table, builder =>
        {
            foreach (var column in columns) builder.Column(column.Name, TypeOf(column.Type), !column.IsRequired);
        });
        return Task.CompletedTask;
    }

    public override Task InsertAsync(string table, IEnumerable<string?[]> rows)
    {
        Table(table).InsertMany(rows.Select(row => row.Select((cell, column) => Cell(cell, _types[table][column])).ToArray<object?>()));
        return Task.CompletedTask;
    }

    public override Task CreateViewAsync(string view, string table)
    {
        schema.View(view, $"SELECT * FROM {Sql(table)}");
        return Task.CompletedTask;
    }

    public override Task DropColumnAsync(string table, string column)
    {
        Table(table).DropColumn(column);
        return Task.CompletedTask;
    }

    public override Task DropTableAsync(string table)
    {
        schema.Drop(table);
        return Task.CompletedTask;
    }

    /// <summary>S7 and the emulator's strictness: whatever the product said was understood.</summary>
    public override async ValueTask DisposeAsync()
    {
        var unknown = emulator.Journal.UnknownStatements.Select(entry => $"{entry.UnknownSql}: {entry.Statement}").ToList();
        await emulator.DisposeAsync();
        GC.SuppressFinalize(this);
        Assert.Empty(unknown);
    }

    /// <summary>The table's whole name in the dialect, quoted.</summary>
    protected abstract string Sql(string table);

    protected abstract SqlType TypeOf(SeedType type);

    private static string? Cell(string? cell, SeedType type) => type switch
    {
        SeedType.Timestamp => cell?.Replace('T', ' '),
        SeedType.TimestampWithZone => cell is null ? null : $"{cell.Replace('T', ' ').TrimEnd('Z')} +00:00",
        _ => cell,
    };
}
