using System.Collections.Immutable;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>A page after validation and normalisation: every row is either an update or refused.</summary>
/// <param name="Targets">The fields that <see cref="FieldWrite.Target"/> indexes; the same for every page of a run.</param>
/// <param name="Updates">Valid rows in page order.</param>
/// <param name="Refused">Rows that failed, with all their errors in column order.</param>
/// <param name="Warnings">Warnings of valid rows by row position, in column order.</param>
/// <param name="LargestInstant">Greatest readable source instant of the page, refused rows included; null if none could be read.</param>
public sealed record MappedPage(
    ImmutableArray<FieldTarget> Targets,
    IReadOnlyList<ProfileUpdate> Updates,
    IReadOnlyList<RunErrorRow> Refused,
    IReadOnlyDictionary<int, IReadOnlyList<RowProblem>> Warnings,
    SourceInstant? LargestInstant)
{
    /// <summary>The line of every row of the page if the first row of a person wins (<see cref="ProfileBatch.FirstRowWinsLines"/>); null where versions decide.</summary>
    public IReadOnlyList<int>? FirstRowWinsLines { get; init; }
}
