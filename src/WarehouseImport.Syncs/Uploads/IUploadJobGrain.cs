namespace WarehouseImport.Syncs.Uploads;

/// <summary>Drives one run of a file, whose id is the key, outside its turns. Its status is asked of the stored run, not of the grain.</summary>
[Alias("upload-job-grain")]
public interface IUploadJobGrain : IGrainWithGuidKey
{
    /// <summary>Begins to drive the run, or takes it over from a process that is gone; does nothing if it is driven here or has ended.</summary>
    [Alias("resume")]
    Task ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks the run to stop: between pages, or before its first one if it still waits for a place.</summary>
    /// <returns>False if the run is not active.</returns>
    [Alias("cancel")]
    Task<bool> CancelAsync(CancellationToken cancellationToken = default);
}
