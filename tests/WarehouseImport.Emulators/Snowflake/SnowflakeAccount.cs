using System.Collections.Concurrent;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>What an account has besides data and users.</summary>
internal sealed record SnowflakeAccount
{
    public ConcurrentDictionary<string, IReadOnlySet<string>?> Warehouses { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Roles { get; } = new(StringComparer.Ordinal) { "PUBLIC", "ACCOUNTADMIN", "SYSADMIN" };

    public List<SnowflakeGrant> Grants { get; } = [];

    public SnowflakeSwitches Switches { get; } = new();
}
