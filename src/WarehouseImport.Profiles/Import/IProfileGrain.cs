namespace WarehouseImport.Profiles.Import;

/// <summary>
/// Owns one partition of the identifier space (design section 5): batches of the partition are applied one after the other.
/// Ownership saves lost races; correctness rests on the database alone (R9).
/// </summary>
[Alias("profile-grain")]
public interface IProfileGrain : IGrainWithIntegerKey
{
    /// <summary>Applies a batch in one transaction, or returns the stored result of its first application. Safe to repeat after a time-out.</summary>
    [Alias("apply"), ResponseTimeout("00:02:00")]
    Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken = default);
}
