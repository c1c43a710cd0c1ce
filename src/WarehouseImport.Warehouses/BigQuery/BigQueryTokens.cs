using System.Net;
using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using Google.Apis.Util;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>Access tokens of one connection. Google's library signs, caches and renews; the requests go through our own client, with its checks and its one retry layer.</summary>
internal sealed class BigQueryTokens
{
    private const string Scope = "https://www.googleapis.com/auth/bigquery";

    private readonly BigQueryTarget _target;
    private readonly BigQueryOptions _options;
    private readonly WarehouseHttpClient _client;
    private readonly Func<IWindowObserver> _observer;
    private readonly TimeProvider _clock;
    private readonly Lazy<Task<ITokenAccess>> _credential;

    public BigQueryTokens(BigQueryTarget target, BigQueryOptions options, WarehouseHttpFactory http, Func<IWindowObserver> observer)
    {
        _target = target;
        _options = options;
        _client = http.Create(new Uri(options.TokenEndpoint.GetLeftPart(UriPartial.Authority)));
        _observer = observer;
        _clock = http.Clock;
        _credential = new Lazy<Task<ITokenAccess>>(() => target.Key is { } key ? Task.FromResult<ITokenAccess>(ServiceAccount(key)) : MachineAsync());
    }

    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.SignInRefused"/>, or what the network raised.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var credential = await _credential.Value;
            return await credential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not WarehouseException)
        {
            throw Refused(failure);
        }
    }

    /// <summary>Fetches a new token although the old one looks valid: the service refused it.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Some identities of a machine are told by the platform when to renew and cannot be asked for earlier.
            if (await _credential.Value is ServiceCredential credential) await credential.RequestAccessTokenAsync(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not WarehouseException)
        {
            throw Refused(failure);
        }
    }

    // Google's message may quote the answer, so it is not passed on.
    private WarehouseException Refused(Exception failure) =>
        failure.InnerException as WarehouseException
        ?? new WarehouseException(WarehouseErrors.SignInRefused, $"No access token could be had for {_target.Account}.", SignInFix, inner: new BigQueryRefusal(failure.GetType().Name));

    private string SignInFix => _target.Key is null
        ? "Give this machine an identity: attach a service account, or set GOOGLE_APPLICATION_CREDENTIALS."
        : $"gcloud iam service-accounts keys list --iam-account={_target.Key.ClientEmail} shows whether the key is still there; make a new one and enter it.";

    private ServiceAccountCredential ServiceAccount(ServiceAccountKey key) => new(
        // Built from its parts rather than from the file, so that no address in the file can matter.
        new ServiceAccountCredential.Initializer(key.ClientEmail, _options.TokenEndpoint.AbsoluteUri)
        {
            KeyId = key.PrivateKeyId,
            Scopes = [Scope],
            HttpClientFactory = new TokenClientFactory(new TokenHandler(this)),
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            Clock = new TokenClock(_clock),
        }.FromPrivateKey(key.PrivateKey));

    private static async Task<ITokenAccess> MachineAsync() =>
        (ITokenAccess)(await GoogleCredential.GetApplicationDefaultAsync()).CreateScoped(Scope).UnderlyingCredential;

    private HttpVerdict Classify(HttpRefusal refusal)
    {
        var error = refusal.Text("error");
        if (refusal.Status == HttpStatusCode.TooManyRequests)
            return HttpVerdict.Throttled(new WarehouseException(WarehouseErrors.Busy, "Google takes no more sign-ins for now.", null, isTransient: true));
        if (refusal.Status >= HttpStatusCode.InternalServerError)
            return HttpVerdict.Unavailable(new WarehouseException(WarehouseErrors.Unreachable, "Google's token service had an error of its own.", null, isTransient: true));
        return HttpVerdict.GiveUp(new WarehouseException(
            WarehouseErrors.SignInRefused,
            $"Google refused to sign in {_target.Account}{(error == "invalid_grant" ? ": the key was revoked, the account is gone, or this machine's clock is wrong" : "")}.",
            SignInFix,
            inner: new BigQueryRefusal(error == "invalid_grant" ? error : $"HTTP status {(int)refusal.Status}")));
    }

    private sealed class TokenClock(TimeProvider clock) : IClock
    {
        public DateTime Now => clock.GetLocalNow().DateTime;

        public DateTime UtcNow => clock.GetUtcNow().UtcDateTime;
    }

    private sealed class TokenClientFactory(HttpMessageHandler handler) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => handler;
    }

    /// <summary>Hands a request of Google's library to our client and its answer back.</summary>
    private sealed class TokenHandler(BigQueryTokens tokens) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.PathAndQuery;
            var form = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            var type = request.Content.Headers.ContentType;
            var exchange = new HttpExchange<HttpResponseMessage>
            {
                What = "Signing in",
                CreateAsync = (_, _) =>
                {
                    var content = new ByteArrayContent(form);
                    content.Headers.ContentType = type;
                    return ValueTask.FromResult(new HttpRequestMessage(HttpMethod.Post, path) { Content = content });
                },
                Classify = tokens.Classify,
                ReadAsync = async (status, body, token) =>
                {
                    using var copy = new MemoryStream();
                    await body.CopyToAsync(copy, token);
                    // A damaged answer is repeated here; Google's library would give up on it.
                    using (JsonDocument.Parse(copy.GetBuffer().AsMemory(0, (int)copy.Length)))
                    {
                    }

                    var content = new ByteArrayContent(copy.ToArray());
                    content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json");
                    return new HttpResponseMessage(status) { Content = content, RequestMessage = request };
                },
                MaxBytes = 1 << 20,
            };
            return await tokens._client.SendAsync(exchange, tokens._observer(), cancellationToken);
        }
    }
}
