using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Tests.Databases;

/// <summary>A run's error rows as text that two runs over the same rows must share.</summary>
internal static partial class ErrorRows
{
    // A profile that only the import creates has another id than the one the check made up.
    public static async Task<IReadOnlyList<string>> DescribeAsync(IRunStore runs, Guid runId, CancellationToken cancellationToken) =>
        [.. (await runs.GetErrorsAsync(runId, null, null, 1000, cancellationToken)).Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Page} {row.Row} {row.Line} {row.Outcome} {row.Identifier} {string.Join(", ", row.Problems.Select(entry => $"{entry.Problem.Code} {entry.Column} {ProfileId().Replace(entry.Problem.Detail, "(id)")}"))} | {string.Join('|', row.Cells)}"))];

    [GeneratedRegex("[0-9A-HJKMNP-TV-Z]{26}")]
    private static partial Regex ProfileId();
}
