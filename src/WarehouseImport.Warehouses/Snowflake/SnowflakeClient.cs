using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// Snowflake's SQL API, version 2 (sections 1 and 2): submits statements under our own request id, waits for them, fetches partitions, cancels. Addresses are built from the
/// statement handle alone; the ones in answers are never followed (S8).
/// </summary>
internal sealed class SnowflakeClient(WarehouseHttpClient http, SnowflakeTokens tokens, SnowflakeTarget target, SnowflakeOptions options, TimeProvider clock) : IDisposable
{
    private const string Statements = "/api/v2/statements";

    // A stated size is the service's own measure; the text on the wire may be a little longer.
    private const long SizeAllowance = 64L * 1024 * 1024;

    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(10);
    private static readonly MediaTypeWithQualityHeaderValue Json = new("application/json");

    public string Host => http.Host;

    public int MaxCellBytes => options.MaxCellBytes;

    public void Dispose() => tokens.Dispose();

    /// <summary>Runs a small statement to its end and returns its rows as exact text.</summary>
    public async Task<SnowflakeResult> QueryAsync(SnowflakeStatement statement, SnowflakeCall call, CancellationToken cancellationToken)
    {
        using var answer = await ExecuteAsync(statement, Guid.NewGuid(), isRepeated: false, isAsync: false, call, accepted: null, cancellationToken);
        var decoder = new SnowflakeRows(answer.Columns, options.MaxCellBytes, call.What);
        var rows = await decoder.ReadAsync(answer.Body, null, cancellationToken);
        for (var partition = 1; partition < answer.Partitions.Count; partition++)
        {
            using var next = await FetchAsync(answer.Handle!, partition, answer.Partitions[partition], call, cancellationToken);
            rows.AddRange(await decoder.ReadAsync(next.Body, null, cancellationToken));
        }

        return new SnowflakeResult(answer.Columns, rows);
    }

    /// <summary>Submits a statement and waits until it has a result; a statement nobody waits for any more is cancelled.</summary>
    /// <param name="isRepeated">True if the request id may have been sent before, by an earlier process too (H23).</param>
    /// <param name="isAsync">
    /// True to get the handle at once, so that the statement can be stored and cancelled while it runs; false to spare small statements a second request.
    /// </param>
    /// <param name="accepted">Told the handle before anything is read (R5).</param>
    public async Task<SnowflakeAnswer> ExecuteAsync(
        SnowflakeStatement statement, Guid requestId, bool isRepeated, bool isAsync, SnowflakeCall call, Func<string, Task>? accepted, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(
            HttpMethod.Post,
            attempt => string.Create(
                CultureInfo.InvariantCulture, $"{Statements}?requestId={requestId}&async={(isAsync ? "true" : "false")}{(isRepeated || attempt.MayHaveArrived ? "&retry=true" : "")}"),
            Body(statement, call),
            expected: null,
            call,
            cancellationToken);
        return await WaitAsync(answer, call, accepted, cancellationToken);
    }

    /// <summary>The result of a statement that was submitted before, perhaps by another process.</summary>
    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.ResultExpired"/> if Snowflake does not have it.</exception>
    public async Task<SnowflakeAnswer> ResumeAsync(string handle, SnowflakeCall call, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(handle, partition: null, expected: null, call, cancellationToken);
        return await WaitAsync(answer, call, accepted: null, cancellationToken);
    }

    /// <summary>A later partition.</summary>
    public Task<SnowflakeAnswer> FetchAsync(string handle, int partition, SnowflakePartition expected, SnowflakeCall call, CancellationToken cancellationToken) =>
        GetAsync(handle, partition, expected, call, cancellationToken);

    private async Task<SnowflakeAnswer> WaitAsync(SnowflakeAnswer answer, SnowflakeCall call, Func<string, Task>? accepted, CancellationToken cancellationToken)
    {
        var handle = answer.Handle;
        try
        {
            if (handle is null) throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"{call.What} failed: the answer names no statement.", isTransient: true);
            if (accepted is not null) await accepted(handle);

            var started = clock.GetTimestamp();
            var delay = options.PollDelay;
            while (answer.IsRunning)
            {
                // Snowflake cancels the statement itself; this is for one that it forgot.
                if (clock.GetElapsedTime(started) > call.Timeout + TimeSpan.FromMinutes(1)) throw SnowflakeErrors.TimedOut(call.What, target);
                await Task.Delay(delay * (0.8 + (0.4 * Random.Shared.NextDouble())), clock, cancellationToken);
                delay = TimeSpan.FromTicks(Math.Min((long)(delay.Ticks * 1.5), options.MaxPollDelay.Ticks));
                answer.Dispose();
                answer = await GetAsync(handle, partition: null, expected: null, call, cancellationToken);
            }

            return answer;
        }
        catch (Exception failure)
        {
            // Else the warehouse goes on working, and billing, for nobody.
            if (answer.IsRunning && handle is not null && !IsOver(failure)) await CancelAsync(handle, call);
            answer.Dispose();
            throw;
        }
    }

    /// <summary>True if the failure says that the statement runs no longer, or that nothing we send is heard.</summary>
    private static bool IsOver(Exception failure) => failure is WarehouseException
    {
        Code: WarehouseErrors.QueryFailed or WarehouseErrors.PermissionDenied or WarehouseErrors.DatasetUnknown or WarehouseErrors.ColumnMissing
            or WarehouseErrors.ResultExpired or WarehouseErrors.SignInRefused,
    };

    private async Task CancelAsync(string handle, SnowflakeCall call)
    {
        try
        {
            // Not bound to the caller's token, which is often why the statement is cancelled.
            using var answer = await SendAsync(
                HttpMethod.Post,
                _ => $"{Path(handle)}/cancel?requestId={Guid.NewGuid()}",
                "{}"u8.ToArray(),
                expected: null,
                call with { IsLook = true, Timeout = CancelTimeout },
                CancellationToken.None);
        }
        catch (WarehouseException)
        {
            // The statement's own timeout ends it; what is thrown on is why it was to be cancelled.
            call.Observer.Notice(new WarehouseNotice("statement_not_cancelled", $"{call.What}: the statement {handle} could not be cancelled; Snowflake ends it at its timeout.", null));
        }
    }

    private Task<SnowflakeAnswer> GetAsync(string handle, int? partition, SnowflakePartition? expected, SnowflakeCall call, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get,
        _ => string.Create(CultureInfo.InvariantCulture, $"{Path(handle)}?requestId={Guid.NewGuid()}{(partition is { } number ? $"&partition={number}" : "")}"),
        null,
        expected,
        call,
        cancellationToken);

    private Task<SnowflakeAnswer> SendAsync(
        HttpMethod method, Func<HttpAttempt, string> path, byte[]? body, SnowflakePartition? expected, SnowflakeCall call, CancellationToken cancellationToken)
    {
        var exchange = new HttpExchange<SnowflakeAnswer>
        {
            What = call.What,
            KeepsBody = true,
            MaxBytes = expected is { Bytes: > 0 } ? (2 * expected.Bytes) + SizeAllowance : null,
            MaxRetryTime = call.IsLook ? call.Timeout : null,
            AnswerTimeout = call.IsLook ? call.Timeout : null,
            CreateAsync = (attempt, _) =>
            {
                var request = new HttpRequestMessage(method, path(attempt));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Get());
                request.Headers.Add("X-Snowflake-Authorization-Token-Type", tokens.Kind);
                request.Headers.Accept.Add(Json);
                if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
                return ValueTask.FromResult(request);
            },
            Classify = refusal => SnowflakeErrors.Classify(refusal, target, call.What, call.Dataset, tokens.CanRefresh),
            RefreshTokenAsync = !tokens.CanRefresh ? null : _ =>
            {
                tokens.Refuse();
                return Task.CompletedTask;
            },
            ReadAsync = (status, stream, token) =>
            {
                tokens.Accepted();
                return SnowflakeAnswer.ReadAsync(status, stream, expected?.Rows, options.MaxCellBytes, call.What, token);
            },
        };
        return http.SendAsync(exchange, call.Observer, cancellationToken);
    }

    private byte[] Body(SnowflakeStatement statement, SnowflakeCall call)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes);
        writer.WriteStartObject();
        writer.WriteString("statement", statement.Text);
        writer.WriteNumber("timeout", (int)Math.Ceiling(call.Timeout.TotalSeconds));
        writer.WriteString("warehouse", target.Warehouse);
        if (target.Role is not null) writer.WriteString("role", target.Role);
        if (statement.Values.Count > 0)
        {
            writer.WriteStartObject("bindings");
            for (var index = 0; index < statement.Values.Count; index++)
            {
                writer.WriteStartObject((index + 1).ToString(CultureInfo.InvariantCulture));
                writer.WriteString("type", "TEXT");
                writer.WriteString("value", statement.Values[index]);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        // Every request is a session of its own. The account's zone would change what casts and the clock mean (H8).
        writer.WriteStartObject("parameters");
        writer.WriteString("timezone", "UTC");
        writer.WriteString("query_tag", call.Tag);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    // A handle is stored by us and comes from the service, so it is not trusted to be a path segment.
    private static string Path(string handle) => $"{Statements}/{Uri.EscapeDataString(handle)}";
}

/// <summary>What a statement is for.</summary>
/// <param name="What">For messages.</param>
/// <param name="Dataset">For the grants that may be missing.</param>
/// <param name="Timeout">Snowflake cancels the statement past it.</param>
/// <param name="IsLook">True where a person waits, so that retries end with the timeout too.</param>
/// <param name="Tag">Names us in the customer's query history.</param>
internal sealed record SnowflakeCall(string What, DatasetName? Dataset, TimeSpan Timeout, bool IsLook, string Tag, IWindowObserver Observer);

/// <summary>A small result, decoded.</summary>
internal sealed record SnowflakeResult(IReadOnlyList<SnowflakeColumn> Columns, List<string?[]> Rows)
{
    /// <summary>A cell by its column's name, ignoring case; null if there is no such column: the outputs of SHOW grow over time.</summary>
    public string? Cell(string?[] row, string name)
    {
        for (var index = 0; index < Columns.Count; index++)
        {
            if (Columns[index].Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return row[index];
        }

        return null;
    }
}
