using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using WarehouseImport.Warehouses.Http;
using static WarehouseImport.Warehouses.Tests.Http.ScriptedServer;

namespace WarehouseImport.Warehouses.Tests.Http;

/// <summary>The retry layer over real sockets (H27, R5, S10, S14 and warehouse-emulation section 5).</summary>
public sealed class WarehouseHttpClientTests : IDisposable
{
    private const string Good = """{"value":"kept"}""";

    private readonly RunningClock _clock = new();
    private readonly RecordingObserver _observer = new();
    private readonly List<HttpAttempt> _attempts = [];
    private readonly WarehouseNetworkOptions _options = new() { AllowPrivateAddresses = true };
    private WarehouseHttpFactory? _factory;
    private int _refreshed;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _factory?.Dispose();

    [Fact]
    public async Task Send_FirstAnswerGood_NamesTheProductAndAsksForGzip()
    {
        await using var server = new ScriptedServer(Zipped(Zip(Good)));

        var value = await SendAsync(server);

        var request = Assert.Single(server.Requests);
        Assert.Equal("kept", value);
        Assert.Matches("\r\nUser-Agent: WarehouseImport/[0-9]+\\.[0-9]+\\.[0-9]+[^+]*\r\n", request);
        Assert.Contains("\r\nAccept-Encoding: gzip\r\n", request, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", request, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_observer.Retries);
    }

    /// <summary>Section 5: 500/502/503/504 with JSON, HTML or empty body.</summary>
    [Theory]
    [InlineData("503 Service Unavailable", "")]
    [InlineData("502 Bad Gateway", "<html><body>Bad gateway</body></html>")]
    [InlineData("504 Gateway Timeout", "[1,2")]
    [InlineData("500 Internal Server Error", "\"text\"")]
    [InlineData("500 Internal Server Error", """{"code":"000603","message":"try again"}""")]
    public async Task Send_Unavailable_IsRepeatedWhateverTheBody(string status, string body)
    {
        await using var server = new ScriptedServer(Answer(status, body), Answer(status, body), Answer("200 OK", Good));

        var value = await SendAsync(server);

        Assert.Equal("kept", value);
        Assert.Equal([WarehouseRetryReasons.Unavailable, WarehouseRetryReasons.Unavailable], _observer.Retries.Select(retry => retry.Reason));
        Assert.Equal([1, 2], _observer.Retries.Select(retry => retry.Attempt));
        // The clock counts whole milliseconds.
        Assert.Equal(_observer.Retries.Select(retry => (int)retry.Delay.TotalMilliseconds), _clock.Waits.Select(wait => (int)wait.TotalMilliseconds));
        Assert.Equal([new HttpAttempt(0, false), new HttpAttempt(1, true), new HttpAttempt(2, true)], _attempts);
    }

    [Theory]
    [InlineData("Retry-After: 7", 7)]
    [InlineData("Retry-After: 0", 0)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 04:00:09 GMT", 9)]
    public async Task Send_ThrottledWithRetryAfter_WaitsAsTold(string header, int seconds)
    {
        // The server's clock is an hour ahead; its Date header says so.
        await using var server = new ScriptedServer(Answer("429 Too Many Requests", "", header, "Date: Fri, 02 Jan 2026 04:00:00 GMT"), Answer("200 OK", Good));

        await SendAsync(server);

        var retry = Assert.Single(_observer.Retries);
        Assert.Equal(new WarehouseRetry(WarehouseRetryReasons.Throttled, 1, TimeSpan.FromSeconds(seconds)), retry);
        Assert.False(_attempts[1].MayHaveArrived);
    }

    [Fact]
    public async Task Send_ThrottledForLongerThanMayBeWaited_GivesUpAtOnce()
    {
        await using var server = new ScriptedServer(Answer("429 Too Many Requests", "", "Retry-After: 86400"));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(WarehouseErrors.Busy, failure.Code);
        Assert.Empty(_observer.Retries);
    }

    [Fact]
    public async Task Send_UnavailableForGood_StopsAfterTheStatedRepetitionsWithGrowingDelays()
    {
        _options.MaxRetries = 5;
        await using var server = new ScriptedServer([.. Enumerable.Repeat(Answer("503 Service Unavailable"), 20)]);

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal("status_503", failure.Code);
        Assert.Equal(6, server.Requests.Count);
        Assert.All(_clock.Waits, wait => Assert.InRange(wait, TimeSpan.FromTicks(1), _options.MaxRetryDelay));
        // With jitter a single wait may be short; five waits of the same length would come to 2.5 seconds.
        Assert.InRange(_clock.Waits.Sum(wait => wait.TotalSeconds), 5, 60);
    }

    [Fact]
    public async Task Send_UnavailableForLongerThanMayBeWaited_Stops()
    {
        _options.MaxRetries = 50;
        _options.MaxRetryTime = TimeSpan.FromSeconds(40);
        await using var server = new ScriptedServer([.. Enumerable.Repeat(Answer("503 Service Unavailable", "", "Retry-After: 15"), 20)]);

        await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(3, server.Requests.Count);
    }

    public static TheoryData<string, string> BrokenAnswers => new()
    {
        { "reset", WarehouseRetryReasons.ConnectionBroken },
        { "cut body", WarehouseRetryReasons.ConnectionBroken },
        { "cut gzip", WarehouseRetryReasons.AnswerDamaged },
        { "no gzip", WarehouseRetryReasons.AnswerDamaged },
        { "half JSON", WarehouseRetryReasons.AnswerDamaged },
        { "no JSON", WarehouseRetryReasons.AnswerDamaged },
        { "wrong promise", WarehouseRetryReasons.AnswerDamaged },
    };

    [Theory]
    [MemberData(nameof(BrokenAnswers))]
    public async Task Send_AnswerBroken_IsReadAgainFromTheStart(string fault, string reason)
    {
        var step = fault switch
        {
            "reset" => Reset(),
            "cut body" => CutBody(Good),
            "cut gzip" => CutGzip($$"""{"value":"{{string.Concat(Enumerable.Range(0, 2000))}}"}"""),
            "no gzip" => Zipped(Encoding.UTF8.GetBytes(Good)),
            "half JSON" => Answer("200 OK", Good[..^3]),
            "no JSON" => Answer("200 OK", "<html></html>"),
            _ => Answer("200 OK", """{"value":"damaged"}"""),
        };
        await using var server = new ScriptedServer(step, step, Answer("200 OK", Good));

        var value = await SendAsync(server);

        Assert.Equal("kept", value);
        Assert.Equal([reason, reason], _observer.Retries.Select(retry => retry.Reason));
        Assert.Equal([false, true, true], _attempts.Select(attempt => attempt.MayHaveArrived));
    }

    [Fact]
    public async Task Send_AnswerAlwaysBroken_SaysWhatAndWhereWithoutItsContent()
    {
        _options.MaxRetries = 2;
        await using var server = new ScriptedServer([.. Enumerable.Repeat(Answer("200 OK", """{"value":"damaged","secret":"canary"}"""), 3)]);

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(WarehouseErrors.AnswerDamaged, failure.Code);
        Assert.True(failure.IsTransient);
        Assert.Contains("Testing", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("token-", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_BodyStopsMoving_IsAskedForAgain()
    {
        async Task FallSilentAsync(ScriptedConnection connection)
        {
            await connection.SendAsync(Head("200 OK", Good.Length) + Good[..5]);
            await connection.StaySilentAsync();
        }

        await using var server = new ScriptedServer(FallSilentAsync, FallSilentAsync);
        _options.MaxRetries = 1;

        var sending = SendAsync(server, onWait: () => _clock.Advance(_options.StallTimeout));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => sending);
        Assert.Equal(WarehouseErrors.Unreachable, failure.Code);
        Assert.Equal([WarehouseRetryReasons.ConnectionBroken], _observer.Retries.Select(retry => retry.Reason));
        Assert.Contains("no byte came", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_BodyMovesSlowly_IsWaitedFor()
    {
        using var arrived = new SemaphoreSlim(0);
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.SendAsync(Head("200 OK", Good.Length));
            foreach (var letter in Good)
            {
                _clock.Advance(_options.StallTimeout / 2);
                await connection.SendAsync(letter.ToString());
                await arrived.WaitAsync(connection.Stopped);
            }
        });

        var value = await SendAsync(server, onRead: () => arrived.Release());

        Assert.Equal("kept", value);
        Assert.Empty(_observer.Retries);
        Assert.True(_clock.GetUtcNow() - _clock.Start > 5 * _options.StallTimeout);
    }

    [Fact]
    public async Task Send_NoAnswerInTime_IsAskedForAgain()
    {
        await using var server = new ScriptedServer(
            async connection =>
            {
                _clock.Advance(_options.AnswerTimeout);
                await connection.StaySilentAsync();
            },
            Answer("200 OK", Good));

        Assert.Equal("kept", await SendAsync(server));
        Assert.Equal(WarehouseRetryReasons.ConnectionBroken, Assert.Single(_observer.Retries).Reason);
        Assert.True(_attempts[1].MayHaveArrived);
    }

    [Fact]
    public async Task Send_TokenExpired_IsRefreshedOnceAndTheRequestRepeated()
    {
        await using var server = new ScriptedServer(Answer("401 Unauthorized"), Answer("200 OK", Good));

        var value = await SendAsync(server);

        Assert.Equal("kept", value);
        Assert.Equal(1, _refreshed);
        Assert.Equal(new WarehouseRetry(WarehouseRetryReasons.TokenExpired, 1, TimeSpan.Zero), Assert.Single(_observer.Retries));
        Assert.Equal(["Bearer token-0", "Bearer token-1"], server.Requests.Select(Authorization));
        Assert.False(_attempts[1].MayHaveArrived);
    }

    [Fact]
    public async Task Send_NewTokenRefusedToo_GivesUp()
    {
        await using var server = new ScriptedServer(Answer("401 Unauthorized"), Answer("503 Service Unavailable"), Answer("401 Unauthorized"), Answer("200 OK", Good));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(WarehouseErrors.SignInRefused, failure.Code);
        Assert.Equal(1, _refreshed);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Send_Refused_IsNotRepeated()
    {
        await using var server = new ScriptedServer(Answer("422 Unprocessable Entity", """{"code":"000904"}"""), Answer("200 OK", Good));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal("code 000904", failure.Message);
        Assert.Single(server.Requests);
    }

    /// <summary>S8: no redirect is followed, wherever it leads.</summary>
    [Fact]
    public async Task Send_Redirected_IsARefusal()
    {
        await using var elsewhere = new ScriptedServer(Answer("200 OK", Good));
        await using var server = new ScriptedServer(Answer("302 Found", "", $"Location: {elsewhere.Address}"));

        await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(0, elsewhere.Connections);
    }

    /// <summary>S8: with the default settings no packet reaches an address of this machine.</summary>
    [Fact]
    public async Task Send_PrivateAddressesNotAllowed_NeverConnects()
    {
        _options.AllowPrivateAddresses = false;
        await using var server = new ScriptedServer(Answer("200 OK", Good));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server));

        Assert.Equal(WarehouseErrors.AddressRefused, failure.Code);
        Assert.Equal(0, server.Connections);
        Assert.Empty(_observer.Retries);
    }

    [Fact]
    public async Task Send_NobodyListens_SaysUnreachable()
    {
        _options.MaxRetries = 1;
        Uri address;
        await using (var server = new ScriptedServer()) address = server.Address;

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(address));

        Assert.Equal(WarehouseErrors.Unreachable, failure.Code);
        Assert.True(failure.IsTransient);
    }

    /// <summary>S14: a bomb is stopped by its ratio, or by the stated size.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000L)]
    public async Task Send_AnswerUnpacksWithoutEnd_IsStopped(long? maxBytes)
    {
        await using var server = new ScriptedServer(Zipped(Zip($$"""{"value":"{{new string(' ', 70_000_000)}}"}""")));

        var failure = await Assert.ThrowsAsync<WarehouseException>(() => SendAsync(server.Address, maxBytes));

        Assert.Equal(WarehouseErrors.AnswerTooLarge, failure.Code);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task Send_CancelledWhileWaiting_ThrowsCancellation()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedServer(async connection =>
        {
            await cancellation.CancelAsync();
            await connection.StaySilentAsync();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(server.Address, cancellationToken: cancellation.Token));
        Assert.Empty(_observer.Retries);
    }

    [Fact]
    public void Refusal_AnyBody_NeverThrows() =>
        Gen.String.Sample(body => Assert.Null(new HttpRefusal(HttpStatusCode.BadGateway, body, null).Text("code", "x")));

    private static string Authorization(string request) =>
        request.Split("\r\n").First(line => line.StartsWith("Authorization: ", StringComparison.Ordinal))["Authorization: ".Length..];

    private Task<string> SendAsync(ScriptedServer server, Action? onWait = null, Action? onRead = null) =>
        SendAsync(server.Address, null, onWait, onRead);

    private Task<string> SendAsync(
        Uri address, long? maxBytes = null, Action? onWait = null, Action? onRead = null, CancellationToken? cancellationToken = null)
    {
        _factory = new WarehouseHttpFactory(_options, _clock, handler: null);
        var exchange = new HttpExchange<string>
        {
            What = "Testing",
            MaxBytes = maxBytes,
            CreateAsync = (attempt, _) =>
            {
                _attempts.Add(attempt);
                var request = new HttpRequestMessage(HttpMethod.Post, "path?q=1") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
                request.Headers.Authorization = new("Bearer", string.Create(CultureInfo.InvariantCulture, $"token-{_refreshed}"));
                return ValueTask.FromResult(request);
            },
            Classify = refusal => refusal.Status switch
            {
                HttpStatusCode.Unauthorized => HttpVerdict.RefreshToken(new WarehouseException(WarehouseErrors.SignInRefused, "refused")),
                HttpStatusCode.TooManyRequests => HttpVerdict.Throttled(new WarehouseException(WarehouseErrors.Busy, "busy", isTransient: true)),
                >= HttpStatusCode.InternalServerError => HttpVerdict.Unavailable(new WarehouseException($"status_{(int)refusal.Status}", "unavailable", isTransient: true)),
                _ => HttpVerdict.GiveUp(new WarehouseException("given_up", $"code {refusal.Text("code")}")),
            },
            RefreshTokenAsync = _ =>
            {
                _refreshed++;
                return Task.CompletedTask;
            },
            ReadAsync = async (_, body, token) =>
            {
                var bytes = new MemoryStream();
                var buffer = new byte[4096];
                while (true)
                {
                    var reading = body.ReadAsync(buffer, token);
                    onWait?.Invoke();
                    var count = await reading;
                    if (count == 0) break;
                    await bytes.WriteAsync(buffer.AsMemory(0, count), token);
                    onRead?.Invoke();
                }

                using var document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
                var value = document.RootElement.GetProperty("value").GetString()!;
                return value == "damaged" ? throw new AnswerDamagedException("2 rows instead of 3") : value;
            },
        };
        return _factory.Create(address).SendAsync(exchange, _observer, cancellationToken ?? Cancellation);
    }

    private sealed class RecordingObserver : IWindowObserver
    {
        public ConcurrentQueue<WarehouseRetry> Retries { get; } = new();

        public Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Retrying(WarehouseRetry retry) => Retries.Enqueue(retry);

        public void Notice(WarehouseNotice notice)
        {
        }
    }
}
