using WarehouseImport.Profiles.Identifiers;

namespace WarehouseImport.Profiles.Identity;

/// <summary>Why two profiles may be one person (profile-import-rules 3.3), in ascending weight.</summary>
public enum DuplicateReason
{
    /// <summary>A profile states an identifier that the other one stated before and has given up.</summary>
    FormerlyStated,

    /// <summary>Both state one identifier and the greater claim holds it.</summary>
    ClaimLost,

    /// <summary>A row named both (<c>identifier_conflict</c>) and was refused.</summary>
    IdentifierConflict,

    /// <summary>One of them lost its last identifier to the other.</summary>
    NoIdentifierLeft,
}

/// <summary>Two different profiles in canonical order.</summary>
public readonly record struct ProfilePair
{
    private ProfilePair(Ulid low, Ulid high) => (Low, High) = (low, high);

    public Ulid Low { get; }

    public Ulid High { get; }

    public static ProfilePair Of(Ulid one, Ulid other) => one.CompareTo(other) <= 0 ? new ProfilePair(one, other) : new ProfilePair(other, one);
}

/// <summary>A batch saw a reason to think that two profiles are one person.</summary>
/// <param name="Identifier">The identifier they share.</param>
public sealed record DuplicateSighting(ProfilePair Pair, DuplicateReason Reason, Identifier Identifier);

/// <summary>A listed pair.</summary>
/// <param name="Reason">Of the latest sighting, like <paramref name="Identifier"/>, <paramref name="SyncId"/> and <paramref name="RunId"/>.</param>
/// <param name="DismissedAt">When somebody said that they are two people; later sightings do not list the pair again.</param>
public sealed record PossibleDuplicate(
    ProfilePair Pair,
    DuplicateReason Reason,
    Identifier Identifier,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    Guid SyncId,
    Guid RunId,
    DateTimeOffset? DismissedAt,
    string? DismissedBy);
