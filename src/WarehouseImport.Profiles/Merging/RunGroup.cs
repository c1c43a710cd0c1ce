namespace WarehouseImport.Profiles.Merging;

/// <summary>
/// The rows of the latest run that meant a profile, folded into one outcome (see <see cref="Outcome"/>). Stored with the profile so that the group
/// stays one even if its rows come in different pages or after a restart.
/// </summary>
/// <param name="Greatest">Source instant of the group's greatest row.</param>
/// <param name="Digest">Content digest of that row; in a run where the first row wins, the line of the first row.</param>
readonly record struct RunGroup(Guid RunId, Outcome Outcome, SourceInstant Greatest, ulong Digest);
