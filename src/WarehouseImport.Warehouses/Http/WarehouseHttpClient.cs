using System.IO.Compression;
using System.Net;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace WarehouseImport.Warehouses.Http;

/// <summary>
/// The one retry layer (H27): sends a request until its answer was read completely, within bounds of attempts and time, and tells every repetition.
/// </summary>
/// <remarks>
/// Reading the body is part of an attempt, so a connection that breaks or a gzip that ends in the middle of a body repeats this request and no other. Messages name the
/// operation and the host, never headers, bodies or parameters (S10).
/// </remarks>
internal sealed class WarehouseHttpClient(HttpMessageHandler handler, Uri baseAddress, WarehouseNetworkOptions options, TimeProvider clock)
{
    private const int MaxRefusalBytes = 64 * 1024;

    private readonly HttpMessageInvoker _invoker = new(handler, disposeHandler: false);

    public Uri BaseAddress { get; } = baseAddress;

    public string Host => BaseAddress.Host;

    /// <exception cref="WarehouseException">
    /// What the exchange's classifier gave up with; else <see cref="WarehouseErrors.Unreachable"/> when the connection cannot be made or keeps breaking, and
    /// <see cref="WarehouseErrors.AnswerDamaged"/> when every answer was damaged.
    /// </exception>
    public async Task<T> SendAsync<T>(HttpExchange<T> exchange, IWindowObserver observer, CancellationToken cancellationToken)
    {
        var call = new Call<T>(this, exchange);
        var pipeline = new ResiliencePipelineBuilder<Attempt<T>> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<Attempt<T>>
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Result is { Retry: { } retry } && call.MayWait(retry.Delay)),
                DelayGenerator = args => ValueTask.FromResult(args.Outcome.Result!.Retry!.Delay),
                OnRetry = args =>
                {
                    observer.Retrying(new WarehouseRetry(args.Outcome.Result!.Retry!.Reason, args.AttemptNumber + 1, args.RetryDelay));
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

        var last = await pipeline.ExecuteAsync(static (call, token) => call.RunAsync(token), call, cancellationToken);
        return last.Retry is null ? last.Value! : throw last.Retry.Failure;
    }

    private static async Task<HttpRefusal> ReadRefusalAsync(HttpResponseMessage response, Stream body, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxRefusalBytes];
        var text = "";
        try
        {
            text = Encoding.UTF8.GetString(buffer, 0, await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is IOException or InvalidDataException or HttpRequestException)
        {
            // The status says enough; a body that cannot be read is treated like an empty one.
            text = "";
        }

        return new HttpRefusal(response.StatusCode, text, RetryAfter(response, now));
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now)
    {
        var header = response.Headers.RetryAfter;
        // A date is the server's clock; its own Date header takes the difference to ours out.
        var delay = header?.Delta ?? (header?.Date is { } date ? date - (response.Headers.Date ?? now) : null);
        return delay is null ? null : delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    /// <summary>What one attempt came to: a value, or why and how to try again.</summary>
    private sealed record Attempt<T>(T? Value, Repetition? Retry);

    private sealed record Repetition(string Reason, TimeSpan? Delay, WarehouseException Failure);

    private sealed class Call<T>(WarehouseHttpClient client, HttpExchange<T> exchange)
    {
        private long? _firstFailure;
        private int _number = -1;
        private bool _mayHaveArrived;
        private bool _isRefreshed;

        private WarehouseNetworkOptions Options => client.Options;

        private TimeProvider Clock => client.Clock;

        public bool MayWait(TimeSpan? delay) =>
            Clock.GetElapsedTime(_firstFailure!.Value) + (delay ?? TimeSpan.Zero) <= (exchange.MaxRetryTime ?? Options.MaxRetryTime);

        public async ValueTask<Attempt<T>> RunAsync(CancellationToken cancellationToken)
        {
            _number++;
            using var deadline = new AttemptDeadline(Clock, cancellationToken);
            try
            {
                return await SendOnceAsync(deadline);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                if (Explain(failure, deadline) is not { } retry) throw;
                _mayHaveArrived = true;
                return Again(retry.Reason, null, retry.Failure);
            }
        }

        private async Task<Attempt<T>> SendOnceAsync(AttemptDeadline deadline)
        {
            using var request = await exchange.CreateAsync(new HttpAttempt(_number, _mayHaveArrived), deadline.Token);
            request.RequestUri = new Uri(client.BaseAddress, request.RequestUri!);
            if (request.RequestUri.Authority != client.BaseAddress.Authority) throw new InvalidOperationException("A request must stay at its client's host.");
            request.Headers.UserAgent.Add(WarehouseHttpFactory.UserAgent);
            request.Headers.AcceptEncoding.ParseAdd("gzip");

            deadline.Start(exchange.AnswerTimeout ?? Options.AnswerTimeout);
            using var response = await client.Invoker.SendAsync(request, deadline.Token);
            deadline.Stop();

            var isZipped = response.Content.Headers.ContentEncoding.Any(coding => coding.Equals("gzip", StringComparison.OrdinalIgnoreCase));
            var store = exchange.KeepsBody ? new StoredBody(isZipped) : null;
            var wire = new WireStream(await response.Content.ReadAsStreamAsync(deadline.Token), deadline, Options.StallTimeout, store);
            Stream plain = isZipped ? new GZipStream(wire, CompressionMode.Decompress) : wire;
            await using var body = new BodyStream(
                plain,
                wire,
                store,
                Math.Min(exchange.MaxBytes ?? long.MaxValue, Options.MaxAnswerBytes),
                exchange.MaxBytes is null ? Options.MaxDecompressionRatio : null,
                exchange.What);

            if (response.IsSuccessStatusCode) return new Attempt<T>(await exchange.ReadAsync(response.StatusCode, body, deadline.Token), null);

            var refusal = await ReadRefusalAsync(response, body, Clock.GetUtcNow(), deadline.Token);
            var verdict = exchange.Classify(refusal);
            _mayHaveArrived |= verdict.MayHaveArrived;
            switch (verdict.Kind)
            {
                case HttpVerdictKind.Retry:
                    return Again(verdict.Reason, refusal.RetryAfter, verdict.Failure);
                case HttpVerdictKind.RefreshToken when exchange.RefreshTokenAsync is { } refresh && !_isRefreshed:
                    _isRefreshed = true;
                    await refresh(deadline.Token);
                    return Again(verdict.Reason, TimeSpan.Zero, verdict.Failure);
                default:
                    throw verdict.Failure;
            }
        }

        private Attempt<T> Again(string reason, TimeSpan? delay, WarehouseException failure)
        {
            _firstFailure ??= Clock.GetTimestamp();
            return new Attempt<T>(default, new Repetition(reason, delay, failure));
        }

        /// <summary>A repetition for what can pass by itself; null for what cannot, which is then thrown as it is.</summary>
        /// <exception cref="WarehouseException">The cause is one that the connection raised itself, or the certificate is not trusted.</exception>
        private (string Reason, WarehouseException Failure)? Explain(Exception failure, AttemptDeadline deadline)
        {
            if (failure is AnswerDamagedException or JsonException or InvalidDataException)
            {
                return (WarehouseRetryReasons.AnswerDamaged, new WarehouseException(
                    WarehouseErrors.AnswerDamaged,
                    $"{exchange.What} failed: the answer of {client.Host} was damaged{(failure is AnswerDamagedException ? $" ({failure.Message})" : "")}.",
                    "The next attempt asks again; a proxy that rewrites answers can also cause this.",
                    isTransient: true));
            }

            if (deadline.HasPassed) return Broken("no byte came for too long.", failure);
            for (var cause = failure; cause is not null; cause = cause.InnerException)
            {
                switch (cause)
                {
                    case WarehouseException { IsTransient: true } transient when cause != failure:
                        return (WarehouseRetryReasons.ConnectionBroken, transient);
                    case WarehouseException:
                        throw cause;
                    case AuthenticationException:
                        throw new WarehouseException(
                            WarehouseErrors.Unreachable,
                            $"{exchange.What} failed: the certificate of {client.Host} is not trusted, or it offers no version of TLS that this machine accepts.",
                            "Check that no proxy replaces the certificate; if one does, install its authority on this machine.",
                            inner: failure);
                    case HttpRequestException { StatusCode: HttpStatusCode.ProxyAuthenticationRequired } or HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError }:
                        throw new WarehouseException(
                            WarehouseErrors.Unreachable,
                            $"{exchange.What} failed: the proxy refused to connect to {client.Host}.",
                            $"Check {WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.Proxy)}, and that the proxy lets this machine reach {client.Host}.",
                            inner: failure);
                }
            }

            return failure switch
            {
                HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Broken("no connection could be made.", failure),
                HttpRequestException or IOException or OperationCanceledException => Broken("the connection broke.", failure),
                _ => null,
            };
        }

        private (string Reason, WarehouseException Failure)? Broken(string detail, Exception inner) => (WarehouseRetryReasons.ConnectionBroken, new WarehouseException(
            WarehouseErrors.Unreachable,
            $"{exchange.What} failed: {client.Host}:{client.BaseAddress.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)} cannot be reached: {detail}",
            "Check that this machine may reach the host: firewall, proxy, network policy.",
            isTransient: true,
            inner: inner));
    }

    private WarehouseNetworkOptions Options => options;

    private TimeProvider Clock => clock;

    private HttpMessageInvoker Invoker => _invoker;
}
