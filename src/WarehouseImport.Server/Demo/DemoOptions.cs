namespace WarehouseImport.Server.Demo;

/// <param name="Folder">Everything the demo writes is in it.</param>
/// <param name="Exit">End after the report instead of serving on.</param>
/// <param name="Urls">Address to serve on, or null for the default.</param>
/// <param name="Warehouse">Where the sample is read from: a constant of <see cref="DemoWarehouse"/>.</param>
internal sealed record DemoOptions(string Folder, bool Exit, string? Urls, string Warehouse = DemoWarehouse.DuckDb);
