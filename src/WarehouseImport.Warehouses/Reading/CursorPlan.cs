namespace WarehouseImport.Warehouses.Reading;

/// <summary>A cursor whose columns were found in the dataset and whose type can be ordered exactly (profile-import-rules 11.2, 11.5).</summary>
/// <param name="Pattern">The text form; given for text cursors and only for them.</param>
internal sealed record CursorPlan(DatasetColumn First, DatasetColumn? Second, CursorCombination Combine, string? Pattern)
{
    public ColumnKind Kind => First.Kind;

    /// <exception cref="WarehouseException">
    /// <see cref="WarehouseErrors.ColumnMissing"/> if a column is gone, <see cref="WarehouseErrors.CursorUnsupported"/> if its type cannot be a cursor,
    /// the two columns differ in type, or a text cursor has no pattern.
    /// </exception>
    public static CursorPlan Resolve(DatasetName dataset, IReadOnlyList<DatasetColumn> columns, CursorColumn cursor)
    {
        var first = Schema.Find(dataset, columns, cursor.Column);
        var second = cursor.SecondColumn is null ? null : Schema.Find(dataset, columns, cursor.SecondColumn);
        foreach (var column in second is null ? [first] : new[] { first, second })
        {
            if (column.Kind is not (ColumnKind.Integer or ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.TimestampWithZone or ColumnKind.Text))
            {
                throw Refused(
                    $"Column \"{column.Name}\" of {dataset} is of type {column.NativeType} and cannot be the cursor.",
                    "Choose a timestamp, a date, an integer, or text in one ISO form.");
            }
        }

        if (second is not null && (second.Kind != first.Kind || (first.Kind != ColumnKind.Integer && second.NativeType != first.NativeType)))
        {
            throw Refused(
                $"Columns \"{first.Name}\" ({first.NativeType}) and \"{second.Name}\" ({second.NativeType}) of {dataset} cannot be combined into one cursor.",
                "Choose two columns of the same type, or add a view that casts them to one type.");
        }

        if (first.Kind == ColumnKind.Text && string.IsNullOrEmpty(cursor.TextPattern))
        {
            throw Refused($"The text column \"{first.Name}\" of {dataset} needs a stated form before it can be the cursor.", "State the one ISO form its values have.");
        }

        return new CursorPlan(first, second, cursor.Combine, first.Kind == ColumnKind.Text ? cursor.TextPattern : null);
    }

    public static WarehouseException Refused(string message, string fix) => new(WarehouseErrors.CursorUnsupported, message, fix);
}
