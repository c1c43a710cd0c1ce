using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Tests.Snowflake;

public sealed class CatalogueTests
{
    [Fact]
    public async Task Show_TablesViewsColumnsKeys_ListsWhatIsThere()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var schema = session.Server.Database("DEMO").Schema("S");
        schema.Table("people", t => t.Column("id", SnowflakeType.Number(), nullable: false).Column("AT", SnowflakeType.TimestampNtz()).PrimaryKey("id"));
        schema.View("V", "SELECT N AS \"x\" FROM DEMO.S.NUMBERS");
        schema.Table("DYN", t => t.Column("A", SnowflakeType.Float).Kind(RelationKind.DynamicTable));

        var objects = await session.RowsAsync("SHOW TERSE OBJECTS IN SCHEMA \"DEMO\".\"S\" LIMIT 10000");
        var columns = await session.RowsAsync("SHOW COLUMNS IN TABLE \"DEMO\".\"S\".\"people\"");
        var keys = await session.RowsAsync("SHOW PRIMARY KEYS IN TABLE \"DEMO\".\"S\".\"people\"");
        var paged = await session.RowsAsync("SHOW TERSE OBJECTS IN SCHEMA DEMO.S LIMIT 2 FROM 'DYN'");
        var described = await session.RowsAsync("SELECT COLUMN_NAME FROM DEMO.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'people' ORDER BY ORDINAL_POSITION");

        Assert.Equal(["DYN TABLE", "NUMBERS TABLE", "V VIEW", "people TABLE"], objects.Select(r => $"{r[1]} {r[2]}"));
        Assert.Equal(["NOT_NULL", "true"], columns.Select(r => r[4]));
        Assert.Equal("""{"type":"TIMESTAMP_NTZ","precision":0,"scale":9,"nullable":true}""", columns[1][3]);
        Assert.Equal("id", Assert.Single(keys)[4]);
        Assert.Equal(["NUMBERS", "V"], paged.Select(r => r[1]));
        Assert.Equal(["id", "AT"], described.Select(r => r[0]));
    }

    [Fact]
    public async Task Table_ChangedBetweenQueries_ShowsItsNewShape()
    {
        await using var session = await SnowflakeSession.StartAsync();
        var table = session.Server.Database("DEMO").Schema("S").Table("NUMBERS");

        table.RenameColumn("G", "H").AddColumn("NEW", SnowflakeType.Varchar()).RetypeColumn("H", SnowflakeType.Varchar()).Update("N", 7, ("NEW", "seven")).Delete("N", 8);
        var rows = await session.RowsAsync("SELECT * FROM NUMBERS WHERE N BETWEEN 7 AND 8");

        Assert.Equal(["7", "1", "seven"], Assert.Single(rows));
    }
}
