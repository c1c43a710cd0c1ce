namespace WarehouseImport.Warehouses.Tests;

/// <summary>A warehouse that takes SQL over a connection of the seeder's own, which may write.</summary>
public abstract class SqlWarehouseSeeder : WarehouseSeeder
{
    private const int RowsPerStatement = 1000;

    private readonly Dictionary<string, SeedColumn[]> _tables = [];

    /// <summary>The schema this test owns.</summary>
    public string Schema { get; } = $"s{Guid.NewGuid():N}";

    public abstract Task ExecuteAsync(params string[] statements);

    public override DatasetName Name(string table) => new(Schema, table);

    /// <summary>Quoting of its own, so that the tests do not trust the quoter under test.</summary>
    public string Sql(string table) => $"{Quote(Schema)}.{Quote(table)}";

    public static string Quote(string name) => '"' + string.Join("\"\"", name.Split('"')) + '"';

    public override Task CreateTableAsync(string table, params SeedColumn[] columns)
    {
        _tables[table] = columns;
        return ExecuteAsync($"CREATE TABLE {Sql(table)} ({string.Join(", ", columns.Select(column => $"{Quote(column.Name)} {SqlType(column.Type)}{(column.IsRequired ? " NOT NULL" : "")}"))})");
    }

    public override Task InsertAsync(string table, IEnumerable<string?[]> rows) => ExecuteAsync([.. rows.Chunk(RowsPerStatement).Select(chunk =>
        $"INSERT INTO {Sql(table)} VALUES {string.Join(", ", chunk.Select(row => $"({string.Join(", ", row.Select((cell, column) => Literal(cell, _tables[table][column].Type)))})"))}")]);

    public override Task CreateViewAsync(string view, string table) => ExecuteAsync($"CREATE VIEW {Sql(view)} AS SELECT * FROM {Sql(table)}");

    public override Task DropColumnAsync(string table, string column) => ExecuteAsync($"ALTER TABLE {Sql(table)} DROP COLUMN {Quote(column)}");

    public override Task DropTableAsync(string table) => ExecuteAsync($"DROP TABLE {Sql(table)}");

    protected virtual string SqlType(SeedType type) => type switch
    {
        SeedType.BigInteger => "bigint",
        SeedType.SmallInteger => "smallint",
        SeedType.Decimal => "numeric(20,3)",
        SeedType.Double => "double precision",
        SeedType.Real => "real",
        SeedType.Boolean => "boolean",
        SeedType.Text => "varchar",
        SeedType.Date => "date",
        SeedType.Timestamp => "timestamp",
        SeedType.TimestampWithZone => "timestamp with time zone",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private string Literal(string? cell, SeedType type) =>
        cell is null ? "NULL" : type is SeedType.Text or SeedType.CollatedText ? $"'{cell.Replace("'", "''")}'" : $"CAST('{cell}' AS {SqlType(type)})";
}
