namespace WarehouseImport.Profiles.Identity;

/// <summary>Possible duplicates, merges and forwarded ids. They are written in the transactions of <see cref="Storage.IProfileStore"/>.</summary>
public interface IIdentityStore
{
    /// <summary>Pairs of profiles that are two at present, by pair, after <paramref name="after"/>.</summary>
    /// <param name="dismissed">List the dismissed pairs instead of the open ones.</param>
    Task<IReadOnlyList<PossibleDuplicate>> ListDuplicatesAsync(bool dismissed, ProfilePair? after, int limit, CancellationToken cancellationToken);

    /// <returns>False if the pair is not listed.</returns>
    Task<bool> DismissAsync(ProfilePair pair, string by, DateTimeOffset at, CancellationToken cancellationToken);

    Task<StoredMerge?> GetMergeAsync(Ulid mergeId, CancellationToken cancellationToken);

    /// <summary>The merges a profile was kept or removed by, undone ones included, newest first, before <paramref name="before"/>.</summary>
    /// <param name="profileId">May be an id that a merge removed.</param>
    Task<IReadOnlyList<StoredMerge>> ListMergesAsync(Ulid profileId, Ulid? before, int limit, CancellationToken cancellationToken);

    /// <summary>The profile a removed one was merged into, however many merges led there; null if the id was not removed.</summary>
    Task<Ulid?> FindForwardAsync(Ulid removed, CancellationToken cancellationToken);
}
