using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Engine;

/// <summary>The rows of a statement as they were when it ran. A cell is DuckDB's text, a double, or null; encoding waits for the request.</summary>
internal sealed record FrozenResult(IReadOnlyList<OutputColumn> Columns, IReadOnlyList<object?[]> Rows);
