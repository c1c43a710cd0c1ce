using System.Buffers;
using System.Buffers.Binary;
using System.Data.Common;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;

namespace WarehouseImport.Storage.Relational;

/// <summary>A stored row of the history: the changes one source row made to one profile, in order.</summary>
/// <param name="Fields">JSON array with one object per change; values are embedded as they are, so that SQL can look into them.</param>
internal sealed record HistoryRow(
    Ulid ProfileId,
    Ulid FirstId,
    Ulid LastId,
    DateTimeOffset AppliedAt,
    Guid SyncId,
    Guid RunId,
    int Page,
    int Row,
    SourceInstant Instant,
    string Fields);

internal static class HistoryRows
{
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gathers changes of one profile and one source row that follow each other; the ids of two rows of a batch never interleave.</summary>
    public static List<HistoryRow> Pack(IReadOnlyList<Change> changes)
    {
        var rows = new List<HistoryRow>();
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, Format);
        var ordered = changes.OrderBy(change => change.ProfileId).ThenBy(change => change.Id).ToList();
        for (var start = 0; start < ordered.Count;)
        {
            var first = ordered[start];
            var end = start;
            buffer.ResetWrittenCount();
            writer.Reset();
            writer.WriteStartArray();
            while (end < ordered.Count && IsSameRow(first, ordered[end])) Write(writer, ordered[end++], first.Id);
            writer.WriteEndArray();
            writer.Flush();
            rows.Add(new HistoryRow(
                first.ProfileId,
                first.Id,
                ordered[end - 1].Id,
                first.AppliedAt,
                first.SyncId,
                first.RunId,
                first.Page,
                first.Row,
                first.NewInstant,
                Encoding.UTF8.GetString(buffer.WrittenSpan)));
            start = end;
        }

        return rows;
    }

    public static IEnumerable<Change> Unpack(HistoryRow row)
    {
        using var fields = JsonDocument.Parse(row.Fields);
        foreach (var field in fields.RootElement.EnumerateArray())
        {
            yield return new Change(
                ReadId(field, row.FirstId),
                row.ProfileId,
                Text(field, "kind") is { } kind ? Enum.Parse<ChangeKind>(kind) : ChangeKind.Set,
                field.GetProperty("field").GetString()!,
                Raw(field, "old"),
                Raw(field, "new"),
                Text(field, "old_instant") is { } instant ? SourceInstant.Parse(instant) : null,
                row.Instant,
                row.SyncId,
                row.RunId,
                row.Page,
                row.Row,
                Text(field, "raw"),
                row.AppliedAt)
            {
                By = Text(field, "by"),
            };
        }
    }

    /// <summary>
    /// Reads a profile's changes newest first. Rows come by descending last id; a change is certain to be next only once its id is above every row
    /// not read yet, because two batches written at the same time may interleave their ids.
    /// </summary>
    /// <param name="readAsync">Reads up to a number of rows with a last id below the given one (null: all) and a first id below <paramref name="after"/>.</param>
    public static async Task<IReadOnlyList<Change>> ReadAsync(string? field, Ulid? after, int limit, Func<Ulid?, int, Task<List<HistoryRow>>> readAsync)
    {
        var found = new List<Change>();
        var chunk = limit + 1;
        Ulid? cut = null;
        while (true)
        {
            var rows = await readAsync(cut, chunk).ConfigureAwait(false);
            found.AddRange(rows.SelectMany(Unpack).Where(change => (field is null || change.Field == field) && (after is null || change.Id.CompareTo(after.Value) < 0)));
            if (rows.Count < chunk) break;
            cut = rows[^1].LastId;
            if (found.Count(change => change.Id.CompareTo(cut.Value) >= 0) >= limit) break;
        }

        return [.. found.OrderByDescending(change => change.Id).Take(limit)];
    }

    public static HistoryRow Read(DbDataReader reader, Func<DbDataReader, int, Ulid> readId) => new(
        readId(reader, 0),
        readId(reader, 1),
        readId(reader, 2),
        reader.Time(3),
        reader.GetGuid(4),
        reader.GetGuid(5),
        reader.GetInt32(6),
        reader.GetInt32(7),
        SourceInstant.Parse(reader.GetString(8)),
        reader.GetString(9));

    private static bool IsSameRow(Change first, Change other) =>
        first.ProfileId == other.ProfileId && first.Page == other.Page && first.Row == other.Row && first.NewInstant == other.NewInstant
        && first.RunId == other.RunId && first.SyncId == other.SyncId && first.AppliedAt == other.AppliedAt;

    private static void Write(Utf8JsonWriter writer, Change change, Ulid firstId)
    {
        writer.WriteStartObject();
        writer.WriteString("field", change.Field);
        if (change.Kind != ChangeKind.Set) writer.WriteString("kind", change.Kind.ToString());
        WriteRaw(writer, "old", change.OldValue);
        WriteRaw(writer, "new", change.NewValue);
        if (change.OldInstant is { } instant) writer.WriteString("old_instant", instant.ToString());
        if (change.RawInput is not null) writer.WriteString("raw", change.RawInput);
        if (change.By is not null) writer.WriteString("by", change.By);

        // Ids made one after the other differ by little: the distance takes 1 to 19 digits where the id would take 26 letters.
        var distance = ToNumber(change.Id) - ToNumber(firstId);
        if (distance <= long.MaxValue) writer.WriteNumber("n", (long)distance);
        else writer.WriteString("id", change.Id.ToString());
        writer.WriteEndObject();
    }

    private static void WriteRaw(Utf8JsonWriter writer, string name, string? json)
    {
        if (json is null) return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(json);
    }

    private static Ulid ReadId(JsonElement field, Ulid firstId)
    {
        if (field.TryGetProperty("id", out var id)) return Ulid.Parse(id.GetString()!, null);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, ToNumber(firstId) + (UInt128)field.GetProperty("n").GetInt64());
        return new Ulid(bytes);
    }

    private static UInt128 ToNumber(Ulid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static string? Raw(JsonElement field, string name) => field.TryGetProperty(name, out var value) ? value.GetRawText() : null;

    private static string? Text(JsonElement field, string name) => field.TryGetProperty(name, out var value) ? value.GetString() : null;
}
