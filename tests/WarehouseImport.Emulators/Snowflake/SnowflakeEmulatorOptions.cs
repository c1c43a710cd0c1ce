namespace WarehouseImport.Emulators.Snowflake;

/// <summary>How the Snowflake emulator starts.</summary>
public sealed record SnowflakeEmulatorOptions
{
    /// <value>Port of the SQL API on 127.0.0.1; 0 for a free one.</value>
    public int Port { get; init; }

    /// <value>Port of the control interface; 0 for a free one.</value>
    public int ControlPort { get; init; }

    /// <value>The account identifier a token must name, upper case.</value>
    public string Account { get; init; } = "ACME-WAREHOUSE_1";

    /// <value>Whether tokens are verified; without, any bearer of the right form is accepted.</value>
    public bool ChecksAuthentication { get; init; } = true;

    /// <value>The clock under the emulator's own.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <value>Decides every shuffle: ties, and the order of fields.</value>
    public int Seed { get; init; } = 1;

    public string UserName { get; init; } = "WAREHOUSE_IMPORT";

    public string RoleName { get; init; } = "WAREHOUSE_IMPORT_ROLE";

    public string WarehouseName { get; init; } = "WAREHOUSE_IMPORT_WH";
}
