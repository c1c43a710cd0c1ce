using System.Buffers;
using System.Net;
using System.Text.Json;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// An answer that was read to its end once: everything beside its rows, the number of its rows, and the bytes to decode them from. Rows come before or after their
/// description as the service likes, so both are known only then (section 3).
/// </summary>
internal sealed class SnowflakeAnswer : IDisposable
{
    private const int MaxEnvelopeBytes = 16 * 1024 * 1024;
    private const int MaxColumns = 10_000;

    private SnowflakeAnswer(HttpStatusCode status, JsonElement envelope, int rows, StoredBody body)
    {
        Rows = rows;
        Body = body;
        IsRunning = status == HttpStatusCode.Accepted;
        Handle = envelope.TryGetProperty("statementHandle", out var handle) ? handle.GetString() : null;
        SqlState = envelope.TryGetProperty("sqlState", out var state) && state.ValueKind == JsonValueKind.String ? state.GetString() : null;
        if (IsRunning || !envelope.TryGetProperty("resultSetMetaData", out var meta) || meta.ValueKind != JsonValueKind.Object) return;

        if (meta.TryGetProperty("rowType", out var rowType) && rowType.ValueKind == JsonValueKind.Array)
        {
            Columns = [.. rowType.EnumerateArray().Take(MaxColumns).Select(SnowflakeColumn.Parse)];
        }

        if (meta.TryGetProperty("partitionInfo", out var partitions) && partitions.ValueKind == JsonValueKind.Array)
        {
            Partitions = [.. partitions.EnumerateArray().Select(SnowflakePartition.Parse)];
        }

        TotalRows = meta.TryGetProperty("numRows", out var total) && total.TryGetInt64(out var number) ? number : Partitions.Sum(partition => (long)partition.Rows);
        if (Partitions.Count == 0) Partitions = [new SnowflakePartition((int)TotalRows, 0)];
    }

    /// <summary>202: there is no result yet.</summary>
    public bool IsRunning { get; }

    public string? Handle { get; }

    public string? SqlState { get; }

    /// <summary>Rows in <see cref="Body"/>.</summary>
    public int Rows { get; }

    public StoredBody Body { get; }

    /// <summary>Only in the first answer of a result, as <see cref="Partitions"/> and <see cref="TotalRows"/>.</summary>
    public IReadOnlyList<SnowflakeColumn> Columns { get; } = [];

    public IReadOnlyList<SnowflakePartition> Partitions { get; } = [];

    public long TotalRows { get; }

    /// <summary>Reads an answer to its end and checks the numbers it states about itself.</summary>
    /// <param name="expectedRows">Of a later partition; null for the first answer, which states its own.</param>
    /// <exception cref="AnswerDamagedException">It has other rows than stated.</exception>
    public static async Task<SnowflakeAnswer> ReadAsync(
        HttpStatusCode status, Stream body, int? expectedRows, int maxCellBytes, string what, CancellationToken cancellationToken)
    {
        var scan = new Scan();
        using (var pump = new JsonPump(body, maxCellBytes, what))
        {
            while (!pump.IsAtEnd)
            {
                await pump.FillAsync(cancellationToken);
                scan.Read(pump, what);
            }
        }

        var answer = new SnowflakeAnswer(status, scan.Envelope(), scan.Rows, ((BodyStream)body).TakeStored());
        try
        {
            answer.Check(expectedRows);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public void Dispose() => Body.Dispose();

    private void Check(int? expectedRows)
    {
        if (IsRunning)
        {
            if (Handle is null) throw new AnswerDamagedException("the statement runs but has no handle");
            return;
        }

        if (expectedRows is { } expected)
        {
            if (Rows != expected) throw new AnswerDamagedException(FormattableString.Invariant($"a partition has {Rows} rows instead of {expected}"));
            return;
        }

        var sum = Partitions.Sum(partition => (long)partition.Rows);
        if (sum != TotalRows) throw new AnswerDamagedException(FormattableString.Invariant($"the partitions have {sum} rows and the result {TotalRows}"));
        var first = Partitions.Count == 0 ? 0 : Partitions[0].Rows;
        if (Rows != first) throw new AnswerDamagedException(FormattableString.Invariant($"the first partition has {Rows} rows instead of {first}"));
    }

    /// <summary>Copies what is no row and counts what is one.</summary>
    private sealed class Scan
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private readonly Utf8JsonWriter _writer;
        private bool _isData;

        public Scan() => _writer = new Utf8JsonWriter(_bytes);

        public int Rows { get; private set; }

        public JsonElement Envelope()
        {
            _writer.Flush();
            using var document = JsonDocument.Parse(_bytes.WrittenMemory);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw new AnswerDamagedException("it is no JSON object");
        }

        public void Read(JsonPump pump, string what)
        {
            var reader = pump.Reader();
            while (reader.Read())
            {
                if (_isData) Count(ref reader);
                else Copy(ref reader, what);
            }

            pump.Return(ref reader, isDrained: true);
        }

        private void Count(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.EndArray when reader.CurrentDepth == 2:
                    Rows++;
                    break;
                case JsonTokenType.EndArray when reader.CurrentDepth == 1:
                case JsonTokenType.Null when reader.CurrentDepth == 1:
                    _isData = false;
                    break;
                case JsonTokenType.StartArray when reader.CurrentDepth is 1 or 2:
                case JsonTokenType.String or JsonTokenType.Null when reader.CurrentDepth == 3:
                    break;
                default:
                    throw new AnswerDamagedException("a cell is neither text nor null");
            }
        }

        private void Copy(ref Utf8JsonReader reader, string what)
        {
            if (_writer.BytesCommitted + _writer.BytesPending > MaxEnvelopeBytes)
            {
                throw new WarehouseException(WarehouseErrors.AnswerTooLarge, FormattableString.Invariant($"{what} was stopped: the description of the result is larger than {MaxEnvelopeBytes} bytes."));
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1 && reader.ValueTextEquals("data"u8):
                    _isData = true;
                    break;
                case JsonTokenType.PropertyName:
                    _writer.WritePropertyName(reader.GetString()!);
                    break;
                case JsonTokenType.StartObject:
                    _writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    _writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    _writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    _writer.WriteEndArray();
                    break;
                case JsonTokenType.String:
                    _writer.WriteStringValue(reader.GetString());
                    break;
                case JsonTokenType.Null:
                    _writer.WriteNullValue();
                    break;
                default:
                    _writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }
    }
}

/// <param name="Bytes">Decoded size as the service states it; 0 if it does not.</param>
internal sealed record SnowflakePartition(int Rows, long Bytes)
{
    public static SnowflakePartition Parse(JsonElement element) => new(
        element.TryGetProperty("rowCount", out var rows) && rows.TryGetInt32(out var count) ? count : 0,
        element.TryGetProperty("uncompressedSize", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var bytes) ? bytes : 0);
}
