using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Consent;

/// <summary>A stored statement: its consent instant, the version of the row it stood on, and where it came from.</summary>
/// <param name="Version">Always of ordinary strength; comes after the consent instant in the order (9.4).</param>
/// <param name="RunId">The run or upload; follows from the version for imports.</param>
readonly record struct ConsentEntry(SourceInstant Instant, FieldVersion Version, ConsentMethod Method, Guid RunId, string? CustomSource)
{
    /// <summary>The total order among statements of one kind; the parts after the version break ties inside one run only.</summary>
    public static int Compare(in ConsentEntry left, in ConsentEntry right)
    {
        var order = left.Instant.CompareTo(right.Instant);
        if (order == 0) order = FieldVersion.CompareKeys(left.Version, right.Version);
        if (order == 0) order = string.CompareOrdinal(left.CustomSource, right.CustomSource);
        if (order == 0) order = left.Method.CompareTo(right.Method);
        return order != 0 ? order : left.RunId.CompareTo(right.RunId);
    }

    public static ConsentEntry? Greater(ConsentEntry? left, ConsentEntry? right)
    {
        if (left is not { } l) return right;
        return right is { } r && Compare(r, l) > 0 ? right : left;
    }

    public static ConsentEntry? Lesser(ConsentEntry? left, ConsentEntry? right)
    {
        if (left is not { } l) return right;
        return right is { } r && Compare(r, l) < 0 ? right : left;
    }
}

/// <summary>The effective status of a register and the statement that decides it; none for never subscribed.</summary>
readonly record struct ConsentStanding(ConsentStatus Status, ConsentEntry? Deciding, SourceInstant? FirstSubscribedAt);

/// <summary>
/// Consent of one channel and purpose for one address (9.3a). Each part is the greatest or least of what was ever stated, so the state depends on the
/// statements alone, not on their order or number (G9).
/// </summary>
sealed class ConsentRegister
{
    public ConsentEntry? EarliestSubscribed { get; private set; }

    public ConsentEntry? LatestSubscribed { get; private set; }

    public ConsentEntry? LatestUnsubscribed { get; private set; }

    public ConsentEntry? LatestNoConsent { get; private set; }

    /// <summary>
    /// Statuses are compared by consent instant alone and the more restrictive holds at equal ones (C3, C4, G14): a later run or another sync that repeats
    /// an old consent must not outrank an opt-out of the same instant.
    /// </summary>
    public ConsentStanding Standing
    {
        get
        {
            var optOut = LatestUnsubscribed;
            if (CountsNoConsent) optOut = ConsentEntry.Greater(optOut, LatestNoConsent);
            var first = EarliestSubscribed?.Instant;
            if (optOut is { } left && (LatestSubscribed is not { } right || right.Instant <= left.Instant)) return new ConsentStanding(ConsentStatus.Unsubscribed, left, first);
            return LatestSubscribed is null ? default : new ConsentStanding(ConsentStatus.Subscribed, LatestSubscribed, first);
        }
    }

    /// <summary>Whether the latest "no consent" takes a consent away: there was one before it, or at the same instant.</summary>
    private bool CountsNoConsent => LatestNoConsent is { } no && EarliestSubscribed is { } first && first.Instant <= no.Instant;

    /// <summary>Whether a bare <c>false</c> of this instant is an opt-out here.</summary>
    public bool IsOptOut(SourceInstant noConsent) => EarliestSubscribed is { } first && first.Instant <= noConsent;

    public void Add(ConsentStatement statement, in ConsentEntry entry)
    {
        switch (statement)
        {
            case ConsentStatement.Subscribed:
                EarliestSubscribed = ConsentEntry.Lesser(EarliestSubscribed, entry);
                LatestSubscribed = ConsentEntry.Greater(LatestSubscribed, entry);
                break;
            case ConsentStatement.Unsubscribed:
                LatestUnsubscribed = ConsentEntry.Greater(LatestUnsubscribed, entry);
                break;
            case ConsentStatement.NoConsent:
                LatestNoConsent = ConsentEntry.Greater(LatestNoConsent, entry);
                break;
            case ConsentStatement.NeverSubscribed:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(statement), statement, "Unknown consent statement.");
        }
    }

    /// <summary>Adds everything another register of the same address knows (9.5).</summary>
    public void Absorb(ConsentRegister other)
    {
        EarliestSubscribed = ConsentEntry.Lesser(EarliestSubscribed, other.EarliestSubscribed);
        LatestSubscribed = ConsentEntry.Greater(LatestSubscribed, other.LatestSubscribed);
        LatestUnsubscribed = ConsentEntry.Greater(LatestUnsubscribed, other.LatestUnsubscribed);
        LatestNoConsent = ConsentEntry.Greater(LatestNoConsent, other.LatestNoConsent);
    }

    public void Restore(ConsentEntry? earliestSubscribed, ConsentEntry? latestSubscribed, ConsentEntry? latestUnsubscribed, ConsentEntry? latestNoConsent) =>
        (EarliestSubscribed, LatestSubscribed, LatestUnsubscribed, LatestNoConsent) = (earliestSubscribed, latestSubscribed, latestUnsubscribed, latestNoConsent);
}
