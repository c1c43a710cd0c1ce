using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Setup;

/// <summary>Whether a dataset still fits the saved mapping (H19); asked before each run, which stops before its first row if it does not.</summary>
public static class SchemaCheck
{
    /// <summary>The columns a sync reads, as they are to be remembered with it.</summary>
    public static IReadOnlyList<SavedColumn> Remember(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns)
    {
        var read = RowMapper.ColumnsToRead(definition, columns).ToHashSet(StringComparer.Ordinal);
        return [.. columns.Where(column => read.Contains(column.Name)).Select(column => new SavedColumn(column.Name, column.NativeType, column.Kind))];
    }

    /// <summary>
    /// <c>column_missing</c> and <c>column_type_changed</c> for mapped columns that are gone or of another kind than when the sync was saved, and whatever else
    /// no longer works. A type that changes within its kind (a longer text) is no problem; columns that are not mapped do not matter.
    /// </summary>
    public static IReadOnlyList<SetupProblem> Compare(SyncDefinition definition, IReadOnlyList<DatasetColumn> columnsNow)
    {
        var problems = new List<SetupProblem>();
        foreach (var saved in definition.SavedColumns)
        {
            var now = columnsNow.FirstOrDefault(column => column.Name == saved.Name);
            if (now is not null && now.Kind != saved.Kind)
            {
                problems.Add(MappingRules.From(
                    ProblemCatalogue.Fill(ProblemCodes.ColumnTypeChanged, ("column", saved.Name), ("a", saved.NativeType), ("b", now.NativeType)), ""));
            }
        }

        var other = new List<SetupProblem>();
        MappingRules.CheckColumns(definition, columnsNow, other);
        problems.AddRange(other.Where(problem => problems.Count == 0 || problem.Code == ProblemCodes.ColumnMissing).DistinctBy(problem => (problem.Code, problem.Message)));
        return problems;
    }
}
