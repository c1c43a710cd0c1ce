using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Compares a dataset with what a sync was set up on, before the first row (H19). Columns the sync does not use may come and go.</summary>
internal static class SchemaCheck
{
    /// <exception cref="RunFailedException"><see cref="RunErrors.ColumnMissing"/> naming every missing column and the ones there are.</exception>
    public static void ThrowIfMissing(SyncDefinition definition, IReadOnlyList<string> mapped, IReadOnlyList<DatasetColumn> found)
    {
        var names = found.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        string?[] cursors = [definition.Cursor.Column, definition.Cursor.SecondColumn];
        var missing = mapped.Concat(cursors.OfType<string>()).Distinct(StringComparer.Ordinal).Where(name => !names.Contains(name)).ToList();
        if (missing.Count == 0) return;

        throw new RunFailedException(
            RunErrors.ColumnMissing,
            $"{definition.Dataset} no longer has {string.Join(", ", missing.Select(Quote))}. It has {string.Join(", ", found.Select(column => Quote(column.Name)))}.",
            "Restore the columns or change the mapping of the sync.");
    }

    /// <exception cref="RunFailedException"><see cref="RunErrors.ColumnTypeChanged"/> naming every changed column with its old and new kind.</exception>
    public static void ThrowIfChanged(SyncDefinition definition, RunWindow reference, IReadOnlyList<DatasetColumn> columns)
    {
        if (reference.ColumnKinds is not { } kinds) return;

        var before = reference.Columns.Zip(kinds).ToDictionary(column => column.First, column => column.Second, StringComparer.Ordinal);
        var changes = columns
            .Where(column => before.TryGetValue(column.Name, out var kind) && kind != column.Kind)
            .Select(column => $"{Quote(column.Name)} was {before[column.Name]} and is {column.Kind} ({column.NativeType})")
            .ToList();
        if (changes.Count == 0) return;

        throw new RunFailedException(
            RunErrors.ColumnTypeChanged,
            $"Mapped columns of {definition.Dataset} have changed their type: {string.Join("; ", changes)}.",
            "Change the mapping of the sync, or accept the new types by a full re-read.");
    }

    private static string Quote(string name) => $"“{name}”";
}
