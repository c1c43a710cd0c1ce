namespace WarehouseImport.Profiles.Import;

/// <summary>A batch lost every race for its profiles. Nothing was written; sending it again is safe.</summary>
[GenerateSerializer, Alias("profile-contention")]
public sealed class ProfileContentionException : Exception
{
    public ProfileContentionException(BatchKey key)
        : base($"Page {key.Page}, partition {key.Partition} of run {key.RunId} lost {ProfileBatchApplier.MaxAttempts} races for its profiles. Nothing of it was written; it can be sent again.")
    {
    }
}
