using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;

namespace WarehouseImport.Profiles.Storage;

/// <summary>The read side of profiles: plain queries that never pass through grains, so a running import does not delay them.</summary>
public interface IProfileReader
{
    Task<StoredProfile?> GetAsync(Ulid id, CancellationToken cancellationToken);

    /// <summary>The profile that holds a canonical identifier. Creates nothing (S26).</summary>
    Task<StoredProfile?> FindAsync(Identifier identifier, CancellationToken cancellationToken);

    /// <summary>
    /// Profiles in ascending id order after <paramref name="after"/>. A search text matches the beginning of an identifier,
    /// of the first name or of the last name, ignoring case; null lists all.
    /// </summary>
    Task<IReadOnlyList<StoredProfile>> SearchAsync(string? text, Ulid? after, int limit, CancellationToken cancellationToken);

    /// <summary>A profile's changes, newest first, older than <paramref name="after"/> (a change id; keyset paging).</summary>
    Task<IReadOnlyList<Change>> GetHistoryAsync(Ulid profileId, string? field, Ulid? after, int limit, CancellationToken cancellationToken);

    Task<long> CountAsync(CancellationToken cancellationToken);
}
