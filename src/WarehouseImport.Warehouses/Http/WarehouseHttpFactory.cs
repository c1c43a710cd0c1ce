using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Warehouses.Http;

/// <summary>
/// Makes the clients of all warehouses that speak HTTP. They share one pool of connections, which holds nothing of a customer: no cookies, no credentials, no
/// redirects followed, and the addresses checked at connect time (S8).
/// </summary>
internal sealed class WarehouseHttpFactory : IDisposable
{
    private readonly WarehouseNetworkOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpMessageHandler _handler;

    public WarehouseHttpFactory(IOptions<WarehouseNetworkOptions> options, TimeProvider clock)
        : this(options.Value, clock, handler: null)
    {
    }

    /// <param name="handler">Answers instead of the network; for tests.</param>
    internal WarehouseHttpFactory(WarehouseNetworkOptions options, TimeProvider clock, HttpMessageHandler? handler)
    {
        _options = options;
        _clock = clock;
        Addresses = new AddressPolicy(options);
        _handler = handler ?? CreateHandler(options, Addresses);
    }

    /// <summary>The product and its version as in <c>User-Agent</c>.</summary>
    public static ProductInfoHeaderValue UserAgent { get; } = new(
        "WarehouseImport",
        typeof(WarehouseHttpFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);

    public AddressPolicy Addresses { get; }

    /// <summary>For clients of other protocols over HTTP, which repeat requests in their own way but connect by the same rules.</summary>
    public HttpMessageHandler Handler => _handler;

    public WarehouseNetworkOptions Options => _options;

    public TimeProvider Clock => _clock;

    /// <param name="baseAddress">Scheme, host and port; requests name their path.</param>
    public WarehouseHttpClient Create(Uri baseAddress) => new(_handler, baseAddress, _options, _clock);

    public void Dispose() => _handler.Dispose();

    private static SocketsHttpHandler CreateHandler(WarehouseNetworkOptions options, AddressPolicy addresses) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PreAuthenticate = false,
        Credentials = null,
        DefaultProxyCredentials = null,
        UseProxy = options.Proxy is not null,
        Proxy = options.Proxy is null ? null : new WebProxy(options.Proxy),
        // Decompressed by the client, which counts the bytes on both sides (S14).
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionLifetime = options.ConnectionLifetime,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        SslOptions = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck },
        ConnectCallback = async (context, cancellationToken) =>
        {
            var endPoint = context.DnsEndPoint;
            // The proxy is configured by the operator, not by a connection.
            var found = options.Proxy is null
                ? await addresses.ResolveAsync(endPoint.Host, cancellationToken)
                : await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(found, endPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
