using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Digests rows as read, cursor included (H2, H4). A cell is hashed with its length, and NULL differs from the empty text.</summary>
internal sealed class RowDigester
{
    /// <summary>
    /// Seed of the digests: raised whenever a canonicaliser or a rule of validation changes, so that no row is skipped because of what older rules made of it.
    /// </summary>
    public const long RulesVersion = 1;

    private const int NullLength = -1;

    private readonly XxHash128 _hash = new(RulesVersion);

    public RowDigest Digest(RowPage page, int row)
    {
        Append(page.Cursor[row]);
        foreach (var column in page.Columns) Append(column[row]);

        Span<byte> digest = stackalloc byte[RowDigest.Size];
        _hash.GetHashAndReset(digest);
        return new RowDigest(BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]));
    }

    private void Append(string? cell)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, cell?.Length ?? NullLength);
        _hash.Append(length);
        if (cell is not null) _hash.Append(MemoryMarshal.AsBytes(cell.AsSpan()));
    }
}
