using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace WarehouseImport.Profiles.Import;

/// <summary>What a row says, apart from when and where.</summary>
static class RowContent
{
    // Its state takes more than half a kilobyte, which is not worth making anew for every row.
    [ThreadStatic]
    private static XxHash3? _hash;

    /// <summary>Orders rows of one instant by identifiers, then by fields and values: arbitrary, but the same in whatever order they were delivered.</summary>
    public static int Compare(ProfileUpdate left, ProfileUpdate right, ProfileBatch batch)
    {
        for (var i = 0; i < Math.Min(left.Identifiers.Length, right.Identifiers.Length); i++)
        {
            var order = left.Identifiers[i].Identifier.Kind.CompareTo(right.Identifiers[i].Identifier.Kind);
            if (order == 0) order = string.CompareOrdinal(left.Identifiers[i].Identifier.Value, right.Identifiers[i].Identifier.Value);
            if (order != 0) return order;
        }

        for (var i = 0; i < Math.Min(left.Writes.Length, right.Writes.Length); i++)
        {
            var order = string.CompareOrdinal(batch.Targets[left.Writes[i].Target].Field, batch.Targets[right.Writes[i].Target].Field);
            if (order == 0) order = string.CompareOrdinal(left.Writes[i].Json, right.Writes[i].Json);
            if (order != 0) return order;
        }

        var lengths = (left.Identifiers.Length, left.Writes.Length).CompareTo((right.Identifiers.Length, right.Writes.Length));
        return lengths != 0 ? lengths : CompareConsent(left, right);
    }

    private static int CompareConsent(ProfileUpdate left, ProfileUpdate right)
    {
        for (var i = 0; i < Math.Min(left.Consent.Length, right.Consent.Length); i++)
        {
            var (mine, other) = (left.Consent[i], right.Consent[i]);
            var order = (mine.Register, mine.Statement, mine.Instant).CompareTo((other.Register, other.Statement, other.Instant));
            if (order == 0) order = string.CompareOrdinal(mine.CustomSource, other.CustomSource);
            if (order != 0) return order;
        }

        for (var i = 0; i < Math.Min(left.Suppressions.Length, right.Suppressions.Length); i++)
        {
            var order = (left.Suppressions[i].Reason, left.Suppressions[i].Instant).CompareTo((right.Suppressions[i].Reason, right.Suppressions[i].Instant));
            if (order != 0) return order;
        }

        return (left.Consent.Length, left.Suppressions.Length).CompareTo((right.Consent.Length, right.Suppressions.Length));
    }

    /// <summary>Equal rows have equal digests on every machine.</summary>
    public static ulong Digest(ProfileUpdate row, ProfileBatch batch)
    {
        var hash = _hash ??= new XxHash3();
        hash.Reset();
        foreach (var claim in row.Identifiers)
        {
            Append(hash, (int)claim.Identifier.Kind);
            Append(hash, claim.Identifier.Value);
        }

        foreach (var write in row.Writes)
        {
            var target = batch.Targets[write.Target];
            Append(hash, (int)target.Mode);
            Append(hash, target.Field);
            Append(hash, write.Json);
        }

        foreach (var write in row.Consent)
        {
            Append(hash, (int)write.Register);
            Append(hash, (int)write.Statement);
            Append(hash, write.Instant.ToString());
            Append(hash, write.CustomSource);
        }

        foreach (var write in row.Suppressions)
        {
            Append(hash, (int)write.Reason);
            Append(hash, write.Instant.ToString());
        }

        return hash.GetCurrentHashAsUInt64();
    }

    private static void Append(XxHash3 hash, int value) => hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private static void Append(XxHash3 hash, string? value)
    {
        Append(hash, value?.Length ?? -1);
        hash.Append(MemoryMarshal.AsBytes(value.AsSpan()));
    }
}
