using System.Runtime.InteropServices;

namespace WarehouseImport.Syncs.Runs;

/// <summary>A multiset of row digests: equal rows are matched one for one, never all by one.</summary>
internal sealed class DigestBag
{
    private readonly Dictionary<RowDigest, int> _counts = [];

    public DigestBag(IEnumerable<RowDigest> digests)
    {
        foreach (var digest in digests) CollectionsMarshal.GetValueRefOrAddDefault(_counts, digest, out _)++;
    }

    /// <summary>Takes one such row out. False if there is none left.</summary>
    public bool TryTake(RowDigest digest)
    {
        if (!_counts.TryGetValue(digest, out var count)) return false;
        if (count == 1) _counts.Remove(digest);
        else _counts[digest] = count - 1;
        return true;
    }
}
