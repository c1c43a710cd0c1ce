using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace WarehouseImport.Storage;

public enum StorageProvider
{
    /// <summary>One file in <see cref="StorageOptions.Path"/>; one process.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, shared by all processes of a cluster.</summary>
    Postgres,
}

/// <summary>Where the product keeps its own data, and for how long.</summary>
public sealed class StorageOptions
{
    public const string SectionName = "Storage";

    /// <summary>Name of the PostgreSQL connection string under <c>ConnectionStrings</c>.</summary>
    public const string ConnectionStringName = "WarehouseImport";

    public const string FileName = "warehouse-import.db";

    /// <value>Default <see cref="StorageProvider.Sqlite"/>.</value>
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;

    /// <summary>Folder of the SQLite file; made if it is missing.</summary>
    /// <value>Default <c>./data</c>.</value>
    public string Path { get; set; } = "./data";

    /// <summary>Filled from <c>ConnectionStrings:WarehouseImport</c>; needed for PostgreSQL, not used by SQLite.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Bring the schema up to date when the server starts.</summary>
    /// <value>Default true.</value>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>Error rows kept per run; later ones are counted but not kept. 0 – 10 000 000.</summary>
    /// <value>Default 100 000.</value>
    public int ErrorRowsPerRun { get; set; } = 100_000;

    /// <summary>How long error rows are kept after their run has finished.</summary>
    /// <value>Default 30 days.</value>
    public TimeSpan ErrorRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long runs are kept after they have finished.</summary>
    /// <value>Default 396 days, about 13 months.</value>
    public TimeSpan RunRetention { get; set; } = TimeSpan.FromDays(396);

    /// <summary>How long the history of profiles is kept; null keeps it for ever.</summary>
    /// <value>Default null.</value>
    public TimeSpan? HistoryRetention { get; set; }

    /// <summary>PostgreSQL connections reserved for Orleans, apart from those of the imports, so that bulk writes cannot starve heartbeats. 10 – 20.</summary>
    /// <value>Default 12.</value>
    public int OrleansConnections { get; set; } = 12;

    /// <summary>The provider a configuration names; it decides which services exist, so it is read before options are bound.</summary>
    /// <exception cref="StorageException">It names none.</exception>
    public static StorageProvider ReadProvider(IConfiguration configuration)
    {
        var text = configuration[$"{SectionName}:{nameof(Provider)}"];
        if (string.IsNullOrWhiteSpace(text)) return StorageProvider.Sqlite;
        if (Enum.TryParse<StorageProvider>(text, ignoreCase: true, out var provider) && Enum.IsDefined(provider)) return provider;
        throw new StorageException(StorageOptionsValidator.ProviderUnknown(text));
    }

    /// <summary>The SQLite file.</summary>
    public string FilePath => System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, FileName));
}

internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public static string ProviderUnknown(string found) => $"Storage:Provider is '{found}'; allowed are sqlite and postgres.";

    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var problems = new List<string>();
        if (!Enum.IsDefined(options.Provider)) problems.Add(ProviderUnknown(options.Provider.ToString()));
        if (options.Provider == StorageProvider.Sqlite && string.IsNullOrWhiteSpace(options.Path)) problems.Add("Storage:Path is empty; give a folder.");
        if (options.Provider == StorageProvider.Postgres && string.IsNullOrWhiteSpace(options.ConnectionString))
            problems.Add("ConnectionStrings:WarehouseImport is missing; Storage:Provider postgres needs it.");
        if (options.Provider == StorageProvider.Postgres && options.ConnectionString is { Length: > 0 } connection && !IsConnectionString(connection))
            problems.Add("ConnectionStrings:WarehouseImport is not an Npgsql connection string such as 'Host=127.0.0.1;Database=warehouseimport;Username=warehouseimport;Password=…'.");
        if (options.ErrorRowsPerRun is < 0 or > 10_000_000) problems.Add($"Storage:ErrorRowsPerRun is {options.ErrorRowsPerRun}; allowed is 0 to 10000000.");
        if (options.ErrorRetention <= TimeSpan.Zero) problems.Add($"Storage:ErrorRetention is {options.ErrorRetention}; it must be greater than zero.");
        if (options.RunRetention < options.ErrorRetention)
            problems.Add($"Storage:RunRetention is {options.RunRetention}; it must be at least Storage:ErrorRetention ({options.ErrorRetention}).");
        if (options.HistoryRetention is { } history && history < TimeSpan.FromDays(1))
            problems.Add($"Storage:HistoryRetention is {history}; it must be at least one day, or absent to keep history for ever.");
        if (options.OrleansConnections is < 10 or > 20) problems.Add($"Storage:OrleansConnections is {options.OrleansConnections}; allowed is 10 to 20.");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    // What the driver objects to may be part of the password, so its words are not repeated.
    private static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            return false;
        }
    }
}
