namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>What one read of a DuckDB warehouse may use of this machine.</summary>
public sealed class DuckDbOptions
{
    public const string SectionName = "Warehouses:DuckDb";

    /// <summary>Memory of one open file in MiB; larger sorts spill to <see cref="SpillFolder"/>.</summary>
    /// <value>1024.</value>
    public int MemoryMiB { get; set; } = 1024;

    /// <summary>Threads of one open file.</summary>
    /// <value>2.</value>
    public int Threads { get; set; } = 2;

    /// <summary>Where sorts spill. Never beside the database file, because a warehouse is only read.</summary>
    /// <value><c>warehouseimport-duckdb</c> in the system's temporary folder.</value>
    public string SpillFolder { get; set; } = Path.Combine(Path.GetTempPath(), "warehouseimport-duckdb");
}
