using System.Diagnostics.CodeAnalysis;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Consent;

/// <summary>What a consent column holds.</summary>
public enum ConsentColumnRole
{
    /// <summary>A status (9.3).</summary>
    Status,

    /// <summary>The consent instant; without a status column, a row that has one is subscribed.</summary>
    Timestamp,

    /// <summary>The former list format: <c>email</c>, <c>sms</c>, or a JSON array of channels. Mapped by hand only.</summary>
    Channels,

    /// <summary>Where the consent was given, in the source's own words; for every register the row states.</summary>
    CustomSource,

    /// <summary>Whether mail to the person is suppressed (9.6).</summary>
    Suppressed,

    /// <summary>Why.</summary>
    SuppressionReason,

    /// <summary>The date of birth that age-gating demands (C14).</summary>
    DateOfBirth,
}

/// <summary>A mapping target of the consent rules.</summary>
/// <param name="Path">The target's name in a mapping.</param>
/// <param name="Register">Which register; null for roles that belong to none.</param>
public sealed record ConsentColumn(string Path, ConsentColumnRole Role, ConsentRegisterKind? Register = null);

/// <summary>
/// The targets that consent and suppression columns map to, and the column names that mean them (profile-import-rules 9.2, 9.6). The names are those of
/// <see cref="StandardProperties"/>; <c>Consent</c> alone is never suggested.
/// </summary>
public static class ConsentColumns
{
    private const string TimestampSuffix = ".timestamp";

    private static readonly Dictionary<string, ConsentColumn> ByPath = Build().ToDictionary(column => column.Path, StringComparer.Ordinal);

    public static IReadOnlyCollection<ConsentColumn> All => ByPath.Values;

    public static bool TryGet(string path, [NotNullWhen(true)] out ConsentColumn? column) => ByPath.TryGetValue(path, out column);

    /// <summary>The target that a column's name means, for auto-mapping.</summary>
    public static bool TrySuggest(string columnName, [NotNullWhen(true)] out ConsentColumn? column)
    {
        column = null;
        return StandardProperties.TrySuggest(columnName, out var property) && property.Role == PropertyRole.Consent && ByPath.TryGetValue(property.Path, out column);
    }

    /// <summary>What stands in the way of mapping a column to a consent target, or null.</summary>
    /// <returns><c>consent_channel_unsupported</c> or <c>column_type_unsupported</c>.</returns>
    public static Problem? Check(string path, InputKind input)
    {
        if (!TryGet(path, out var column)) return ProblemCatalogue.Fill(ProblemCodes.ConsentChannelUnsupported, ("value", path));
        return IsSupported(column.Role, input)
            ? null
            : ProblemCatalogue.Fill(ProblemCodes.ColumnTypeUnsupported, ("a", input.ToString().ToLowerInvariant()), ("b", path));
    }

    private static bool IsSupported(ConsentColumnRole role, InputKind input) => role switch
    {
        ConsentColumnRole.Status => ConsentValues.IsSupported(input),
        ConsentColumnRole.Timestamp or ConsentColumnRole.DateOfBirth => ValueConverters.IsSupported(PropertyType.Date, input),
        ConsentColumnRole.Channels => input is InputKind.Text or InputKind.List or InputKind.Json,
        ConsentColumnRole.Suppressed => ValueConverters.IsSupported(PropertyType.Boolean, input),
        _ => input == InputKind.Text,
    };

    private static IEnumerable<ConsentColumn> Build()
    {
        foreach (var kind in ConsentRegisterKinds.All)
        {
            yield return new ConsentColumn(kind.FieldName(), ConsentColumnRole.Status, kind);
            yield return new ConsentColumn(kind.FieldName() + TimestampSuffix, ConsentColumnRole.Timestamp, kind);
        }

        yield return new ConsentColumn("consent", ConsentColumnRole.Channels);
        yield return new ConsentColumn("consent.custom_source", ConsentColumnRole.CustomSource);
        yield return new ConsentColumn("consent.date_of_birth", ConsentColumnRole.DateOfBirth);
        yield return new ConsentColumn("suppression", ConsentColumnRole.Suppressed);
        yield return new ConsentColumn("suppression.reason", ConsentColumnRole.SuppressionReason);
    }
}
