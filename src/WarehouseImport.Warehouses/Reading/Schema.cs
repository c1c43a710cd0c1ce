namespace WarehouseImport.Warehouses.Reading;

/// <summary>Matches requested names against discovered ones, so that no name reaches SQL that the warehouse did not report itself (S7, H19).</summary>
internal static class Schema
{
    public static DatasetColumn Find(DatasetName dataset, IReadOnlyList<DatasetColumn> columns, string name) =>
        columns.FirstOrDefault(column => column.Name == name)
        ?? throw new WarehouseException(
            WarehouseErrors.ColumnMissing,
            $"Dataset {dataset} has no column \"{name}\" that may be read.",
            $"Choose one of: {string.Join(", ", columns.Take(20).Select(column => column.Name))}{(columns.Count > 20 ? ", …" : "")}.");

    public static IReadOnlyList<DatasetColumn> FindReadable(DatasetName dataset, IReadOnlyList<DatasetColumn> columns, IReadOnlyList<string> names)
    {
        var found = new DatasetColumn[names.Count];
        for (var index = 0; index < found.Length; index++)
        {
            var column = Find(dataset, columns, names[index]);
            found[index] = column.Kind != ColumnKind.Unreadable
                ? column
                : throw new WarehouseException(
                    WarehouseErrors.ColumnUnsupported,
                    $"Column \"{column.Name}\" of {dataset} is of type {column.NativeType}, which cannot be read.",
                    "Leave the column out, or add a view that casts it to text.");
        }

        return found;
    }

    public static WarehouseException Unknown(DatasetName dataset) => new(
        WarehouseErrors.DatasetUnknown,
        $"There is no dataset {dataset} that these credentials can see.",
        "Names are case-sensitive; list the datasets to see what can be read.");
}
