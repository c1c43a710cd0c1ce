using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Tests.Import;

/// <summary>Short ways to write rows and batches.</summary>
static class Batches
{
    public static readonly Guid SyncA = new("0a000000-0000-0000-0000-000000000000");
    public static readonly Guid SyncB = new("0b000000-0000-0000-0000-000000000000");

    public static SourceInstant At(int second) => new(1_600_000_000 + second, 0);

    public static IdentifierClaim Email(string value) => new(new Identifier(IdentifierKind.Email, value));

    public static IdentifierClaim Phone(string value) => new(new Identifier(IdentifierKind.PhoneNumber, value));

    public static IdentifierClaim External(string value) => new(new Identifier(IdentifierKind.ExternalId, value));

    public static IdentifierClaim Id(Ulid value) => new(new Identifier(IdentifierKind.Id, value.ToString()));

    public static ProfileUpdate Row(int row, int second, IdentifierClaim[] identifiers, params (int Target, string? Json)[] writes) =>
        new(row, At(second), [.. identifiers], [.. writes.Select(w => new FieldWrite(w.Target, w.Json))]);

    public static FieldTarget Field(string name, WriteMode mode = WriteMode.Replace, FieldStrength strength = FieldStrength.Ordinary) => new(name, mode, strength);

    public static ProfileBatch Batch(Guid sync, long runSeq, FieldTarget[] targets, params ProfileUpdate[] rows) => new()
    {
        Key = new BatchKey(sync, RunId(sync, runSeq), 0, 0, 0),
        RunSeq = runSeq,
        Precedence = 0,
        Mode = ImportMode.Upsert,
        RecordStale = false,
        Targets = [.. targets],
        Rows = [.. rows],
    };

    /// <summary>A run's id by its sync and number, so that a test can name the same run twice.</summary>
    public static Guid RunId(Guid sync, long runSeq)
    {
        var bytes = sync.ToByteArray(bigEndian: true);
        bytes[15] = (byte)runSeq;
        return new Guid(bytes, bigEndian: true);
    }
}
