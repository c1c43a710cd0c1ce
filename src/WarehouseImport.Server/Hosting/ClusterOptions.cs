using System.Net;
using Microsoft.Extensions.Options;

namespace WarehouseImport.Server.Hosting;

/// <summary>How this process takes part in the cluster. With SQLite there is one process and only the loopback address is used (S17).</summary>
internal sealed class ClusterOptions
{
    public const string SectionName = "Cluster";

    /// <summary>Keys reminders and stored alarms: must never change for a database.</summary>
    /// <value>Default <c>warehouse-import</c>.</value>
    public string ServiceId { get; set; } = "warehouse-import";

    /// <summary>Tells clusters on one database apart.</summary>
    /// <value>Default <c>warehouse-import</c>.</value>
    public string ClusterId { get; set; } = "warehouse-import";

    /// <summary>The address other processes reach this one at; PostgreSQL only.</summary>
    /// <value>Default <c>127.0.0.1</c>.</value>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port between processes; null takes the first free one of a row that belongs to the database, so that several instances run on one machine.</summary>
    /// <value>Default null.</value>
    public int? SiloPort { get; set; }

    /// <summary>How long a stopping process may take to finish what it is applying.</summary>
    /// <value>Default 60 s. 1 s – 10 min.</value>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(60);
}

internal sealed class ClusterOptionsValidator : IValidateOptions<ClusterOptions>
{
    public ValidateOptionsResult Validate(string? name, ClusterOptions options)
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(options.ServiceId)) problems.Add("Cluster:ServiceId is empty; give a name.");
        if (string.IsNullOrWhiteSpace(options.ClusterId)) problems.Add("Cluster:ClusterId is empty; give a name.");
        if (!IPAddress.TryParse(options.Address, out _)) problems.Add($"Cluster:Address is '{options.Address}'; it must be an IP address.");
        if (options.SiloPort is < 1 or > 65_535) problems.Add($"Cluster:SiloPort is {options.SiloPort}; it must be between 1 and 65535, or absent for a free one.");
        if (options.ShutdownTimeout < TimeSpan.FromSeconds(1) || options.ShutdownTimeout > TimeSpan.FromMinutes(10))
            problems.Add($"Cluster:ShutdownTimeout is {options.ShutdownTimeout}; it must be between 00:00:01 and 00:10:00.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
