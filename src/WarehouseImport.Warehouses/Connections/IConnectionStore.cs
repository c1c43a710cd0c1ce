namespace WarehouseImport.Warehouses.Connections;

/// <summary>A warehouse and its credentials, as stored.</summary>
/// <param name="Type">Name of an <see cref="IWarehouseType"/>.</param>
/// <param name="ProtectedSecrets">Secret name to ciphertext; each is bound to this connection and to its own name (S1). Never leaves the server.</param>
/// <param name="Version">Grows with every change; the ETag.</param>
public sealed record ConnectionRecord(
    Guid Id,
    string Name,
    string Type,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyDictionary<string, string> ProtectedSecrets,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Keeps connections. Names are unique, ignoring case.</summary>
public interface IConnectionStore
{
    Task<ConnectionRecord?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Connections in ascending id order after <paramref name="after"/> (keyset paging).</summary>
    Task<IReadOnlyList<ConnectionRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken);

    Task<ConnectionWriteStatus> CreateAsync(ConnectionRecord connection, CancellationToken cancellationToken);

    /// <summary>Replaces the connection if its stored version is <paramref name="expectedVersion"/>, which then becomes one more.</summary>
    Task<ConnectionWriteStatus> UpdateAsync(ConnectionRecord connection, long expectedVersion, CancellationToken cancellationToken);

    Task<ConnectionWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken);
}

public enum ConnectionWriteStatus
{
    Written,
    NotFound,
    VersionMismatch,
    NameTaken,

    /// <summary>A sync still uses the connection.</summary>
    InUse,
}
