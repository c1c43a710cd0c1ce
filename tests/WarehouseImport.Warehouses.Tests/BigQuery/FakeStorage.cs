using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using Grpc.Core;
using WarehouseImport.Warehouses.BigQuery.Storage;

namespace WarehouseImport.Warehouses.Tests.BigQuery;

/// <summary>
/// The Storage Read API over one table whose last column is the row's number, in front of a scripted REST: rows in no order, spread over several streams and batches;
/// the schema is in the session and in the first message only.
/// </summary>
internal sealed partial class FakeStorage(HttpMessageHandler rest, RecordBatch table, int batchRows = 1000) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _rest = new(rest, disposeHandler: false);
    private readonly ConcurrentDictionary<string, int[]> _streams = new();
    private int _sessions;

    public ConcurrentQueue<(CreateReadSessionRequest Request, string Routing, string Authorization)> Sessions { get; } = new();

    public ConcurrentQueue<(ReadRowsRequest Request, string Routing)> Reads { get; } = new();

    /// <summary>Status of the n-th session; OK lets it be.</summary>
    public Func<int, StatusCode> OnSession { get; init; } = _ => StatusCode.OK;

    /// <summary>Messages after which a call of ReadRows breaks with a status; null lets it be.</summary>
    public Func<ReadRowsRequest, (int Messages, StatusCode Status)?> OnRead { get; init; } = _ => null;

    /// <summary>Changes the rows of a stream, to send some twice or not at all.</summary>
    public Func<int[], int[]> Rows { get; init; } = rows => rows;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (!path.StartsWith("/google.cloud.bigquery.storage.v1.BigQueryRead/", StringComparison.Ordinal)) return await _rest.SendAsync(request, cancellationToken);

        var message = (await request.Content!.ReadAsByteArrayAsync(cancellationToken)).AsSpan(5).ToArray();
        var routing = request.Headers.GetValues("x-goog-request-params").Single();
        if (path.EndsWith("/CreateReadSession", StringComparison.Ordinal))
        {
            var asked = CreateReadSessionRequest.Parser.ParseFrom(message);
            Sessions.Enqueue((asked, routing, request.Headers.GetValues("authorization").Single()));
            var status = OnSession(_sessions++);
            return status == StatusCode.OK ? Answer([CreateSession(asked)], StatusCode.OK) : Answer([], status);
        }

        var read = ReadRowsRequest.Parser.ParseFrom(message);
        Reads.Enqueue((read, routing));
        var messages = _streams[read.ReadStream].Skip((int)read.Offset).Chunk(batchRows).Select((rows, index) => Batch(rows, withSchema: index == 0)).ToList();
        return OnRead(read) is { } broken ? Answer(messages.Take(broken.Messages), broken.Status) : Answer(messages, StatusCode.OK);
    }

    private static HttpResponseMessage Answer(IEnumerable<IMessage> messages, StatusCode status)
    {
        var body = new MemoryStream();
        Span<byte> head = stackalloc byte[5];
        foreach (var message in messages)
        {
            var bytes = message.ToByteArray();
            head.Clear();
            BinaryPrimitives.WriteInt32BigEndian(head[1..], bytes.Length);
            body.Write(head);
            body.Write(bytes);
        }

        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version20, Content = new ByteArrayContent(body.ToArray()) };
        answer.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        answer.TrailingHeaders.Add("grpc-status", ((int)status).ToString(CultureInfo.InvariantCulture));
        return answer;
    }

    private ReadSession CreateSession(CreateReadSessionRequest asked)
    {
        var limits = Restriction().Match(asked.ReadSession.ReadOptions.RowRestriction);
        var (above, upTo) = (long.Parse(limits.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(limits.Groups[2].Value, CultureInfo.InvariantCulture));
        var numbers = (Int64Array)table.Column("wi_row");
        var rows = Enumerable.Range(0, table.Length).Where(row => numbers.GetValue(row) > above && numbers.GetValue(row) <= upTo).ToArray();
        new Random(rows.Length).Shuffle(rows);
        var session = new ReadSession { Name = $"s{Sessions.Count}", DataFormat = DataFormat.Arrow, ArrowSchema = new WarehouseImport.Warehouses.BigQuery.Storage.ArrowSchema { SerializedSchema = Split([]).Schema } };
        for (var stream = 0; stream < asked.MaxStreamCount; stream++)
        {
            var name = $"projects/p/locations/eu/sessions/{session.Name}/streams/{stream}";
            _streams[name] = Rows([.. rows.Where((_, index) => index % asked.MaxStreamCount == stream)]);
            session.Streams.Add(new ReadStream { Name = name });
        }

        return session;
    }

    private ReadRowsResponse Batch(int[] rows, bool withSchema)
    {
        var (schema, batch) = Split(rows);
        var response = new ReadRowsResponse { ArrowRecordBatch = new ArrowRecordBatch { SerializedRecordBatch = batch }, RowCount = 0 };
        if (withSchema) response.ArrowSchema = new WarehouseImport.Warehouses.BigQuery.Storage.ArrowSchema { SerializedSchema = schema };
        return response;
    }

    private (ByteString Schema, ByteString Batch) Split(int[] rows)
    {
        var stream = new MemoryStream();
        using var writer = new ArrowStreamWriter(stream, table.Schema, leaveOpen: true);
        writer.WriteStart();
        var schema = ByteString.CopyFrom(stream.ToArray());
        if (rows.Length == 0) return (schema, ByteString.Empty);
        var columns = table.Arrays.Select(array => ArrowArrayConcatenator.Concatenate([.. rows.Select(row => ArrowArrayFactory.Slice(array, row, 1))]));
        using var batch = new RecordBatch(table.Schema, columns, rows.Length);
        writer.WriteRecordBatch(batch);
        return (schema, ByteString.CopyFrom(stream.ToArray().AsSpan(schema.Length)));
    }

    [GeneratedRegex("^wi_row > ([0-9]+) AND wi_row <= ([0-9]+)$")]
    private static partial Regex Restriction();
}
