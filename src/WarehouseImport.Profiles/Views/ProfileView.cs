using WarehouseImport.Profiles.Consent;
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
    /// <value>The registers of every address the profile ever had, by register, then by address; empty if nothing is known.</value>
    public IReadOnlyList<ConsentView> Consent { get; init; } = [];

    /// <value>The suppressions in effect; the first one is the one to show alone (9.6).</value>
    public IReadOnlyList<SuppressionView> EmailSuppressions { get; init; } = [];

    /// <value>Everything stated about suppressions, whether in effect or lifted.</value>
    internal IReadOnlyDictionary<SuppressionReason, SuppressionRegister> StatedSuppressions { get; init; } = new Dictionary<SuppressionReason, SuppressionRegister>();

    /// <value>Whether no suppression is in effect; says nothing about consent.</value>
    public bool CanReceiveEmailMarketing => EmailSuppressions.Count == 0;

    /// <summary>The status shown for the profile: that of the address it holds (C9), never subscribed if nothing is known (C13).</summary>
    public ConsentStatus StatusOf(ConsentRegisterKind kind) =>
        Consent.FirstOrDefault(register => register.Kind == kind && register.IsCurrent)?.Status ?? ConsentStatus.NeverSubscribed;

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
        return new ProfileView(stored.Id, stored.CreatedAt, stored.UpdatedAt, stored.FirstSource, stored.LastSource, fields)
        {
            Consent = [.. profile.Consent.Registers.Select(register => View(register.Key, register.Value, profile))],
            EmailSuppressions = [.. profile.ShowConsent().Suppressions.Select(suppression => new SuppressionView(suppression.Key, suppression.Value))],
            StatedSuppressions = profile.Consent.Suppressions,
        };
    }

    private static ConsentView View(ConsentKey key, ConsentRegister register, Profile profile)
    {
        var standing = register.Standing;
        ConsentStatementView?[] statements =
        [
            View("earliest_subscribed", register.EarliestSubscribed),
            View("latest_subscribed", register.LatestSubscribed),
            View("latest_unsubscribed", register.LatestUnsubscribed),
            View("latest_no_consent", register.LatestNoConsent),
        ];
        var deciding = standing.Deciding == register.LatestSubscribed ? statements[1] : standing.Deciding == register.LatestUnsubscribed ? statements[2] : statements[3];
        return new ConsentView(
            key.Kind,
            key.Address,
            profile.Held(key.Kind.AddressKind()) == key.Address,
            standing.Status,
            standing.Deciding is null ? null : deciding,
            standing.FirstSubscribedAt,
            [.. statements.OfType<ConsentStatementView>()]);
    }

    private static ConsentStatementView? View(string part, ConsentEntry? stored) =>
        stored is { } entry ? new ConsentStatementView(part, entry.Instant, entry.Version, entry.Method, entry.RunId, entry.CustomSource) : null;
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
