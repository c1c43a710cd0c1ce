using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;
using Polly.Retry;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.BigQuery.Storage;

/// <summary>
/// Reads the stored result of a job through the Storage Read API: gRPC, Arrow, several streams at once (bigquery-api section 7).
/// </summary>
/// <remarks>
/// <para>
/// The service promises no order, neither in a stream nor between streams, and pages must come in cursor order and mean the same rows in every process. So the
/// statement numbers its rows in cursor order (<see cref="BigQuerySql.RowNumberColumn"/>), a stretch of pages is asked for by a restriction on that number, and every
/// row goes to the place its number says. Order and completeness thus rest on the numbers alone. A stretch is a session of its own; it is sized so that its text
/// takes about <see cref="StretchTextBytes"/>, and one is read ahead while another is imported, which bounds memory.
/// </para>
/// <para>
/// Whatever goes wrong for good (no role, no way through the firewall, an answer that cannot be understood) is a notice, and the rest of the pages comes over REST:
/// row n of the REST result is the row with number n.
/// </para>
/// </remarks>
internal sealed class StorageReader(BigQueryTarget target, BigQueryOptions options, WarehouseHttpFactory http, BigQueryTokens tokens) : IDisposable
{
    public const string Unavailable = "bigquery_storage_unavailable";

    /// <summary>Text of a stretch in UTF-16; two are in memory.</summary>
    public const long StretchTextBytes = 32L * 1024 * 1024;

    /// <summary>The first stretch, whose rows nobody has seen yet.</summary>
    private const int FirstStretchRows = 20_000;

    private const int GreatestStretchRows = 500_000;

    // A batch may have 128 MB; gRPC's own limit is 4.
    private const int MaxMessageBytes = 160 * 1024 * 1024;

    private static readonly TimeSpan SessionTimeout = TimeSpan.FromMinutes(2);

    private readonly Lazy<GrpcChannel> _channel = new(() => GrpcChannel.ForAddress(target.StorageEndpoint, new GrpcChannelOptions
    {
        HttpHandler = http.Handler,
        DisposeHttpClient = false,
        MaxReceiveMessageSize = MaxMessageBytes,
        ThrowOperationCanceledOnCancellation = true,
    }));

    public void Dispose()
    {
        if (_channel.IsValueCreated) _channel.Value.Dispose();
    }

    /// <summary>The pages from <paramref name="firstPage"/> on; ends early, with a notice, when the rest has to come over REST.</summary>
    public async IAsyncEnumerable<RowPage> ReadAsync(
        TableReference table, BigQueryResult result, int firstPage, int pageRows, IWindowObserver observer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var read = new StretchRead(table, result, pageRows, observer);
        var following = StartAsync(read, firstPage, FirstStretchRows, stopping.Token);
        try
        {
            while (following is not null)
            {
                var stretch = await following;
                following = null;
                if (stretch is null) yield break;

                var next = stretch.Pages[^1].Number + 1;
                if ((long)next * pageRows < result.Rows) following = StartAsync(read, next, stretch.NextRows, stopping.Token);
                foreach (var page in stretch.Pages) yield return page;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            if (following is not null) await following.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <returns>Null if the Storage API is of no use, which the observer has been told.</returns>
    private async Task<Stretch?> StartAsync(StretchRead read, int firstPage, int wantedRows, CancellationToken cancellationToken)
    {
        var pages = Math.Max(1, wantedRows / read.PageRows);
        var rows = (int)Math.Min((long)pages * read.PageRows, read.Result.Rows - ((long)firstPage * read.PageRows));
        try
        {
            var target = new StorageRows(firstPage, rows, read.PageRows, read.Cells.Length);
            await ReadStretchAsync(read, target, (long)firstPage * read.PageRows, cancellationToken);
            var rowBytes = Math.Max(1, target.TextBytes / rows);
            return new Stretch(target.Take(), (int)Math.Clamp(StretchTextBytes / rowBytes, read.PageRows, GreatestStretchRows));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is RpcException or WarehouseException or InvalidDataException or OperationCanceledException)
        {
            read.Observer.Notice(Explain(failure));
            return null;
        }
    }

    private async Task ReadStretchAsync(StretchRead read, StorageRows rows, long rowsBefore, CancellationToken cancellationToken)
    {
        var session = await RetryAsync(read.Observer, token => CreateSessionAsync(read, rowsBefore, rows.Rows, token), cancellationToken);
        await Parallel.ForEachAsync(
            session.Streams,
            new ParallelOptions { MaxDegreeOfParallelism = options.StorageStreams, CancellationToken = cancellationToken },
            async (stream, token) =>
            {
                // Rows of this stream that are in their places; a broken stream goes on behind them.
                var offset = 0L;
                var schema = session.ArrowSchema?.SerializedSchema;
                await RetryAsync(
                    read.Observer,
                    async attempt =>
                    {
                        using var stall = new AttemptDeadline(http.Clock, attempt);
                        stall.Start(http.Options.AnswerTimeout);
                        using var call = Client.ReadRows(
                            new ReadRowsRequest { ReadStream = stream.Name, Offset = offset },
                            new CallOptions(await HeadersAsync($"read_stream={Uri.EscapeDataString(stream.Name)}", attempt), cancellationToken: stall.Token));
                        while (await call.ResponseStream.MoveNext(stall.Token))
                        {
                            stall.Start(http.Options.AnswerTimeout);
                            var message = call.ResponseStream.Current;
                            if (message.ArrowSchema is { } sent) schema = sent.SerializedSchema;
                            if (message.ArrowRecordBatch is { } batch) offset += read.Decode(schema, batch.SerializedRecordBatch, rows);
                        }

                        return true;
                    },
                    token);
            });
    }

    private async Task<ReadSession> CreateSessionAsync(StretchRead read, long rowsBefore, int rows, CancellationToken cancellationToken)
    {
        var path = $"projects/{read.Table.ProjectId}/datasets/{read.Table.DatasetId}/tables/{read.Table.TableId}";
        var wanted = new ReadSession
        {
            Table = path,
            DataFormat = DataFormat.Arrow,
            TraceId = "warehouse-import",
            ReadOptions = new ReadSession.Types.TableReadOptions
            {
                RowRestriction = FormattableString.Invariant($"{BigQuerySql.RowNumberColumn} > {rowsBefore} AND {BigQuerySql.RowNumberColumn} <= {rowsBefore + rows}"),
            },
        };
        wanted.ReadOptions.SelectedFields.Add(read.Names);
        var request = new CreateReadSessionRequest { Parent = $"projects/{target.BillingProject}", ReadSession = wanted, MaxStreamCount = options.StorageStreams };
        var headers = await HeadersAsync($"read_session.table={Uri.EscapeDataString(path)}", cancellationToken);
        return await Client.CreateReadSessionAsync(request, new CallOptions(headers, (http.Clock.GetUtcNow() + SessionTimeout).UtcDateTime, cancellationToken));
    }

    private BigQueryRead.BigQueryReadClient Client => new(_channel.Value);

    private async Task<Metadata> HeadersAsync(string routing, CancellationToken cancellationToken) => new()
    {
        { "authorization", $"Bearer {await tokens.GetAsync(cancellationToken)}" },
        { "x-goog-request-params", routing },
    };

    private async Task<T> RetryAsync<T>(IWindowObserver observer, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var isRefreshed = false;
        var pipeline = new ResiliencePipelineBuilder<T> { TimeProvider = http.Clock }
            .AddRetry(new RetryStrategyOptions<T>
            {
                MaxRetryAttempts = http.Options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = http.Options.RetryDelay,
                MaxDelay = http.Options.MaxRetryDelay,
                ShouldHandle = args => ValueTask.FromResult(!cancellationToken.IsCancellationRequested && ReasonOf(args.Outcome.Exception, isRefreshed) is not null),
                OnRetry = async args =>
                {
                    var reason = ReasonOf(args.Outcome.Exception, isRefreshed)!;
                    observer.Retrying(new WarehouseRetry(reason, args.AttemptNumber + 1, args.RetryDelay));
                    if (reason != WarehouseRetryReasons.TokenExpired) return;
                    isRefreshed = true;
                    await tokens.RefreshAsync(cancellationToken);
                },
            })
            .Build();
        return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
    }

    private static string? ReasonOf(Exception? failure, bool isRefreshed) => failure switch
    {
        RpcException { StatusCode: StatusCode.Unauthenticated } => isRefreshed ? null : WarehouseRetryReasons.TokenExpired,
        RpcException { StatusCode: StatusCode.ResourceExhausted } => WarehouseRetryReasons.Throttled,
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded } => WarehouseRetryReasons.Unavailable,
        // "Received RST_STREAM" and "unexpected EOS" come as INTERNAL.
        RpcException { StatusCode: StatusCode.Internal or StatusCode.Aborted } => WarehouseRetryReasons.ConnectionBroken,
        // The watchdog: no message came for too long.
        OperationCanceledException or IOException => WarehouseRetryReasons.ConnectionBroken,
        _ => null,
    };

    private WarehouseNotice Explain(Exception failure) => failure switch
    {
        RpcException { StatusCode: StatusCode.PermissionDenied } => new WarehouseNotice(
            Unavailable,
            $"{target.Account} may not use the Storage Read API of project {target.BillingProject} (roles/bigquery.readSessionUser); the rows come over REST, which is slower.",
            BigQueryGrants.ReadSessionUser(target)),
        RpcException refused => new WarehouseNotice(
            Unavailable,
            $"The Storage Read API answered {refused.StatusCode}; the rows come over REST, which is slower.",
            $"Check that this machine may reach {target.StorageEndpoint.Host}:{target.StorageEndpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)}, or set 'use_storage_api' to false."),
        WarehouseException refused => new WarehouseNotice(Unavailable, $"The Storage Read API cannot be used: {refused.Message} The rows come over REST, which is slower.", refused.Fix),
        _ => new WarehouseNotice(Unavailable, "The Storage Read API gave an answer that is not understood; the rows come over REST, which is slower.", "Set 'use_storage_api' to false if this lasts."),
    };

    private sealed record Stretch(RowPage[] Pages, int NextRows);

    /// <summary>What all stretches of a window share.</summary>
    private sealed class StretchRead(TableReference table, BigQueryResult result, int pageRows, IWindowObserver observer)
    {
        public TableReference Table => table;

        public BigQueryResult Result => result;

        public int PageRows => pageRows;

        public IWindowObserver Observer => observer;

        /// <summary>The requested columns, without the counts and the cursor in front and the number behind.</summary>
        public BigQueryField[] Cells { get; } = [.. result.Fields.Skip(2).SkipLast(1)];

        public IEnumerable<string> Names => [BigQuerySql.CursorName, .. Cells.Select((_, index) => FormattableString.Invariant($"c{index}")), BigQuerySql.RowNumberColumn];

        /// <returns>How many rows the batch holds; its own count may be absent or wrong.</returns>
        public int Decode(Google.Protobuf.ByteString? schema, Google.Protobuf.ByteString sent, StorageRows rows)
        {
            if (schema is null) throw new InvalidDataException("A batch came without a schema.");
            // A batch is readable only behind its schema.
            var bytes = new byte[schema.Length + sent.Length];
            schema.CopyTo(bytes, 0);
            sent.CopyTo(bytes, schema.Length);
            using var reader = new ArrowStreamReader(new ReadOnlyMemory<byte>(bytes));
            using var batch = reader.ReadNextRecordBatch() ?? throw new InvalidDataException("A message holds no batch.");
            if (Column(batch, BigQuerySql.RowNumberColumn) is not Int64Array numbers) throw new InvalidDataException("The rows have no numbers.");

            var places = new (RowPage Page, int Row)[batch.Length];
            for (var row = 0; row < places.Length; row++) places[row] = rows.Claim(numbers.GetValue(row) ?? throw new InvalidDataException("A row has no number."));

            var characters = 0L;
            var cursor = ArrowCells.For(result.Fields[1]);
            var cursors = Column(batch, BigQuerySql.CursorName);
            for (var row = 0; row < places.Length; row++)
            {
                var text = cursor(cursors, row) ?? throw new InvalidDataException("A row has no cursor.");
                places[row].Page.Cursor[places[row].Row] = text;
                characters += text.Length;
            }

            for (var column = 0; column < Cells.Length; column++)
            {
                var convert = ArrowCells.For(Cells[column]);
                var cells = Column(batch, FormattableString.Invariant($"c{column}"));
                for (var row = 0; row < places.Length; row++)
                {
                    var text = convert(cells, row);
                    places[row].Page.Columns[column][places[row].Row] = text;
                    characters += text?.Length ?? 0;
                }
            }

            rows.Weigh(characters);
            if (rows.TextBytes > BigQueryRows.MaxTextBytes) throw new InvalidDataException("The rows are larger than memory allows; REST reads them page by page.");
            return places.Length;
        }

        private static IArrowArray Column(RecordBatch batch, string name)
        {
            var index = batch.Schema.GetFieldIndex(name, StringComparer.Ordinal);
            return index >= 0 ? batch.Column(index) : throw new InvalidDataException($"The batch has no column {name}.");
        }
    }
}
