namespace WarehouseImport.Warehouses.Tests;

/// <summary>What the suite can ask of a warehouse only where it may write SQL of its own.</summary>
public abstract class SqlWarehouseConformance : WarehouseConformance
{
    protected new SqlWarehouseSeeder Seeder => (SqlWarehouseSeeder)base.Seeder;

    [Fact]
    public async Task ReadPages_LargeCells_MakeSmallerPages()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp, big varchar)",
            $"INSERT INTO {Seeder.Sql("t")} SELECT i, timestamp '2024-01-01 00:00:00', repeat('x', 1000000) FROM generate_series(1, 12) AS s(i)");

        await using var window = await Warehouse.OpenWindowAsync(
            Query("t", null, "2030-01-01T00:00:00") with { Columns = ["big"], PageRows = 1000 }, Cancellation);
        var pages = await PagesAsync(window);

        Assert.Equal(12, pages.Sum(page => page.RowCount));
        Assert.All(pages, page => Assert.InRange(page.RowCount, 1, 5));
    }

    [Fact]
    public async Task ReadPages_InstantsOutsideTheYears1To9999_AreCountedAndNeverRead()
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id bigint, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES (1, timestamp 'infinity'), (2, timestamp '-infinity'), (3, timestamp '12000-01-01 00:00:00'), (4, timestamp '2024-01-01 00:00:00')");

        await using var window = await Warehouse.OpenWindowAsync(Query("t", null, "9999-12-31T23:59:59.999999"), Cancellation);
        var ids = (await PagesAsync(window)).SelectMany(page => page.Columns[0]);

        Assert.Equal(["4"], ids);
        Assert.Equal(new CursorStatistics(4, 1, 2, "2024-01-01T00:00:00"), window.Statistics);
    }

    /// <summary>Writes one literal into a column of a type and reads it back through a window.</summary>
    protected async Task AssertCellAsync(string type, string literal, ColumnKind kind, string? expected)
    {
        await Seeder.ExecuteAsync(
            $"CREATE TABLE {Seeder.Sql("t")} (id {type}, changed timestamp)",
            $"INSERT INTO {Seeder.Sql("t")} VALUES ({literal}, timestamp '2024-01-01 00:00:00'), (NULL, timestamp '2024-01-02 00:00:00')");

        Assert.Equal(kind, (await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation))[0].Kind);
        Assert.Equal([expected, null], await IdsAsync(Query("t", null, "2025-01-01T00:00:00")));
        Assert.Equal([expected, null], (await Warehouse.PreviewAsync(Seeder.Name("t"), 5, Cancellation)).Rows.Select(row => row[0]));
    }

    protected async Task AssertUnreadableAsync(string type)
    {
        await Seeder.ExecuteAsync($"CREATE TABLE {Seeder.Sql("t")} (id {type}, changed timestamp)");

        var columns = await Warehouse.GetColumnsAsync(Seeder.Name("t"), Cancellation);

        Assert.Equal(ColumnKind.Unreadable, columns[0].Kind);
    }
}
