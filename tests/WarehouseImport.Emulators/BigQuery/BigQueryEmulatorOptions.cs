namespace WarehouseImport.Emulators.BigQuery;

/// <summary>How the BigQuery emulator starts.</summary>
public sealed record BigQueryEmulatorOptions
{
    /// <value>Port of the REST interface on 127.0.0.1; 0 for a free one.</value>
    public int Port { get; init; }

    /// <value>Port of the control interface; 0 for a free one.</value>
    public int ControlPort { get; init; }

    /// <value>Whether bearers are checked against the token endpoint; without, any bearer is accepted.</value>
    public bool ChecksAuthentication { get; init; } = true;

    /// <value>The clock under the emulator's own.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <value>Decides every shuffle.</value>
    public int Seed { get; init; } = 1;

    public string ProjectId { get; init; } = "demo-project";

    /// <value>Where a job runs that names no location and reads no dataset.</value>
    public string Location { get; init; } = "US";

    public string ServiceAccount { get; init; } = "warehouse-import@demo-project.iam.gserviceaccount.com";
}
