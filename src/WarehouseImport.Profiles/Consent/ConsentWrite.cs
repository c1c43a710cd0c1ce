namespace WarehouseImport.Profiles.Consent;

/// <summary>One consent statement of a row.</summary>
/// <param name="Instant">The consent instant (9.4), clamped (C1) and not after the run's ceiling (C2).</param>
/// <param name="CustomSource">Where the consent was given in the source's own words, or null.</param>
/// <remarks>
/// The address it was given for is the row's own identifier of the channel, or else the one the profile holds when the row is applied. The latter depends
/// on what was imported before, so such rows are outside G9: map the address beside its consent.
/// </remarks>
[GenerateSerializer, Immutable, Alias("consent-write")]
public readonly record struct ConsentWrite(
    [property: Id(0)] ConsentRegisterKind Register,
    [property: Id(1)] ConsentStatement Statement,
    [property: Id(2)] SourceInstant Instant,
    [property: Id(3)] string? CustomSource = null);

/// <summary>An email suppression that a row adds (9.6). Imports never remove one.</summary>
/// <param name="Instant">Since when.</param>
[GenerateSerializer, Immutable, Alias("suppression-write")]
public readonly record struct SuppressionWrite([property: Id(0)] SuppressionReason Reason, [property: Id(1)] SourceInstant Instant);
