using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>What a source decides about whole rows.</summary>
/// <param name="FixedKind">The only kind that may be primary, or null for the highest-ranked one with a value (3.1).</param>
/// <param name="IdentifierColumn">Column that <c>identifier_missing</c> names, with its position and target.</param>
/// <param name="MapsBothCoordinates">Latitude and longitude are both mapped, so that a row with one of them deserves a warning (10).</param>
internal sealed record RowRules(
    InvalidValuePolicy InvalidValues,
    bool DropInvalidSecondaryIdentifier,
    IdentifierKind? FixedKind,
    string? IdentifierColumn,
    string? IdentifierTarget,
    int IdentifierPosition,
    bool MapsBothCoordinates);
