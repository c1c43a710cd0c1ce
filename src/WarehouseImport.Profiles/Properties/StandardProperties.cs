using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using WarehouseImport.Profiles.Values;
using static WarehouseImport.Profiles.Properties.PropertyRole;

namespace WarehouseImport.Profiles.Properties;

/// <summary>
/// The catalogue of standard properties (profile-import-rules 5, 10) and of the names that belong to them; with the consent columns of 9.2 and
/// 9.6, so that auto-mapping can name what it recognised.
/// </summary>
public static class StandardProperties
{
    private const int ShortText = 255;
    private const int AddressText = 1_000;

    /// <summary>Most characters of an image address.</summary>
    public const int MaxImageLength = 2_048;

    public static IReadOnlyList<StandardProperty> All { get; } =
    [
        Text("id", "Klaviyo ID", Identifier, ["Profile ID", "WarehouseImport ID"]),
        Text("external_id", "External ID", Identifier, ["Customer ID", "User ID"]) with { KlaviyoLabels = ["External ID", "$id"] },
        Text("email", "Email", Identifier, []) with { KlaviyoLabels = ["Email", "Email Address"] },
        Text("phone_number", "Phone Number", Identifier, ["Phone", "Mobile"]),
        Text("first_name", "First Name", Field, [], ShortText),
        Text("last_name", "Last Name", Field, [], ShortText),
        Text("organization", "Organization", Field, ["Company"], ShortText),
        Text("title", "Title", Field, ["Job Title"], ShortText),
        Text("image", "Image", Field, ["Image URL"], MaxImageLength),
        Text("locale", "Locale", Field, []),
        Text("locale_language", "Locale Language", ReadOnly, []),
        Text("locale_country", "Locale Country", ReadOnly, []),
        Text("location.address1", "Address", Field, ["Address 1", "Street"], AddressText),
        Text("location.address2", "Address 2", Field, [], AddressText),
        Text("location.city", "City", Field, [], ShortText),
        Text("location.region", "State / Region", Field, ["State", "Region", "Province"], ShortText),
        Text("location.country", "Country", Field, []),
        Text("location.country_code", "Country Code", ReadOnly, []) with { KlaviyoLabels = [] },
        Text("location.zip", "Zip Code", Field, ["Zip", "Postal Code"]),
        Text("location.latitude", "Latitude", Field, []) with { Type = PropertyType.Number },
        Text("location.longitude", "Longitude", Field, []) with { Type = PropertyType.Number },
        Text("location.timezone", "Timezone", Field, ["Time Zone"]),
        Text("location.ip", "IP", Field, ["IP Address"]),
        Text("source", "Source", Field, [], ShortText),
        Date("first_active", "First Active", ReadOnly),
        Date("last_active", "Last Active", ReadOnly),
        Date("profile_created_on", "Profile Created On", ReadOnly),
        Date("date_added", "Date Added", ReadOnly),
        Date("last_open", "Last Open", ReadOnly),
        Date("last_click", "Last Click", ReadOnly),
        Text("consent.email.marketing", "Email Marketing Consent", PropertyRole.Consent, ["Email Consent", "Accepts Email Marketing"]),
        Date("consent.email.marketing.timestamp", "Email Marketing Consent Timestamp", PropertyRole.Consent, "Email Consent Timestamp"),
        Text("consent.sms.marketing", "SMS Marketing Consent", PropertyRole.Consent, ["SMS Consent", "Accepts SMS Marketing"]),
        Date("consent.sms.marketing.timestamp", "SMS Marketing Timestamp", PropertyRole.Consent, "SMS Marketing Consent Timestamp")
            with { KlaviyoLabels = ["SMS Marketing Timestamp", "SMS Consent Timestamp"] },
        Text("consent.sms.transactional", "SMS Transactional Consent", PropertyRole.Consent, []),
        Date("consent.sms.transactional.timestamp", "SMS Transactional Timestamp", PropertyRole.Consent, "SMS Transactional Consent Timestamp"),
        Text("suppression", "Suppressed", PropertyRole.Consent, []),
        Text("suppression.reason", "Suppression Reason", PropertyRole.Consent, []),
    ];

    private static readonly FrozenDictionary<string, StandardProperty> ByPath = All.ToFrozenDictionary(property => property.Path, StringComparer.Ordinal);

    // "$id" and "id" are one name after normalising. A column called id holds the company's own id, so that name means external_id;
    // our ids have "Profile ID".
    private static readonly FrozenDictionary<string, StandardProperty> ByName = All
        .SelectMany(
            property => property.KlaviyoLabels.Concat(property.Aliases).Append(property.Path).Append(property.Label),
            (property, name) => (Name: NormaliseName(name), property))
        .OrderByDescending(pair => pair.property.Path == "external_id")
        .DistinctBy(pair => pair.Name)
        .ToFrozenDictionary(pair => pair.Name, pair => pair.property, StringComparer.Ordinal);

    private static readonly FrozenSet<string> Reserved = All
        .SelectMany(property => property.KlaviyoLabels.Append(property.Path), (_, name) => NormaliseName(name))
        .ToFrozenSet(StringComparer.Ordinal);

    public static bool TryGet(string path, [NotNullWhen(true)] out StandardProperty? property) => ByPath.TryGetValue(path, out property);

    /// <summary>The form in which names are compared (5): lower case, without spaces, <c>_</c>, <c>-</c>, <c>/</c> and a leading <c>$</c>.</summary>
    public static string NormaliseName(string name)
    {
        var source = name.AsSpan().Trim();
        if (source is ['$', ..]) source = source[1..];
        var normalised = new char[source.Length];
        var length = 0;
        foreach (var c in source)
            if (!char.IsWhiteSpace(c) && c is not ('_' or '-' or '/')) normalised[length++] = char.ToLowerInvariant(c);
        return new string(normalised, 0, length);
    }

    /// <summary>
    /// The standard property that a column name means: a target, or one that only explains why the column is not mapped
    /// (<see cref="StandardProperty.IsMappable"/> is false). <c>Consent</c> alone, the former list format, is never recognised (9.2).
    /// </summary>
    public static bool TrySuggest(string columnName, [NotNullWhen(true)] out StandardProperty? property) => ByName.TryGetValue(NormaliseName(columnName), out property);

    /// <summary>Whether a name is a Klaviyo label or API name, which custom properties must not take (6.2). Our own aliases are free.</summary>
    public static bool IsReserved(string name) => Reserved.Contains(NormaliseName(name));

    private static StandardProperty Text(string path, string label, PropertyRole role, IReadOnlyList<string> aliases, int? maxLength = null) =>
        new(path, label, role, PropertyType.Text, [label], aliases, maxLength);

    private static StandardProperty Date(string path, string label, PropertyRole role, params IReadOnlyList<string> aliases) =>
        new(path, label, role, PropertyType.Date, [label], aliases);
}
