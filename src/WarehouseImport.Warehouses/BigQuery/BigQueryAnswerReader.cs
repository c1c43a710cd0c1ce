using System.Buffers;
using System.Text;
using System.Text.Json;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>What an answer of jobs.query, jobs.getQueryResults or tabledata.list says beside its rows.</summary>
/// <param name="IsComplete">False while the job runs; there are no rows then, and no schema or total.</param>
internal sealed record BigQueryAnswer(bool IsComplete, long? TotalRows, string? PageToken, TableSchema? Schema, JobReference? Job);

/// <summary>
/// Reads such an answer as it arrives, without a document in memory: scalars go from the buffer straight into <see cref="BigQueryRows"/>; only a record or an array
/// has to be in the buffer as a whole. The buffer grows to the largest single cell, at most <see cref="MaxCellBytes"/> (S14).
/// </summary>
internal sealed class BigQueryAnswerReader(IReadOnlyList<BigQueryField> fields, BigQueryRows rows)
{
    /// <summary>BigQuery nests records 15 deep, and each level takes six of JSON.</summary>
    public const int MaxDepth = 128;

    public const int MaxCellBytes = 64 * 1024 * 1024;

    private const int InitialBytes = 64 * 1024;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    private readonly CellReader[] _cells = [.. fields.Select(field => new CellReader(field))];
    private Place _place = Place.Start;
    private Member _member;
    private int _column;
    private bool _isComplete;
    private long? _totalRows;
    private string? _pageToken;
    private TableSchema? _schema;
    private JobReference? _job;

    private enum Place
    {
        Start,
        Members,
        Value,
        Rows,
        Row,
        Fields,
        Cells,
        Cell,
        CellValue,
        OtherOfRow,
        OtherOfCell,
        End,
    }

    private enum Member
    {
        Other,
        JobComplete,
        TotalRows,
        PageToken,
        Schema,
        Job,
        Rows,
    }

    /// <exception cref="JsonException">The answer ends early or is not what the service documents; the rows so far are in the target.</exception>
    public async Task<BigQueryAnswer> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        _place = Place.Start;
        _isComplete = true;
        _totalRows = null;
        _pageToken = null;
        _schema = null;
        _job = null;
        var buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
        try
        {
            var state = new JsonReaderState(Options);
            var filled = 0;
            while (true)
            {
                var read = await body.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                filled += read;
                var used = Advance(buffer.AsSpan(0, filled), read == 0, ref state);
                if (read == 0)
                {
                    if (_place != Place.End) throw new JsonException("The answer ended in the middle.");
                    return new BigQueryAnswer(_isComplete, _totalRows, _pageToken, _schema, _job);
                }

                filled -= used;
                if (used > 0) Buffer.BlockCopy(buffer, used, buffer, 0, filled);
                if (filled < buffer.Length) continue;
                if (buffer.Length >= MaxCellBytes) throw TooLarge();
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                Buffer.BlockCopy(buffer, 0, larger, 0, filled);
                ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
                buffer = larger;
            }
        }
        finally
        {
            // The next renter must not find a customer's rows in it.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static WarehouseException TooLarge() => new(
        WarehouseErrors.QueryFailed,
        $"A value of the result is larger than {MaxCellBytes / (1024 * 1024)} MiB.",
        "Leave the column out of the mapping, or add a view that shortens it.");

    private int Advance(ReadOnlySpan<byte> bytes, bool isLast, ref JsonReaderState state)
    {
        var reader = new Utf8JsonReader(bytes, isLast, state);
        while (Step(ref reader, bytes))
        {
        }

        state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    /// <returns>False if the next step needs bytes that are not here yet; the reader then stands where it stood.</returns>
    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (_place is Place.Value or Place.CellValue or Place.OtherOfRow or Place.OtherOfCell) return StepValue(ref reader, bytes);
        if (!reader.Read()) return false;
        switch (_place)
        {
            case Place.Start:
                _place = Expect(reader.TokenType, JsonTokenType.StartObject, Place.Members);
                break;
            case Place.Members when reader.TokenType == JsonTokenType.EndObject:
                _place = Place.End;
                break;
            case Place.Members:
                _member = MemberOf(ref reader);
                _place = Place.Value;
                break;
            case Place.Rows when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Members;
                break;
            case Place.Rows:
                _column = 0;
                _place = Expect(reader.TokenType, JsonTokenType.StartObject, Place.Row);
                break;
            case Place.Row when reader.TokenType == JsonTokenType.EndObject:
                if (_column != _cells.Length) throw new JsonException($"A row has {_column} cells; the query has {_cells.Length} columns.");
                rows.EndRow();
                _place = Place.Rows;
                break;
            case Place.Row:
                _place = reader.ValueTextEquals("f"u8) ? Place.Fields : Place.OtherOfRow;
                break;
            case Place.Fields:
                _place = Expect(reader.TokenType, JsonTokenType.StartArray, Place.Cells);
                break;
            case Place.Cells when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Row;
                break;
            case Place.Cells:
                if (_column == _cells.Length) throw new JsonException($"A row has more cells than the query's {_cells.Length} columns.");
                _place = Expect(reader.TokenType, JsonTokenType.StartObject, Place.Cell);
                break;
            case Place.Cell when reader.TokenType == JsonTokenType.EndObject:
                _column++;
                _place = Place.Cells;
                break;
            case Place.Cell:
                _place = reader.ValueTextEquals("v"u8) ? Place.CellValue : Place.OtherOfCell;
                break;
            default:
                throw new JsonException("The answer goes on after its end.");
        }

        return true;
    }

    private bool StepValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        var before = reader;
        if (!reader.Read()) return false;
        if (_place == Place.Value && _member == Member.Rows && reader.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Rows;
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && !reader.TrySkip())
        {
            reader = before;
            return false;
        }

        var value = bytes[start..(int)reader.BytesConsumed];
        switch (_place)
        {
            case Place.CellValue:
                rows.Set(_column, _cells[_column].Read(ref reader, value));
                _place = Place.Cell;
                break;
            case Place.OtherOfCell:
                _place = Place.Cell;
                break;
            case Place.OtherOfRow:
                _place = Place.Row;
                break;
            default:
                ReadMember(ref reader, value);
                _place = Place.Members;
                break;
        }

        return true;
    }

    private void ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> value)
    {
        if (reader.TokenType == JsonTokenType.Null) return;
        switch (_member)
        {
            case Member.JobComplete:
                _isComplete = reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("true"u8));
                break;
            case Member.TotalRows:
                _totalRows = long.Parse(reader.ValueSpan, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case Member.PageToken:
                _pageToken = reader.GetString();
                break;
            case Member.Schema:
                _schema = JsonSerializer.Deserialize(value, BigQueryJson.Default.TableSchema);
                break;
            case Member.Job:
                _job = JsonSerializer.Deserialize(value, BigQueryJson.Default.JobReference);
                break;
        }
    }

    private static Member MemberOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("rows"u8) ? Member.Rows
        : reader.ValueTextEquals("jobComplete"u8) ? Member.JobComplete
        : reader.ValueTextEquals("totalRows"u8) ? Member.TotalRows
        : reader.ValueTextEquals("pageToken"u8) ? Member.PageToken
        : reader.ValueTextEquals("schema"u8) ? Member.Schema
        : reader.ValueTextEquals("jobReference"u8) ? Member.Job
        : Member.Other;

    private static Place Expect(JsonTokenType found, JsonTokenType expected, Place next) =>
        found == expected ? next : throw new JsonException($"The answer has {found} where {expected} belongs.");
}

/// <summary>Reads the cells of one column; knows its type, so that nothing is decided per cell.</summary>
internal sealed class CellReader(BigQueryField field)
{
    private const int SharedSlots = 256;
    private const int SharedBytes = 48;
    private const int TrialCells = 2048;

    private readonly BigQueryForm _form = BigQueryTypes.FormOf(field);
    private readonly bool _isNested = field.IsRepeated || BigQueryTypes.FormOf(field) == BigQueryForm.Record;
    private readonly ArrayBufferWriter<byte>? _json = field.IsRepeated || BigQueryTypes.FormOf(field) == BigQueryForm.Record ? new ArrayBufferWriter<byte>(256) : null;
    private string?[]? _shared = new string?[SharedSlots];
    private int _looked;
    private int _found;

    /// <param name="reader">Stands on the value; for an object or array on its end.</param>
    /// <param name="value">The value's bytes, quotes included.</param>
    public string? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> value)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (_isNested) return NestedJson.Write(field, value, _json!);
        if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) throw new JsonException($"Column {field.Name} of type {field.Type} has a nested value.");
        return _form switch
        {
            BigQueryForm.Boolean => reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("true"u8)) ? "true" : "false",
            BigQueryForm.Timestamp => BigQueryText.TryTimestamp(reader.ValueSpan, out var exact) ? exact : throw NotExact(),
            BigQueryForm.DateTime => BigQueryText.DateTime(Text(ref reader)),
            BigQueryForm.Time => BigQueryText.Time(Text(ref reader)),
            BigQueryForm.Float => BigQueryText.Float(Text(ref reader)),
            _ => Text(ref reader),
        };
    }

    private JsonException NotExact() => new($"Column {field.Name} brought a TIMESTAMP that is neither whole microseconds nor ISO text.");

    /// <summary>
    /// The text, shared with an earlier equal cell of the column where that is likely: countries, states and flags repeat. A column whose first cells do not repeat
    /// is not looked up any more.
    /// </summary>
    private string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) return Encoding.ASCII.GetString(reader.ValueSpan);
        var bytes = reader.ValueSpan;
        if (_shared is null || bytes.Length > SharedBytes) return reader.GetString()!;
        if (bytes.IsEmpty) return "";

        ref var slot = ref _shared[Slot(bytes)];
        _looked++;
        if (slot is not null && reader.ValueTextEquals(slot))
        {
            _found++;
            return slot;
        }

        if (_looked == TrialCells)
        {
            if (_found < TrialCells / 4)
            {
                _shared = null;
                return reader.GetString()!;
            }

            _looked = _found = 0;
        }

        return slot = reader.GetString()!;
    }

    private static int Slot(ReadOnlySpan<byte> bytes)
    {
        var hash = (uint)bytes.Length;
        foreach (var value in bytes) hash = (hash * 31) + value;
        return (int)((hash ^ (hash >> 8) ^ (hash >> 16)) % SharedSlots);
    }
}

/// <summary>Writes records and arrays as the JSON a person would expect: names of fields as keys, numbers with all their digits.</summary>
internal static class NestedJson
{
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = BigQueryAnswerReader.MaxDepth,
    };

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = BigQueryAnswerReader.MaxDepth };

    public static string Write(BigQueryField field, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> target)
    {
        target.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(target, WriterOptions))
        {
            var reader = new Utf8JsonReader(value, isFinalBlock: true, new JsonReaderState(ReaderOptions));
            Read(ref reader);
            if (field.IsRepeated) WriteArray(ref reader, field, writer);
            else WriteOne(ref reader, field, writer);
        }

        return Encoding.UTF8.GetString(target.WrittenSpan);
    }

    private static void WriteArray(ref Utf8JsonReader reader, BigQueryField field, Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        if (reader.TokenType != JsonTokenType.Null)
        {
            Expect(ref reader, JsonTokenType.StartArray, field);
            while (Read(ref reader) != JsonTokenType.EndArray)
            {
                Expect(ref reader, JsonTokenType.StartObject, field);
                WriteCell(ref reader, field, writer, isElement: true);
            }
        }

        writer.WriteEndArray();
    }

    /// <summary><c>{"v":…}</c>, the reader on its start.</summary>
    private static void WriteCell(ref Utf8JsonReader reader, BigQueryField field, Utf8JsonWriter writer, bool isElement)
    {
        var isWritten = false;
        while (Read(ref reader) != JsonTokenType.EndObject)
        {
            var isValue = reader.ValueTextEquals("v"u8);
            Read(ref reader);
            if (!isValue) reader.Skip();
            else
            {
                if (field.IsRepeated && !isElement) WriteArray(ref reader, field, writer);
                else WriteOne(ref reader, field, writer);
                isWritten = true;
            }
        }

        if (!isWritten) writer.WriteNullValue();
    }

    private static void WriteOne(ref Utf8JsonReader reader, BigQueryField field, Utf8JsonWriter writer)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            writer.WriteNullValue();
            return;
        }

        var form = BigQueryTypes.FormOf(field);
        if (form == BigQueryForm.Record)
        {
            WriteRecord(ref reader, field, writer);
            return;
        }

        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False))
            throw new JsonException($"Field {field.Name} of type {field.Type} has a nested value.");
        WriteScalar(writer, form, form switch
        {
            BigQueryForm.Boolean => reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("true"u8)) ? "true" : "false",
            BigQueryForm.Timestamp => BigQueryText.TryTimestamp(reader.ValueSpan, out var exact)
                ? exact
                : throw new JsonException($"Field {field.Name} brought a TIMESTAMP that is neither whole microseconds nor ISO text."),
            BigQueryForm.DateTime => BigQueryText.DateTime(Text(ref reader)),
            BigQueryForm.Time => BigQueryText.Time(Text(ref reader)),
            BigQueryForm.Float => BigQueryText.Float(Text(ref reader)),
            _ => Text(ref reader),
        });
    }

    /// <summary>A scalar in its exact form; numbers keep their digits, and those JSON does not have become text.</summary>
    public static void WriteScalar(Utf8JsonWriter writer, BigQueryForm form, string exact)
    {
        switch (form)
        {
            case BigQueryForm.Float when exact is "NaN" or "Infinity" or "-Infinity":
                writer.WriteStringValue(exact);
                break;
            case BigQueryForm.Integer or BigQueryForm.Decimal or BigQueryForm.Float or BigQueryForm.Json:
                writer.WriteRawValue(exact);
                break;
            case BigQueryForm.Boolean:
                writer.WriteBooleanValue(exact == "true");
                break;
            default:
                writer.WriteStringValue(exact);
                break;
        }
    }

    /// <summary><c>{"f":[{"v":…},…]}</c>, the reader on its start; leaves it on the end.</summary>
    private static void WriteRecord(ref Utf8JsonReader reader, BigQueryField field, Utf8JsonWriter writer)
    {
        Expect(ref reader, JsonTokenType.StartObject, field);
        writer.WriteStartObject();
        var fields = field.Fields ?? [];
        while (Read(ref reader) != JsonTokenType.EndObject)
        {
            var isFields = reader.ValueTextEquals("f"u8);
            Read(ref reader);
            if (!isFields)
            {
                reader.Skip();
                continue;
            }

            Expect(ref reader, JsonTokenType.StartArray, field);
            var index = 0;
            while (Read(ref reader) != JsonTokenType.EndArray)
            {
                if (index == fields.Count) throw new JsonException($"Record {field.Name} has more values than its {fields.Count} fields.");
                Expect(ref reader, JsonTokenType.StartObject, field);
                writer.WritePropertyName(fields[index].Name);
                WriteCell(ref reader, fields[index], writer, isElement: false);
                index++;
            }

            if (index != fields.Count) throw new JsonException($"Record {field.Name} has {index} values; its type has {fields.Count} fields.");
        }

        writer.WriteEndObject();
    }

    private static string Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.ASCII.GetString(reader.ValueSpan);

    private static JsonTokenType Read(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("A nested value ended in the middle.");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType expected, BigQueryField field)
    {
        if (reader.TokenType != expected) throw new JsonException($"Field {field.Name} has {reader.TokenType} where {expected} belongs.");
    }
}
