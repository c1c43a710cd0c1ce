using System.Text.Json.Nodes;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>
/// One table of customers for tests that stop processes: ties of seven, every tenth customer again with another name, every twenty-fifth with an address that is
/// none. No person has two rows of one instant, so that every count is exact however the rows are cut into pages.
/// </summary>
internal sealed class CustomerSource
{
    public static readonly Guid ReferenceSync = new("5c000000-0000-0000-0000-00000000000a");

    private const long Start = 1_709_280_000_000_000;

    /// <param name="first">Number of the first of them; sources that share none share no identifier.</param>
    public CustomerSource(int people, int first = 0)
    {
        for (var person = first; person < first + people; person++)
        {
            Add(Start + person / 7 * 1_000_000, person, $"N{person}");
            if (person % 10 == 9) Add(Start + (people + person) * 1_000_000L, person, $"M{person}");
        }
    }

    public SourceTable Table { get; } = new("customers", "customer_id", "email", "name", "tier");

    /// <summary>What a run must do that reads the whole table first.</summary>
    public (ReferenceFold Fold, ReferenceCounts Counts) Expect()
    {
        var fold = new ReferenceFold();
        return (fold, Expect(fold));
    }

    /// <summary>The same on top of what was imported before.</summary>
    public ReferenceCounts Expect(ReferenceFold fold) =>
        fold.Run(Table.Rows.Where(row => !IsRefused(row)).Select(ToReference), refused: Table.Rows.Count(IsRefused));

    public static JsonObject Sync(string connectionId, string schema = "main") => new()
    {
        ["name"] = "customers",
        ["connectionId"] = connectionId,
        ["dataset"] = $"{schema}.customers",
        ["identifier"] = new JsonObject { ["column"] = "customer_id", ["kind"] = "external_id" },
        ["cursor"] = new JsonObject { ["column"] = SourceTable.Cursor },
        ["fields"] = new JsonArray(
            new JsonObject { ["column"] = "email", ["target"] = "email" },
            new JsonObject { ["column"] = "name", ["target"] = "first_name" },
            new JsonObject { ["column"] = "tier", ["target"] = "properties.tier", ["type"] = "text" }),
        ["schedule"] = new JsonObject { ["manual"] = true },
    };

    private static bool IsRefused(TableRow row) => row.Cells[1] == "nonsense";

    private static ReferenceRow ToReference(TableRow row) => new(
        row.Picoseconds,
        0,
        ReferenceSync.ToString(),
        1,
        [new ReferenceIdentifier("external_id", Json.Text(row.Cells[0]!)), new ReferenceIdentifier("email", Json.Text(row.Cells[1]!))],
        [new ReferenceField("first_name", Json.Text(row.Cells[2]!)), new ReferenceField("properties.tier", Json.Text(row.Cells[3]!))]);

    private void Add(long instant, int person, string name) =>
        Table.Rows.Add(new TableRow(instant, $"c{person}", person % 25 == 24 ? "nonsense" : $"c{person}@example.com", name, $"tier{person % 3}"));
}
