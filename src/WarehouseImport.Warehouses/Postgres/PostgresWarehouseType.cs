using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary><c>postgres</c>: a PostgreSQL server, version 12 or later.</summary>
internal sealed class PostgresWarehouseType(IOptions<PostgresOptions> options) : IWarehouseType
{
    private const string HostSetting = "host";
    private const string PortSetting = "port";
    private const string DatabaseSetting = "database";
    private const string UsernameSetting = "username";
    private const string PasswordSetting = "password";
    private const string SslModeSetting = "ssl_mode";
    private const string SchemasSetting = "schemas";
    private const string DefaultSslMode = "require";
    private const int DefaultPort = 5432;

    /// <summary>The names PostgreSQL's own tools use, without <c>allow</c>, which never protects anything.</summary>
    public static readonly IReadOnlyDictionary<string, SslMode> SslModes = new Dictionary<string, SslMode>(StringComparer.Ordinal)
    {
        ["disable"] = SslMode.Disable,
        ["prefer"] = SslMode.Prefer,
        ["require"] = SslMode.Require,
        ["verify-ca"] = SslMode.VerifyCA,
        ["verify-full"] = SslMode.VerifyFull,
    };

    public string Name => "postgres";

    public IReadOnlyList<WarehouseSetting> Settings { get; } =
    [
        new(HostSetting, IsSecret: false, IsRequired: true, "host name, address, or folder of a Unix socket"),
        new(PortSetting, IsSecret: false, IsRequired: false, "port, 1 to 65535 (default 5432)"),
        new(DatabaseSetting, IsSecret: false, IsRequired: true, "name of the database"),
        new(UsernameSetting, IsSecret: false, IsRequired: true, "role to sign in as; it needs only SELECT"),
        new(SslModeSetting, IsSecret: false, IsRequired: false, "disable, prefer, require, verify-ca or verify-full (default require: never unencrypted by accident)"),
        new(SchemasSetting, IsSecret: false, IsRequired: false, "the only schemas to list, separated by commas (default all)"),
        new(PasswordSetting, IsSecret: true, IsRequired: false, "password of the role"),
    ];

    public IReadOnlyList<SettingProblem> Validate(WarehouseSettings settings)
    {
        var problems = SettingChecks.UnknownAndMissing(Settings, settings);
        foreach (var (name, value) in settings.Values)
        {
            if (value.Contains('\0', StringComparison.Ordinal)) problems.Add(new SettingProblem(name, $"'{name}' must not contain the NUL character."));
        }

        // The driver reads a comma as a list of hosts and a colon as a port, which would step around the checks of one host.
        if (settings.Values.TryGetValue(HostSetting, out var host) && !string.IsNullOrWhiteSpace(host) && !IsOneHost(host))
        {
            problems.Add(new SettingProblem(HostSetting, $"'{HostSetting}' is '{host}'; it must be one host name, address, or folder of a Unix socket."));
        }

        if (settings.Values.TryGetValue(PortSetting, out var port) && !TryPort(port, out _))
        {
            problems.Add(new SettingProblem(PortSetting, $"'{PortSetting}' is '{port}'; it must be a whole number from 1 to 65535."));
        }

        if (settings.Values.TryGetValue(SslModeSetting, out var mode) && !SslModes.ContainsKey(mode))
        {
            problems.Add(new SettingProblem(SslModeSetting, $"'{SslModeSetting}' is '{mode}'; it must be one of {string.Join(", ", SslModes.Keys)}."));
        }

        return problems;
    }

    public IWarehouse Open(WarehouseSettings settings)
    {
        SettingChecks.ThrowIfAny(Validate(settings));
        var values = settings.Values;
        var schemas = values.GetValueOrDefault(SchemasSetting)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var target = new PostgresTarget(
            values[HostSetting],
            values.TryGetValue(PortSetting, out var text) && TryPort(text, out var port) ? port : DefaultPort,
            values[DatabaseSetting],
            values[UsernameSetting],
            settings.Secrets.GetValueOrDefault(PasswordSetting, ""),
            SslModes[values.GetValueOrDefault(SslModeSetting, DefaultSslMode)],
            schemas is { Length: > 0 } ? schemas : null);
        return new PostgresWarehouse(target, options.Value);
    }

    private static bool IsOneHost(string host) =>
        host.StartsWith('/')
            ? !host.Contains(',', StringComparison.Ordinal)
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
