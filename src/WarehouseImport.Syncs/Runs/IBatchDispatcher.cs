using WarehouseImport.Profiles.Import;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Delivers the batches of one run. Safe for concurrent use; disposing it ends the run's use of it.</summary>
public interface IBatchDispatcher : IAsyncDisposable
{
    /// <summary>Applies a batch, repeating the same message while its outcome is unknown. A repeated batch never counts twice (R6).</summary>
    /// <exception cref="RunFailedException"><see cref="RunErrors.ProfilesUnavailable"/> after the last attempt.</exception>
    Task<BatchResult> ApplyAsync(ProfileBatch batch, CancellationToken cancellationToken);
}

/// <summary>Chooses where a run's batches go: the profiles, or a scratch copy for a dry run.</summary>
public interface IBatchDispatchers
{
    Task<IBatchDispatcher> OpenAsync(RunRecord run, CancellationToken cancellationToken);
}
