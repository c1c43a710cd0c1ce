using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>Where to connect and as whom. The one place that turns settings into a connection.</summary>
/// <param name="Schemas">The only schemas to list and read, or null for all.</param>
internal sealed record PostgresTarget(
    string Host,
    int Port,
    string Database,
    string Username,
    string Password,
    SslMode Mode,
    IReadOnlyList<string>? Schemas)
{
    public string SslMode => PostgresWarehouseType.SslModes.First(known => known.Value == Mode).Key;

    /// <summary>
    /// Opens a connection of its own (no pool), because a window holds it for minutes and a pool would keep a customer's server busy between runs.
    /// </summary>
    public async Task<NpgsqlConnection> ConnectAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        await ResolveHostAsync(cancellationToken);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Database = Database,
            Username = Username,
            Password = Password,
            SslMode = Mode,
            Pooling = false,
            Multiplexing = false,
            Enlist = false,
            ApplicationName = "WarehouseImport",
            Timeout = (int)options.ConnectTimeout.TotalSeconds,
            // The server's own statement_timeout answers first; this one is for a network that went silent.
            CommandTimeout = (int)(options.StatementTimeout + TimeSpan.FromSeconds(30)).TotalSeconds,
            KeepAlive = 30,
            IncludeErrorDetail = false,
        };
        var source = new NpgsqlDataSourceBuilder(builder.ConnectionString);
        // All cells arrive as text, so the driver needs no types of the customer's database.
        source.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using var unpooled = source.Build();
        return await unpooled.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>The only place a host name becomes addresses, so that a list of allowed ones has one place to be enforced (S8).</summary>
    private async Task ResolveHostAsync(CancellationToken cancellationToken)
    {
        if (Host.StartsWith('/') || IPAddress.TryParse(Host, out _)) return;
        try
        {
            await Dns.GetHostAddressesAsync(Host, cancellationToken);
        }
        catch (SocketException failure)
        {
            throw new WarehouseException(
                WarehouseErrors.Unreachable,
                $"The host name '{Host}' cannot be resolved.",
                "Check the setting 'host' and this machine's name service.",
                isTransient: true,
                inner: failure);
        }
    }
}
