using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>An emulator of Snowflake's SQL API v2 over DuckDB: one account, on a loopback port.</summary>
/// <remarks>
/// <c>await using var server = await SnowflakeEmulator.StartAsync(new());</c> then seed with
/// <c>server.Database("DB").Schema("S").Table("T", t => …).Insert(…)</c> and connect to <see cref="Emulator.BaseAddress"/>.
/// </remarks>
public sealed class SnowflakeEmulator : Emulator
{
    private readonly SnowflakeAccount _account = new();

    private SnowflakeEmulator(SnowflakeEmulatorOptions options)
        : base(options.Clock)
    {
        Options = options;
        Authentication = new SnowflakeAuthenticator(options, Clock);
        _account.Roles.Add(options.RoleName);
        _account.Warehouses[options.WarehouseName] = null;
    }

    public SnowflakeEmulatorOptions Options { get; }

    public SnowflakeAuthenticator Authentication { get; }

    public SnowflakeSwitches Switches => _account.Switches;

    /// <value>Grants beyond sight, for <c>SHOW GRANTS</c>: what a role could write.</value>
    public IList<SnowflakeGrant> Grants => _account.Grants;

    public static async Task<SnowflakeEmulator> StartAsync(SnowflakeEmulatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var emulator = new SnowflakeEmulator(options);
        await emulator.ListenAsync(
            options.Port, options.ControlPort, core => new SnowflakeStatements(options, core, emulator.Catalogue, emulator.Authentication, emulator._account).Handle, SnowflakeStatements.Describe);
        return emulator;
    }

    /// <summary>The database with this stored name, created if it is new.</summary>
    public EmulatedDatabase Database(string name) => Catalogue.Database(name);

    /// <summary>Creates a role, granted to the default user unless told otherwise.</summary>
    public void AddRole(string name, bool isGranted = true)
    {
        _account.Roles.Add(name);
        if (isGranted) Authentication.DefaultUser.Roles.Add(name);
    }

    /// <summary>Creates a warehouse.</summary>
    /// <param name="roles">Roles with USAGE; everyone if none is named.</param>
    public void AddWarehouse(string name, params string[] roles) => _account.Warehouses[name] = roles.Length == 0 ? null : roles.ToHashSet(StringComparer.Ordinal);

    public void DropWarehouse(string name) => _account.Warehouses.TryRemove(name, out _);

    /// <summary>Loads every table of a DuckDB file; called again, rows are replaced in one commit.</summary>
    /// <remarks>Names are upper case, as unquoted ones are in Snowflake; views come as views over the rows of now.</remarks>
    public void LoadFile(string path, string database = "DEMO") =>
        DuckDbFile.Load(Store, Database(database), path, static name => name.ToUpperInvariant(), isBigQuery: false);

    internal override SqlType ParseType(string text) => SnowflakeTypeText.Parse(text);

    internal override void AddKey(string? user, string publicKeyPem)
    {
        var target = user is null ? Authentication.DefaultUser : Authentication.User(user);
        target.RevokeAllKeys();
        target.AddPublicKey(publicKeyPem);
        target.Roles.Add(Options.RoleName);
        target.DefaultRole ??= Options.RoleName;
    }

    internal override void Load(string file, string? database) => LoadFile(file, database ?? "DEMO");

    internal override object SwitchBoard => Switches;

    private protected override IReadOnlyList<OutputColumn> Describe(EmulatedCatalogue catalogue, string sql) =>
        new SnowflakeTranslator(new StatementContext(catalogue) { Role = null, Warehouse = "DESCRIBE", Now = catalogue.Now() }).Describe(sql);
}
