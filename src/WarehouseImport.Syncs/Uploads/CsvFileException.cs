using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>The file as a whole cannot be read (profile-import-rules 13, "stops the file").</summary>
public sealed class CsvFileException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
