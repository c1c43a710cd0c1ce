using System.Globalization;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>The converter of one mapped column to one field.</summary>
/// <param name="Target">Field path.</param>
/// <param name="Type">The type values of the field have.</param>
/// <param name="Notice">Something to say once per run about the column (<c>zip_numeric</c>), or null.</param>
public sealed record FieldConverter(string Target, PropertyType Type, IValueConverter Converter, Problem? Notice) : IValueConverter
{
    public ParsedValue Convert(string cell) => Converter.Convert(cell);
}

/// <summary>Chooses the converter of a mapped column, standard rules included, once per column. Identifiers have canonicalisers instead.</summary>
public static class FieldConverters
{
    /// <summary>What stands in the way of mapping a column to a field, or null.</summary>
    /// <param name="target">Field path.</param>
    /// <param name="input">The column's native kind, after <see cref="ColumnTransform.ResultKind"/>.</param>
    /// <param name="declared">Type of a custom property; null takes the suggested one. Standard properties have their own.</param>
    /// <returns>
    /// Null, <c>property_read_only</c>, <c>property_name_reserved</c>, <c>property_name_invalid</c>, <c>property_type_conflict</c> or
    /// <c>column_type_unsupported</c>.
    /// </returns>
    public static Problem? Check(string target, InputKind input, PropertyType? declared)
    {
        if (FieldPaths.TryGetCustomName(target, out var name))
            return CustomPropertyNames.Validate(name) ?? CheckType(declared ?? TypeSuggestion.For(input, name), input);

        if (!StandardProperties.TryGet(target, out var property))
            return UnknownTarget(target);
        if (property.Role == PropertyRole.Consent)
            return ProblemCatalogue.Fill(ProblemCodes.ConsentChannelUnsupported, ("value", property.Label));
        if (!property.IsMappable) return ProblemCatalogue.Fill(ProblemCodes.PropertyReadOnly, ("target", target));
        if (declared is { } type && type != property.Type)
            return ProblemCatalogue.Fill(ProblemCodes.PropertyTypeConflict, ("target", target), ("a", NameOf(property.Type)), ("b", NameOf(type)));
        return property.Role == PropertyRole.Identifier && !IsIdentifierSupported(target, input) ? Unsupported(property.Type, input) : CheckType(property.Type, input);
    }

    /// <exception cref="ArgumentException"><see cref="Check"/> has an objection, the target is an identifier, or an integer date has no unit.</exception>
    public static FieldConverter For(string target, InputKind input, PropertyType? declared = null, ValueOptions? options = null)
    {
        if (Check(target, input, declared) is { } objection) throw new ArgumentException(objection.Detail, nameof(target));
        if (FieldPaths.TryGetCustomName(target, out var name))
        {
            var type = declared ?? TypeSuggestion.For(input, name);
            return new FieldConverter(target, type, ValueConverters.For(type, input, options), null);
        }

        StandardProperties.TryGet(target, out var property);
        if (property!.Role == PropertyRole.Identifier) throw new ArgumentException($"{target} is an identifier and is read by its canonicaliser.", nameof(target));
        if (property.Type == PropertyType.Number) return new FieldConverter(target, property.Type, new CoordinateConverter(target), null);

        var notice = target == "location.zip" && input is InputKind.Integer or InputKind.Decimal or InputKind.Float
            ? ProblemCatalogue.Fill(ProblemCodes.ZipNumeric) with { Severity = ProblemSeverity.Notice }
            : null;
        return new FieldConverter(target, property.Type, new StandardTextConverter(property, ValueConverters.For(PropertyType.Text, input, options)), notice);
    }

    // Other systems write $name; whoever brings such a name is told what it is called here.
    private static Problem UnknownTarget(string target)
    {
        var name = target.TrimStart('$');
        var hint = StandardProperties.TryGet(name, out var meant) ? $"Write {meant.Path} for the standard property, or" : "Write";
        return ProblemCatalogue.Fill(ProblemCodes.PropertyNameInvalid, ("value", target), ("reason", "it is neither a standard property nor of the form properties.NAME")) with
        {
            Hint = $"{hint} properties.{(name.Length == 0 ? "NAME" : ProblemCatalogue.Show(name))} for a custom property.",
        };
    }

    private static bool IsIdentifierSupported(string target, InputKind input) => target switch
    {
        "external_id" => ExternalIdCanonicaliser.IsSupported(input),
        "phone_number" => PhoneCanonicaliser.IsSupported(input),
        _ => input == InputKind.Text,
    };

    private static Problem? CheckType(PropertyType type, InputKind input) => ValueConverters.IsSupported(type, input) ? null : Unsupported(type, input);

    private static Problem Unsupported(PropertyType type, InputKind input) =>
        ProblemCatalogue.Fill(ProblemCodes.ColumnTypeUnsupported, ("a", input.ToString().ToLowerInvariant()), ("b", NameOf(type)));

    private static string NameOf(PropertyType type) => type.ToString().ToLowerInvariant();

    private sealed class CoordinateConverter(string path) : IValueConverter
    {
        public ParsedValue Convert(string cell) => StandardRules.Coordinate(path, cell);
    }

    private sealed class StandardTextConverter(StandardProperty property, IValueConverter text) : IValueConverter
    {
        private readonly Func<string, ParsedValue>? _rule = StandardRules.For(property.Path);

        public ParsedValue Convert(string cell)
        {
            var parsed = text.Convert(cell);
            if (parsed.Json is not { } json) return parsed;

            // JSON text is never shorter than the text, so a short one needs no second look.
            if (_rule is null && (property.MaxLength is not { } limit || json.Length - 2 <= limit)) return parsed;
            if (!CanonicalJson.TryGetText(json, out var value)) return parsed;

            // An empty text, kept on request, clears nothing and breaks no rule.
            if (value.Length == 0) return parsed;
            if (_rule is not null) return _rule(value);

            if (property.MaxLength is { } max && value.Length > max && UnicodeText.CountCharacters(value) is var length && length > max)
            {
                return ParsedValue.Invalid(ProblemCatalogue.Fill(
                    ProblemCodes.TextTooLong,
                    ("n", length.ToString(CultureInfo.InvariantCulture)),
                    ("max", max.ToString(CultureInfo.InvariantCulture))));
            }

            return parsed;
        }
    }
}
