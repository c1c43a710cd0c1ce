namespace WarehouseImport.Profiles.Merging;

/// <summary>How firmly a mapping speaks.</summary>
public enum FieldStrength : byte
{
    /// <summary><c>write: if_empty</c>: never beats an ordinary value, and among such values the least version stays.</summary>
    IfEmpty = 0,

    /// <summary>An ordinary value or an explicit clear.</summary>
    Ordinary = 1,
}

/// <summary>
/// The ordering key of a field's value (guarantees section 3): strength, source instant, precedence, sync, run. The value's canonical bytes
/// break the last tie; see <see cref="Compare"/>. The order is total, which is what makes the merge commutative, associative and idempotent.
/// </summary>
/// <param name="Instant">The row's source instant.</param>
/// <param name="Precedence">The sync's configured precedence; higher wins at equal instants.</param>
/// <param name="SyncId">Breaks ties of precedence.</param>
/// <param name="RunSeq">A later extraction of the same sync is fresher, which matters when the cursor is coarse.</param>
[GenerateSerializer, Immutable, Alias("field-version")]
public readonly record struct FieldVersion(
    [property: Id(0)] FieldStrength Strength,
    [property: Id(1)] SourceInstant Instant,
    [property: Id(2)] int Precedence,
    [property: Id(3)] Guid SyncId,
    [property: Id(4)] long RunSeq)
{
    /// <summary>Compares two written values of one field; greater than zero means the left one holds.</summary>
    /// <param name="leftValue">Canonical JSON of the left value, or null for a clear.</param>
    /// <param name="rightValue">Canonical JSON of the right value, or null for a clear.</param>
    public static int Compare(in FieldVersion left, string? leftValue, in FieldVersion right, string? rightValue)
    {
        if (left.Strength != right.Strength) return left.Strength.CompareTo(right.Strength);

        var order = left.CompareKey(right);
        if (order == 0) order = string.CompareOrdinal(leftValue, rightValue);
        return left.Strength == FieldStrength.Ordinary ? order : -order;
    }

    /// <summary>
    /// Compares without the value. For writes of the same strength class this is the order of <see cref="Compare"/> up to its last tie; used where a tie is
    /// broken by something other than the field's own value (list elements, identifier claims).
    /// </summary>
    public static int CompareKeys(in FieldVersion left, in FieldVersion right)
    {
        if (left.Strength != right.Strength) return left.Strength.CompareTo(right.Strength);
        var order = left.CompareKey(right);
        return left.Strength == FieldStrength.Ordinary ? order : -order;
    }

    private int CompareKey(in FieldVersion other)
    {
        var order = Instant.CompareTo(other.Instant);
        if (order == 0) order = Precedence.CompareTo(other.Precedence);
        if (order == 0) order = SyncId.CompareTo(other.SyncId);
        return order != 0 ? order : RunSeq.CompareTo(other.RunSeq);
    }
}
