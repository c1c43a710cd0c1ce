using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>What one reading of a file found out.</summary>
/// <param name="Columns">The imported columns in order; those an error file added are left out.</param>
/// <param name="HeaderCells">Cells of the header line, left-out columns included.</param>
/// <param name="Rows">Records after the header, refused ones included; the one with a broken quote is the last.</param>
/// <param name="Preview">The first 50 records.</param>
/// <param name="ModifiedAt">The column that says when a row was changed, if one is found.</param>
/// <param name="Fields">What each column would become: standard properties by their names, the others as custom properties with the type of 7.1.</param>
/// <param name="Notices"><c>csv_delimiter_detected</c>.</param>
public sealed record UploadDescription(
    IReadOnlyList<string> Columns,
    int HeaderCells,
    char Delimiter,
    long Rows,
    IReadOnlyList<IReadOnlyList<string?>> Preview,
    string? ModifiedAt,
    IReadOnlyList<SuggestedField> Fields,
    IReadOnlyList<SkippedColumn> Skipped,
    IReadOnlyList<Problem> Notices);
