using System.Net;
using System.Net.Sockets;

namespace WarehouseImport.Warehouses.Http;

/// <summary>
/// Which addresses a warehouse's host may resolve to (S8). The address that was checked is the one that is connected to, so a name that changes between two
/// look-ups gains nothing.
/// </summary>
internal sealed class AddressPolicy(WarehouseNetworkOptions options)
{
    // Never a warehouse: this host on this network, link-local (and with it most metadata services), multicast, reserved, documentation and benchmarking ranges.
    private static readonly IPNetwork[] Never = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "::/128", "100::/64", "2001:db8::/32", "fe80::/10", "fec0::/10", "ff00::/8",
        // Metadata services outside the link-local ranges: Azure's wire server, Alibaba's and Amazon's IPv6 one.
        "168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128");

    private static readonly IPNetwork[] Private = Networks(
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7");

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    private readonly IPNetwork[] _allowed = Networks([.. options.AllowedNetworks]);

    public bool AllowsPrivate => options.AllowPrivateAddresses;

    public bool IsAllowed(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (Holds(_allowed, plain)) return true;
        if (Holds(Never, plain)) return false;
        if (Holds(Private, plain)) return options.AllowPrivateAddresses;
        return Embedded(plain) is not { } inner || IsAllowed(inner);
    }

    /// <summary>The addresses of a host, all of them allowed.</summary>
    /// <exception cref="WarehouseException">
    /// <see cref="WarehouseErrors.Unreachable"/> if the name has no address; <see cref="WarehouseErrors.AddressRefused"/> if one of its addresses is refused.
    /// </exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        if (IPAddress.TryParse(host, out var literal))
        {
            addresses = [literal];
        }
        else
        {
            try
            {
                addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            }
            catch (SocketException failure)
            {
                throw Unresolved(host, failure);
            }
        }

        if (addresses.Length == 0) throw Unresolved(host, null);
        foreach (var address in addresses)
        {
            if (!IsAllowed(address)) throw Refused(host, address);
        }

        return addresses;
    }

    private static WarehouseException Unresolved(string host, SocketException? failure) => new(
        WarehouseErrors.Unreachable,
        $"The host name '{host}' cannot be resolved.",
        "Check the account or host of the connection, and this machine's name service.",
        isTransient: true,
        inner: failure);

    private static WarehouseException Refused(string host, IPAddress address) => new(
        WarehouseErrors.AddressRefused,
        $"The host '{host}' resolves to {address}, an address this server does not connect to.",
        $"If this is a private link or an emulator, allow it: {WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.AllowPrivateAddresses)} = true, "
        + $"or add its network to {WarehouseNetworkOptions.SectionName}:{nameof(WarehouseNetworkOptions.AllowedNetworks)}.");

    // An IPv6 address that a gateway turns into an IPv4 one is judged by the latter.
    private static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return null;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (Nat64.Contains(address) || Compatible.Contains(address)) return new IPAddress(bytes[12..16]);
        if (SixToFour.Contains(address)) return new IPAddress(bytes[2..6]);
        if (!Teredo.Contains(address)) return null;
        for (var index = 12; index < 16; index++) bytes[index] ^= 0xff;
        return new IPAddress(bytes[12..16]);
    }

    private static bool Holds(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));

    private static IPNetwork[] Networks(params string[] texts) => Array.ConvertAll(texts, IPNetwork.Parse);
}
