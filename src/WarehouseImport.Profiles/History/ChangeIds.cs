using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WarehouseImport.Profiles.History;

/// <summary>
/// Ids of one batch's changes: ULIDs of the time applied whose random part counts upwards, so that ids sort in the order of application
/// (plain ULIDs of one millisecond would not).
/// </summary>
sealed class ChangeIds(DateTimeOffset appliedAt)
{
    private readonly byte[] _random = RandomNumberGenerator.GetBytes(10);
    private uint _next;

    public Ulid Next()
    {
        BinaryPrimitives.WriteUInt32BigEndian(_random.AsSpan(6), _next++);
        return Ulid.NewUlid(appliedAt, _random);
    }
}
