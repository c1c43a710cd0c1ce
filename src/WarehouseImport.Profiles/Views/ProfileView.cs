using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Views;

/// <summary>A profile for people: every field with its value and the reason for it.</summary>
/// <param name="Fields">Ordered by field path; cleared and released fields are included.</param>
public sealed record ProfileView(
    Ulid Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    Guid FirstSource,
    Guid LastSource,
    IReadOnlyList<FieldView> Fields)
{
    public static ProfileView From(StoredProfile stored)
    {
        var profile = ProfileCodec.Decode(stored);
        var fields = new List<FieldView>(profile.Registers.Count + profile.Lists.Count);
        foreach (var (field, register) in profile.Registers)
        {
            var isReleased = IdentifierKinds.TryParse(field, out var kind) && profile.IsReleased(kind);
            var state = register.Value is null ? FieldState.Cleared : isReleased ? FieldState.Released : FieldState.Held;
            fields.Add(new FieldView(field, register.Value, state, register.Version, []));
        }

        foreach (var (field, list) in profile.Lists)
        {
            var value = list.Effective;
            var elements = list.Elements.Select(e => new ElementView(e.Key, e.Value.IsPresent, e.Value.Version));
            fields.Add(new FieldView(field, value, value is null ? FieldState.Cleared : FieldState.Held, list.Version, [.. elements]));
        }

        fields.Sort((left, right) => string.CompareOrdinal(left.Field, right.Field));
        return new ProfileView(stored.Id, stored.CreatedAt, stored.UpdatedAt, stored.FirstSource, stored.LastSource, fields);
    }
}

/// <param name="Json">Canonical JSON; for a released identifier the value the profile lost; null after a clear.</param>
/// <param name="Version">Version of the write that decides the field.</param>
/// <param name="Elements">Registers of a list written element by element; empty otherwise.</param>
public sealed record FieldView(string Field, string? Json, FieldState State, FieldVersion Version, IReadOnlyList<ElementView> Elements);

public sealed record ElementView(string Json, bool IsPresent, FieldVersion Version);

public enum FieldState
{
    Held,

    /// <summary>Cleared explicitly; the version stays so that an older value cannot come back.</summary>
    Cleared,

    /// <summary>An identifier that another profile holds with a greater claim.</summary>
    Released,
}
