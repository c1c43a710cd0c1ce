using DuckDB.NET.Data;

namespace WarehouseImport.Warehouses.Tests.DuckDb;

/// <summary>CSV and Parquet files as datasets, and what happens around the files themselves.</summary>
public sealed class DuckDbFileTests : IDisposable
{
    private static readonly CursorColumn ByText = new("changed", TextPattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");

    private readonly DuckDbSeeder _seeder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_seeder.Folder, recursive: true);

    [Fact]
    public async Task ListDatasets_Folder_NamesFilesByStemAndKeepsTheExtensionOfTwins()
    {
        Write("customers.csv", "id\n1\n");
        Write("twin.csv", "id\n1\n");
        Write("glob[1].csv", "id\n1\n");
        Write("notes.txt", "id\n1\n");
        await _seeder.ExecuteAsync($"COPY (SELECT 1 AS id) TO '{At("twin.parquet")}'", $"COPY (SELECT 1 AS id) TO '{At("sales.PARQUET")}' (FORMAT parquet)");
        await using var warehouse = DuckDbSeeder.OpenPath(_seeder.Folder);

        var datasets = await warehouse.ListDatasetsAsync(Cancellation);

        Assert.Equal(["\"twin.csv\"", "\"twin.parquet\"", "customers", "sales"], datasets.Select(dataset => dataset.Name.ToString()));
        Assert.All(datasets, dataset => Assert.Equal(DatasetKind.File, dataset.Kind));
    }

    [Fact]
    public async Task ReadPages_CsvFile_GivesEveryCellAsTextUnchanged()
    {
        Write("people's.csv", "id,name,changed\n007,\"x, \"\"y\"\"\",2024-01-02\n1e3,,2024-01-01\n3,\"\",2024-02-30x\n");
        await using var warehouse = DuckDbSeeder.OpenPath(At("people's.csv"));
        var query = new WindowQuery(Guid.NewGuid(), new DatasetName("people's"), ["id", "name"], ByText, null, "2024-12-31", 10);

        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        var page = await window.ReadPagesAsync(0, Cancellation).SingleAsync(Cancellation);

        Assert.All(window.Columns, column => Assert.Equal(ColumnKind.Text, column.Kind));
        Assert.Equal(["3", "1e3", "007"], page.Columns[0]);
        Assert.Equal(["", null, "x, \"y\""], page.Columns[1]);
        Assert.Equal(["2024-02-30x", "2024-01-01", "2024-01-02"], page.Cursor);
    }

    [Fact]
    public async Task ReadPages_ParquetFile_KeepsItsTypes()
    {
        await _seeder.ExecuteAsync($"COPY (SELECT 1.50::decimal(38,2) AS id, timestamptz '2024-01-01 00:00:00.000001Z' AS changed, 'x'::blob AS b) TO '{At("p.parquet")}'");
        await using var warehouse = DuckDbSeeder.OpenPath(At("p.parquet"));
        var query = new WindowQuery(Guid.NewGuid(), new DatasetName("p"), ["id"], new CursorColumn("changed"), null, "2024-12-31T00:00:00Z", 10);

        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        var page = await window.ReadPagesAsync(0, Cancellation).SingleAsync(Cancellation);

        Assert.Equal(ColumnKind.Unreadable, (await warehouse.GetColumnsAsync(new DatasetName("p"), Cancellation))[2].Kind);
        Assert.Equal(["1.50"], page.Columns[0]);
        Assert.Equal(["2024-01-01T00:00:00.000001Z"], page.Cursor);
    }

    [Fact]
    public async Task ReadPages_FileReplacedWhileOpen_IsRefusedAsTransient()
    {
        Write("c.csv", "id,changed\n1,2024-01-01\n");
        await using var warehouse = DuckDbSeeder.OpenPath(At("c.csv"));
        var query = new WindowQuery(Guid.NewGuid(), new DatasetName("c"), ["id"], ByText, null, "2024-12-31", 10);
        await using var window = await warehouse.OpenWindowAsync(query, Cancellation);
        Write("c.csv", "id,changed\n1,2024-01-01\n2,2024-01-01\n");

        var failure = await Assert.ThrowsAsync<WarehouseException>(async () => await window.ReadPagesAsync(0, Cancellation).CountAsync(Cancellation));

        Assert.True(failure.IsTransient);
        Assert.Contains("changed while", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_MissingFile_IsFileMissing()
    {
        await using var warehouse = DuckDbSeeder.OpenPath(At("nowhere.duckdb"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.ListDatasetsAsync(Cancellation));

        Assert.Equal(WarehouseErrors.FileMissing, failure.Code);
        Assert.False((await warehouse.CheckAsync(Cancellation)).IsOk);
    }

    [Fact]
    public async Task Preview_ViewOverAnotherFile_IsDenied()
    {
        Write("outside.csv", "id\n1\n");
        await _seeder.ExecuteAsync($"CREATE VIEW v AS SELECT * FROM read_csv('{At("outside.csv")}')");
        await using var warehouse = _seeder.Open();

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.PreviewAsync(new DatasetName("main", "v"), 1, Cancellation));

        Assert.Equal(WarehouseErrors.PermissionDenied, failure.Code);
    }

    [Fact]
    public async Task Open_FileWhoseNameDiffersInCaseFromAnOpenOne_IsNeverTheOtherFile()
    {
        await _seeder.ExecuteAsync("CREATE TABLE lower_case (id int)");
        File.Copy(_seeder.FilePath, At("WAREHOUSE.duckdb"));
        await using var other = new DuckDBConnection($"Data Source={_seeder.FilePath}");
        other.Open();
        await using var warehouse = DuckDbSeeder.OpenPath(At("WAREHOUSE.duckdb"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => warehouse.ListDatasetsAsync(Cancellation));

        Assert.Equal(WarehouseErrors.Busy, failure.Code);
    }

    [Fact]
    public async Task OpenWindow_TwoAtOnceOnOneFile_BothRead()
    {
        await _seeder.ExecuteAsync("CREATE TABLE t (id int, changed date)", "INSERT INTO t VALUES (1, '2024-01-01')");
        await using var warehouse = _seeder.Open();
        var query = new WindowQuery(Guid.NewGuid(), new DatasetName("main", "t"), ["id"], new CursorColumn("changed"), null, "2024-12-31", 10);

        await using (var first = await warehouse.OpenWindowAsync(query, Cancellation))
        await using (var second = await warehouse.OpenWindowAsync(query, Cancellation))
        {
            Assert.Equal(1, await first.ReadPagesAsync(0, Cancellation).CountAsync(Cancellation));
            Assert.Equal(1, await second.ReadPagesAsync(0, Cancellation).CountAsync(Cancellation));
        }

        Assert.Equal(0, await _seeder.CountOpenConnectionsAsync());
    }

    private string At(string name) => Path.Combine(_seeder.Folder, name);

    private void Write(string name, string text) => File.WriteAllText(At(name), text);
}
