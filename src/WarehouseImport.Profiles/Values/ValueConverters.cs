using System.Globalization;
using System.Text;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>Reads the cells of one column; chosen once per column, thread-safe, the same cell always gives the same result.</summary>
public interface IValueConverter
{
    /// <summary>Reads one cell that is not NULL.</summary>
    ParsedValue Convert(string cell);
}

/// <summary>The converters from a column's native kind to a property's declared type (profile-import-rules 7.2–7.7).</summary>
public static class ValueConverters
{
    /// <summary>Whether a column of a kind can fill a property of a type (7.7); if not, the mapping is refused with <c>column_type_unsupported</c>.</summary>
    public static bool IsSupported(PropertyType type, InputKind input) => type switch
    {
        PropertyType.Text => input is not (InputKind.List or InputKind.Json),
        PropertyType.Number => input is InputKind.Text or InputKind.Integer or InputKind.Decimal or InputKind.Float,
        PropertyType.Boolean => input is InputKind.Text or InputKind.Boolean or InputKind.Integer or InputKind.Decimal or InputKind.Float,
        PropertyType.Date => input is InputKind.Text or InputKind.Date or InputKind.Timestamp or InputKind.TimestampWithZone or InputKind.Integer,
        PropertyType.List or PropertyType.Json => input is InputKind.Text or InputKind.List or InputKind.Json,
        _ => false,
    };

    /// <summary>Whether the mapping must state <see cref="ValueOptions.IntegerDateUnit"/>.</summary>
    public static bool NeedsUnit(PropertyType type, InputKind input) => type == PropertyType.Date && input == InputKind.Integer;

    /// <exception cref="ArgumentException">The pair is not supported, or a needed unit is missing.</exception>
    public static IValueConverter For(PropertyType type, InputKind input, ValueOptions? options = null)
    {
        options ??= ValueOptions.Default;
        if (!IsSupported(type, input)) throw new ArgumentException($"A column of kind {input} cannot fill a property of type {type}.", nameof(input));
        if (NeedsUnit(type, input) && options.IntegerDateUnit is null)
            throw new ArgumentException("An integer column mapped to a date needs its unit: seconds, milliseconds, microseconds or nanoseconds.", nameof(options));

        return type switch
        {
            PropertyType.Text => new TextConverter(input, options),
            PropertyType.Number => new NumberConverter(),
            PropertyType.Boolean => new BooleanConverter(input, options),
            PropertyType.Date => new DateConverter(input, options),
            PropertyType.List => new ListConverter(options),
            PropertyType.Json => new JsonConverter(options),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown property type."),
        };
    }

    /// <summary>A value, unless its UTF-8 JSON is too large (<c>property_too_large</c>).</summary>
    private static ParsedValue Sized(string json, ValueOptions options)
    {
        // Three bytes are the most that one UTF-16 unit takes, so that short values need no counting.
        if (json.Length <= options.MaxValueBytes / 3) return ParsedValue.Of(json);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return bytes <= options.MaxValueBytes
            ? ParsedValue.Of(json)
            : ParsedValue.Invalid(ProblemCatalogue.Fill(
                ProblemCodes.PropertyTooLarge,
                ("n", bytes.ToString(CultureInfo.InvariantCulture)),
                ("max", options.MaxValueBytes.ToString(CultureInfo.InvariantCulture))));
    }

    private sealed class TextConverter(InputKind input, ValueOptions options) : IValueConverter
    {
        public ParsedValue Convert(string cell)
        {
            if (string.IsNullOrWhiteSpace(cell)) return options.KeepEmpty && input == InputKind.Text ? ParsedValue.Of("\"\"") : ParsedValue.NoValue;
            return input switch
            {
                InputKind.Text => Text(cell),
                InputKind.Integer or InputKind.Decimal or InputKind.Float => Number(cell),
                InputKind.Date or InputKind.Timestamp or InputKind.TimestampWithZone => Date(cell),
                _ => ParsedValue.Of(CanonicalJson.OfText(cell)),
            };
        }

        private ParsedValue Text(string cell) => UnicodeText.IsStorable(cell)
            ? Sized(CanonicalJson.OfText(UnicodeText.Nfc(cell)), options)
            : ParsedValue.Invalid(ProblemCatalogue.Fill(ProblemCodes.TextInvalid));

        // As text a number may be longer than a number property allows: a BIGNUMERIC has 76 digits.
        private static ParsedValue Number(string cell)
        {
            if (ExactNumber.Canonicalise(cell, ExactNumber.MaxJsonDigits, ExactNumber.MaxJsonDigits, out var canonical) == ExactNumber.Fault.None)
                return ParsedValue.Of(CanonicalJson.OfText(canonical!));
            ExactNumber.TryCanonicalise(cell, out _, out var error);
            return ParsedValue.Invalid(error!);
        }

        private static ParsedValue Date(string cell) => DateText.TryParseIso(cell, SourceInstant.FractionDigits, out var parts)
            ? ParsedValue.Of(CanonicalJson.OfText(parts.ToIsoText()))
            : ParsedValue.Invalid(ProblemCatalogue.Fill(ProblemCodes.DateInvalid, ("value", cell)));
    }

    private sealed class NumberConverter : IValueConverter
    {
        public ParsedValue Convert(string cell)
        {
            var text = cell.AsSpan().Trim();
            if (text.IsEmpty) return ParsedValue.NoValue;
            return ExactNumber.TryCanonicalise(text, out var canonical, out var error) ? ParsedValue.Of(canonical!) : ParsedValue.Invalid(error!);
        }
    }

    private sealed class BooleanConverter(InputKind input, ValueOptions options) : IValueConverter
    {
        private static readonly ParsedValue True = ParsedValue.Of("true");
        private static readonly ParsedValue False = ParsedValue.Of("false");

        public ParsedValue Convert(string cell)
        {
            var text = cell.AsSpan().Trim();
            if (text.IsEmpty) return ParsedValue.NoValue;
            var value = input is InputKind.Integer or InputKind.Decimal or InputKind.Float ? Number(text) : Word(text);
            return value switch
            {
                true => True,
                false => False,
                null => ParsedValue.Invalid(ProblemCatalogue.Fill(ProblemCodes.BooleanInvalid, ("value", cell))),
            };
        }

        private bool? Word(ReadOnlySpan<char> text)
        {
            if (Is(text, "true")) return true;
            if (Is(text, "false")) return false;
            if (options.StrictKlaviyo && input == InputKind.Text) return null;
            if (Is(text, "t") || Is(text, "yes") || Is(text, "y") || Is(text, "1")) return true;
            if (Is(text, "f") || Is(text, "no") || Is(text, "n") || Is(text, "0")) return false;
            return null;
        }

        private static bool? Number(ReadOnlySpan<char> text)
        {
            ExactNumber.Canonicalise(text, ExactNumber.MaxDigits, ExactNumber.MaxScale, out var canonical);
            return canonical switch
            {
                "1" => true,
                "0" => false,
                _ => null,
            };
        }

        private static bool Is(ReadOnlySpan<char> text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);
    }

    private sealed class DateConverter(InputKind input, ValueOptions options) : IValueConverter
    {
        private const int FractionDigits = 9;

        public ParsedValue Convert(string cell)
        {
            var text = cell.AsSpan().Trim();
            if (text.IsEmpty) return ParsedValue.NoValue;
            return TryRead(text, out var instant)
                ? ParsedValue.Of(string.Concat("\"", instant.ToString(), "\""))
                : ParsedValue.Invalid(ProblemCatalogue.Fill(ProblemCodes.DateInvalid, ("value", cell)));
        }

        private bool TryRead(ReadOnlySpan<char> text, out SourceInstant instant)
        {
            if (input == InputKind.Text) return DateText.TryParse(text, FractionDigits, TimeZoneInfo.Utc, out instant);
            if (input == InputKind.Integer) return DateText.TryParseEpoch(text, options.IntegerDateUnit!.Value, out instant);

            // A bare date is midnight UTC whatever the zone (7.5); only timestamps without a zone are in the zone of the sync (7.7).
            instant = default;
            var zone = input == InputKind.Timestamp ? options.Zone : TimeZoneInfo.Utc;
            return DateText.TryParseIso(text, FractionDigits, out var parts) && parts.TryToInstant(zone, out instant);
        }
    }

    private sealed class ListConverter(ValueOptions options) : IValueConverter
    {
        public ParsedValue Convert(string cell)
        {
            var text = cell.AsSpan().Trim();
            if (text.IsEmpty || text.SequenceEqual("null")) return ParsedValue.NoValue;
            return new JsonCanonicaliser(text).TryList(options.MaxListItems, out var canonical, out var error)
                ? Sized(canonical!, options)
                : ParsedValue.Invalid(error!);
        }
    }

    private sealed class JsonConverter(ValueOptions options) : IValueConverter
    {
        public ParsedValue Convert(string cell)
        {
            var text = cell.AsSpan().Trim();
            if (text.IsEmpty) return ParsedValue.NoValue;
            if (!CanonicalJson.TryCanonicalise(text, out var canonical, out var error)) return ParsedValue.Invalid(error);
            return canonical == "null" ? ParsedValue.NoValue : Sized(canonical, options);
        }
    }
}
