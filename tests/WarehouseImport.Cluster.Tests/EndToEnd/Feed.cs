using System.Text.Json.Nodes;
using WarehouseImport.Cluster.Tests.Support;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.EndToEnd;

/// <summary>A table, the sync that imports it, and what the rules make of a row: everything the end-to-end test knows about one source.</summary>
internal abstract class Feed(string name, SourceTable table, int precedence = 0)
{
    /// <summary>How far below the watermark each run reads again, in microseconds.</summary>
    public const long Lookback = 600_000_000;

    private HashSet<string> _boundary = [];
    private long? _watermark;
    private int _serial;

    public SourceTable Table => table;

    public Guid SyncId { get; set; }

    /// <summary>Lower end of the next run's window.</summary>
    public long From => _watermark - Lookback ?? long.MinValue;

    public long? Watermark => _watermark;

    protected abstract JsonArray Fields { get; }

    protected abstract (string Column, string Kind) Identifier { get; }

    public virtual JsonObject Sync(string connectionId, string schema) => new()
    {
        ["name"] = name,
        ["connectionId"] = connectionId,
        ["dataset"] = $"{schema}.{table.Name}",
        ["identifier"] = new JsonObject { ["column"] = Identifier.Column, ["kind"] = Identifier.Kind },
        ["cursor"] = new JsonObject { ["column"] = SourceTable.Cursor },
        ["fields"] = Fields,
        ["schedule"] = new JsonObject { ["manual"] = true },
        ["lookback"] = "10m",
        ["precedence"] = precedence,
    };

    /// <summary>A row of a person whose values nobody had before.</summary>
    public abstract TableRow Fresh(Random random, int person, long instant);

    public abstract bool IsRefused(TableRow row);

    /// <summary>A row that validation refuses.</summary>
    public abstract TableRow Invalid(Random random, int person, long instant);

    /// <summary>Whom a row is about, as its identifier says.</summary>
    public string? PersonOf(TableRow row) => row.Cells[0];

    public abstract string Key(int person);

    /// <summary>What the next run must count, and its effect on the fold.</summary>
    /// <param name="readsAll">For a full re-read, which ignores the watermark and the remembered boundary.</param>
    /// <param name="ceiling">Rows after it wait.</param>
    public (ReferenceCounts Counts, int Read) Expect(ReferenceFold fold, long runSeq, long ceiling, bool readsAll = false)
    {
        var read = Window(ceiling, readsAll);
        var isSkipped = read.ToLookup(row => !readsAll && row.Instant == _watermark && _boundary.Contains(row.Content));
        var counts = fold.Run(
            isSkipped[false].Where(row => !IsRefused(row)).Select(row => ToReference(row, runSeq)),
            refused: isSkipped[false].Count(IsRefused),
            skipped: isSkipped[true].Count());

        if (read.Count > 0)
        {
            _watermark = Math.Max(_watermark ?? long.MinValue, read.Max(row => row.Instant!.Value));
            _boundary = [.. read.Where(row => row.Instant == _watermark && !IsRefused(row)).Select(row => row.Content)];
        }

        return (counts, read.Count);
    }

    /// <summary>The rows the next run reads, in order; rows of one instant in any.</summary>
    public List<TableRow> Window(long ceiling, bool readsAll = false) =>
        [.. table.Rows.Where(row => row.Instant is { } instant && instant <= ceiling && (readsAll || instant >= From)).OrderBy(row => row.Instant)];

    protected abstract IReadOnlyList<ReferenceIdentifier> Identifiers(TableRow row);

    protected abstract IEnumerable<ReferenceField?> Values(TableRow row);

    protected string Serial(string prefix) => $"{prefix}{_serial++}";

    protected static JsonObject Field(string column, string target, string? type = null, string? onNull = null, string? write = null, string? list = null)
    {
        var field = new JsonObject { ["column"] = column, ["target"] = target };
        if (type is not null) field["type"] = type;
        if (onNull is not null) field["onNull"] = onNull;
        if (write is not null) field["write"] = write;
        if (list is not null) field["list"] = list;
        return field;
    }

    protected static ReferenceField? Text(string field, string? cell, bool ifEmpty = false) => cell is null ? null : new ReferenceField(field, Json.Text(cell), ifEmpty);

    /// <summary>A column where NULL clears.</summary>
    protected static ReferenceField Cleared(string field, string? cell) => new(field, cell is null ? null : Json.Text(cell));

    protected static ReferenceField? Raw(string field, string? json) => json is null ? null : new ReferenceField(field, json);

    /// <summary>One element, written as a list of it.</summary>
    protected static ReferenceField? Element(string field, string? list, string mode) => list is null ? null : new ReferenceField(field, list[1..^1], Mode: mode);

    private ReferenceRow ToReference(TableRow row, long runSeq) => new(
        row.Picoseconds,
        precedence,
        SyncId.ToString(),
        runSeq,
        Identifiers(row),
        [.. Values(row).OfType<ReferenceField>()]);
}

/// <summary>Customers by external id; the e-mail address and the phone number are secondary.</summary>
internal sealed class CustomerFeed() : Feed("customers", new SourceTable("customers", "customer_id", "email", "phone", "name", "tier", "nickname", "origin", "tags"))
{
    private const int EmailCell = 1;

    protected override (string Column, string Kind) Identifier => ("customer_id", "external_id");

    protected override JsonArray Fields =>
    [
        Field("email", "email"),
        Field("phone", "phone_number"),
        Field("name", "first_name"),
        Field("tier", "properties.tier", "text"),
        Field("nickname", "properties.nickname", "text", onNull: "clear"),
        Field("origin", "properties.origin", "text", write: "if_empty"),
        Field("tags", "properties.tags", "list"),
    ];

    public override string Key(int person) => $"c{person}";

    public override TableRow Fresh(Random random, int person, long instant)
    {
        // Sometimes an address of somebody else. Two people never claim one address in one window: who is asked first would decide how the other is counted.
        var owner = random.Next(8) == 0 ? random.Next(person + 1) : person;
        var email = random.Next(8) == 0 ? null : $"e{owner}@{(random.Next(4) == 0 ? "EXAMPLE.com" : "example.com")}";
        if (email is not null && IsClaimed(email, Key(person))) email = null;
        return new TableRow(
            instant,
            Key(person),
            email,
            random.Next(3) == 0 ? null : $"+49151{20_000_000 + person}",
            Serial("Name"),
            random.Next(2) == 0 ? null : Serial("tier"),
            random.Next(2) == 0 ? null : Serial("nick"),
            random.Next(2) == 0 ? null : Serial("web"),
            random.Next(3) != 0 ? null : $"[\"{(char)('a' + random.Next(6))}\",\"{Serial("tag")}\"]");
    }

    /// <summary>The same cells later, if the address in them is still free to claim.</summary>
    public TableRow? Touched(TableRow row, long instant) =>
        row.Cells[EmailCell] is { } email && IsClaimed(email, row.Cells[0]!) ? null : row with { Instant = instant };

    public override TableRow Invalid(Random random, int person, long instant) =>
        random.Next(2) == 0
            ? new TableRow(instant, null, null, null, "nobody", null, null, null, null)
            : new TableRow(instant, Key(person), null, "+49 12", Serial("Name"), null, null, null, null);

    public override bool IsRefused(TableRow row) => row.Cells[0] is null || row.Cells[2] == "+49 12";

    protected override IReadOnlyList<ReferenceIdentifier> Identifiers(TableRow row)
    {
        List<ReferenceIdentifier> identifiers = [new("external_id", Json.Text(row.Cells[0]!))];
        if (row.Cells[EmailCell] is { } email) identifiers.Add(new ReferenceIdentifier("email", Json.Text(Canonical(email))));
        if (row.Cells[2] is { } phone) identifiers.Add(new ReferenceIdentifier("phone_number", Json.Text(phone)));
        return identifiers;
    }

    protected override IEnumerable<ReferenceField?> Values(TableRow row) =>
    [
        Text("first_name", row.Cells[3]),
        Text("properties.tier", row.Cells[4]),
        Cleared("properties.nickname", row.Cells[5]),
        Text("properties.origin", row.Cells[6], ifEmpty: true),
        Raw("properties.tags", row.Cells[7]),
    ];

    private static string Canonical(string email) => email.Replace("EXAMPLE", "example", StringComparison.Ordinal);

    private bool IsClaimed(string email, string person) => Table.Rows.Any(row =>
        row.Instant >= From && row.Cells[EmailCell] is { } other && Canonical(other) == Canonical(email) && row.Cells[0] != person);
}

/// <summary>Balances by external id. Shares the tier and removes tags.</summary>
internal sealed class BalanceFeed() : Feed("balances", new SourceTable("balances", "customer_id", "balance", "tier", "surname", "dropped"), precedence: 5)
{
    protected override (string Column, string Kind) Identifier => ("customer_id", "external_id");

    protected override JsonArray Fields =>
    [
        Field("balance", "properties.balance", "number"),
        Field("tier", "properties.tier", "text"),
        Field("surname", "last_name", onNull: "clear"),
        Field("dropped", "properties.tags", "list", list: "remove"),
    ];

    public override JsonObject Sync(string connectionId, string schema)
    {
        var sync = base.Sync(connectionId, schema);
        sync["recordStale"] = true;
        sync["allowSharedProperties"] = new JsonArray("properties.tier", "properties.tags");
        return sync;
    }

    public override string Key(int person) => $"c{person}";

    public override TableRow Fresh(Random random, int person, long instant) => new(
        instant,
        Key(person),
        Serial(""),
        random.Next(2) == 0 ? null : Serial("level"),
        random.Next(4) == 0 ? null : Serial("Surname"),
        random.Next(2) == 0 ? null : $"[\"{(char)('a' + random.Next(6))}\"]");

    public override TableRow Invalid(Random random, int person, long instant) => Fresh(random, person, instant) with { Cells = [Key(person), "12 apples", null, null, null] };

    public override bool IsRefused(TableRow row) => row.Cells[1] == "12 apples";

    protected override IReadOnlyList<ReferenceIdentifier> Identifiers(TableRow row) => [new("external_id", Json.Text(row.Cells[0]!))];

    protected override IEnumerable<ReferenceField?> Values(TableRow row) =>
    [
        Raw("properties.balance", row.Cells[1]),
        Text("properties.tier", row.Cells[2]),
        Cleared("last_name", row.Cells[3]),
        Element("properties.tags", row.Cells[4], "remove"),
    ];
}

/// <summary>Segments by e-mail address, some of people whom nobody else knows. Appends tags and leaves out a score that is none.</summary>
internal sealed class SegmentFeed() : Feed("segments", new SourceTable("segments", "email", "segment", "score", "origin"))
{
    protected override (string Column, string Kind) Identifier => ("email", "email");

    protected override JsonArray Fields =>
    [
        Field("segment", "properties.tags", "list", list: "append"),
        Field("score", "properties.score", "number"),
        Field("origin", "properties.origin", "text", write: "if_empty"),
    ];

    public override JsonObject Sync(string connectionId, string schema)
    {
        var sync = base.Sync(connectionId, schema);
        sync["invalidValues"] = "skip_field";
        sync["allowSharedProperties"] = new JsonArray("properties.tags", "properties.origin");
        return sync;
    }

    public override string Key(int person) => $"e{person}@example.com";

    public override TableRow Fresh(Random random, int person, long instant) => new(
        instant,
        Key(person),
        random.Next(3) == 0 ? null : $"[\"{(char)('a' + random.Next(6))}\"]",
        random.Next(10) == 0 ? "none" : Serial(""),
        random.Next(2) == 0 ? null : Serial("mail"));

    public override TableRow Invalid(Random random, int person, long instant) => new(instant, "not an address", null, Serial(""), null);

    public override bool IsRefused(TableRow row) => row.Cells[0] == "not an address";

    protected override IReadOnlyList<ReferenceIdentifier> Identifiers(TableRow row) => [new("email", Json.Text(row.Cells[0]!))];

    protected override IEnumerable<ReferenceField?> Values(TableRow row) =>
    [
        Element("properties.tags", row.Cells[1], "append"),
        row.Cells[2] == "none" ? null : Raw("properties.score", row.Cells[2]),
        Text("properties.origin", row.Cells[3], ifEmpty: true),
    ];
}
