using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Values;

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
    /// <summary>Gathers changes of one profile and one source row that follow each other; the ids of two rows of a batch never interleave.</summary>
    public static List<HistoryRow> Pack(IReadOnlyList<Change> changes)
    {
        var segments = Segments(changes, out var ordered);
        segments.Sort((left, right) =>
        {
            var order = ordered[left.Start].ProfileId.CompareTo(ordered[right.Start].ProfileId);
            return order != 0 ? order : ordered[left.Start].Id.CompareTo(ordered[right.Start].Id);
        });

        var rows = new List<HistoryRow>(segments.Count);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var json = new StringBuilder(1024);
        for (var index = 0; index < segments.Count;)
        {
            var first = ordered[segments[index].Start];
            var last = first;
            json.Clear().Append('[');
            for (; index < segments.Count && IsSameRow(first, ordered[segments[index].Start]); index++)
            {
                for (var change = segments[index].Start; change < segments[index].End; change++)
                {
                    last = ordered[change];
                    if (json.Length > 1) json.Append(',');
                    Write(json, last, first.Id, names);
                }
            }

            rows.Add(new HistoryRow(
                first.ProfileId, first.Id, last.Id, first.AppliedAt, first.SyncId, first.RunId, first.Page, first.Row, first.NewInstant, json.Append(']').ToString()));
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

    /// <summary>
    /// Spans of changes of one profile and one source row, in ascending id. A batch makes its changes in this order and row by row, so that only the spans need
    /// sorting: a twelfth of the changes of a new profile of ten fields.
    /// </summary>
    private static List<(int Start, int End)> Segments(IReadOnlyList<Change> changes, out IReadOnlyList<Change> ordered)
    {
        ordered = changes;
        for (var index = 1; index < changes.Count; index++)
        {
            if (changes[index - 1].Id.CompareTo(changes[index].Id) <= 0) continue;
            ordered = [.. changes.OrderBy(change => change.Id)];
            break;
        }

        var segments = new List<(int Start, int End)>();
        for (var start = 0; start < ordered.Count;)
        {
            var end = start + 1;
            while (end < ordered.Count && IsSameRow(ordered[start], ordered[end])) end++;
            segments.Add((start, end));
            start = end;
        }

        return segments;
    }

    /// <param name="names">Field names as JSON, which the rows of a batch share.</param>
    private static void Write(StringBuilder json, Change change, Ulid firstId, Dictionary<string, string> names)
    {
        if (!names.TryGetValue(change.Field, out var name)) names[change.Field] = name = CanonicalJson.OfText(change.Field);
        json.Append("{\"field\":").Append(name);
        if (change.Kind != ChangeKind.Set) json.Append(",\"kind\":\"").Append(change.Kind.ToString()).Append('"');
        if (change.OldValue is not null) json.Append(",\"old\":").Append(change.OldValue);
        if (change.NewValue is not null) json.Append(",\"new\":").Append(change.NewValue);
        if (change.OldInstant is { } instant) json.Append(",\"old_instant\":\"").Append(instant.ToString()).Append('"');
        if (change.RawInput is not null) json.Append(",\"raw\":").Append(CanonicalJson.OfText(change.RawInput));
        if (change.By is not null) json.Append(",\"by\":").Append(CanonicalJson.OfText(change.By));

        // Ids made one after the other differ by little: the distance takes 1 to 19 digits where the id would take 26 letters.
        var distance = ToNumber(change.Id) - ToNumber(firstId);
        if (distance <= long.MaxValue) json.Append(",\"n\":").Append(CultureInfo.InvariantCulture, $"{(long)distance}");
        else json.Append(",\"id\":\"").Append(change.Id.ToString()).Append('"');
        json.Append('}');
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
