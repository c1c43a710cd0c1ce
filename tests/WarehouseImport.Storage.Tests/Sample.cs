using System.Globalization;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Storage.Tests;

/// <summary>Builders of valid records; a test changes what it is about.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, 123, 456, TimeSpan.Zero);

    public static readonly SourceInstant Instant = SourceInstant.Parse("2026-03-01T00:00:00.123456789012Z");

    public static ConnectionRecord Connection(string name = "Warehouse") => new(
        Guid.NewGuid(),
        name,
        "duckdb",
        new Dictionary<string, string> { ["path"] = "a \"b\".duckdb" },
        new Dictionary<string, string> { ["password"] = "ciphertext" },
        1,
        Now,
        Now);

    public static SyncDefinition Definition(Guid connectionId, string name = "Customers") => new()
    {
        Name = name,
        ConnectionId = connectionId,
        Dataset = new DatasetName("crm", "odd.\"name"),
        Identifier = new IdentifierDefinition("mail", IdentifierKind.Email),
        Cursor = new CursorDefinition("modified_at", Zone: "Europe/Berlin", Unit: CursorUnit.Microseconds),
        Fields = [new FieldMapping("first", "first_name", PropertyType.Text, NullPolicy.Clear, WritePolicy.IfEmpty, Transform: ["trim"])],
        Schedule = new ScheduleDefinition(Daily: new TimeOnly(6, 0), Zone: "Europe/Berlin"),
        Lookback = TimeSpan.FromMinutes(20),
    };

    public static SyncRecord Sync(SyncDefinition definition) => new(Guid.NewGuid(), definition, 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, Now, Now);

    public static RunRecord Run(Guid syncId) => new()
    {
        Id = Guid.NewGuid(),
        SyncId = syncId,
        Seq = 0,
        Fence = 0,
        Trigger = RunTrigger.Manual,
        Status = RunStatus.Running,
        MappingVersion = 1,
        Partitions = 4,
        RequestId = Guid.NewGuid(),
        StartedAt = Now,
    };

    public static async Task<SyncRecord> CreateSyncAsync(StoreFixture store, string name = "Customers")
    {
        var connection = Connection($"Connection of {name}");
        await store.Connections.CreateAsync(connection, TestContext.Current.CancellationToken);
        var sync = Sync(Definition(connection.Id, name));
        Assert.Equal(SyncWriteStatus.Written, await store.Syncs.CreateAsync(sync, TestContext.Current.CancellationToken));
        return sync;
    }

    public static async Task<RunRecord> BeginRunAsync(StoreFixture store)
    {
        var sync = await CreateSyncAsync(store);
        var run = await store.Runs.BeginAsync(Run(sync.Id), sync.Fence, TestContext.Current.CancellationToken);
        return run ?? throw new InvalidOperationException("The sample run was refused.");
    }

    public static BatchKey Key(RunRecord run, int page = 0, int partition = 0) => new(run.SyncId, run.Id, run.Fence, page, partition);

    /// <summary>A key without fence, for tests that are not about runs.</summary>
    public static BatchKey FreeKey() => new(ApiImports.SourceId, Guid.NewGuid(), null, 0, 0);

    public static StoredProfile Profile(string document = """{"first_name":"Ann"}""", Ulid? id = null, long rowVersion = 0) =>
        new(id ?? Ulid.NewUlid(), rowVersion, document, [1, 2, 3], Now, Now, Guid.NewGuid(), Guid.NewGuid());

    public static Identifier Email(string value) => new(IdentifierKind.Email, value);

    public static StoredIdentifier Held(Identifier identifier, Ulid? holder, long rowVersion = 0) => new(identifier, holder, [], rowVersion);

    public static ProfileCommit Commit(
        BatchKey key,
        IReadOnlyList<StoredProfile>? profiles = null,
        IReadOnlyList<StoredIdentifier>? identifiers = null,
        IReadOnlyList<Change>? changes = null,
        OutcomeCounts? counts = null,
        DateTimeOffset? appliedAt = null) =>
        new(key, profiles ?? [], identifiers ?? [], changes ?? [], Encoding.UTF8.GetBytes("ledger"), counts ?? new OutcomeCounts(Created: 1), appliedAt ?? Now);

    public static Change Change(Ulid profile, Ulid id, string field = "first_name", int row = 0, string? newValue = "\"Ann\"", DateTimeOffset? appliedAt = null) => new(
        id, profile, ChangeKind.Set, field, null, newValue, null, Instant, Guid.Empty, Guid.Empty, 0, row, null, appliedAt ?? Now);

    public static RecordedPage Page(int number, int rows, string cursor = "c", params RowDigest[] digests) => new(number, rows, [1, 2, 3], cursor, digests);

    public static PageAcknowledgement Acknowledge(int page, OutcomeCounts counts, OutcomeCounts? unbatched = null, params RunErrorRow[] errors) =>
        new(page, counts, unbatched ?? counts, 0, 0, 0, [], errors);

    public static RunErrorRow Error(int page, int row, params string[] codes) => new(
        page,
        row,
        Outcome.Failed,
        string.Create(CultureInfo.InvariantCulture, $"person{row}@example.com"),
        "2026-01-01",
        [.. codes.Select(code => new RowProblem(new Problem(code, ProblemSeverity.Error, "Bad \0 value"), "mail", "email", "\0x"))],
        ["a", null, "\0b", "=1+1"]);
}
