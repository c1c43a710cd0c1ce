using System.Collections.Frozen;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Properties;

/// <summary>The type suggested for a column (profile-import-rules 7.1): shown to the user, never applied silently to a declared property.</summary>
public static class TypeSuggestion
{
    /// <summary>The non-empty cells of a CSV that are looked at.</summary>
    public const int MaxSamples = 1_000;

    // Last words of column names whose digits are a name, not an amount; "number_of_orders" is one.
    private static readonly FrozenSet<string> NamingWords = new[]
    {
        "id", "ids", "key", "code", "number", "no", "num", "nr", "sku", "zip", "zipcode", "postal", "postcode", "plz",
        "phone", "mobile", "tel", "telephone", "fax", "cell",
        "ssn", "iban", "account", "barcode", "ean", "uuid", "guid",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type for a warehouse column of a kind.</summary>
    public static PropertyType For(InputKind kind, string columnName) => kind switch
    {
        InputKind.Integer or InputKind.Decimal when NamesThings(columnName) => PropertyType.Text,
        InputKind.Integer or InputKind.Decimal or InputKind.Float => PropertyType.Number,
        InputKind.Boolean => PropertyType.Boolean,
        InputKind.Date or InputKind.Timestamp or InputKind.TimestampWithZone => PropertyType.Date,
        InputKind.List => PropertyType.List,
        InputKind.Json => PropertyType.Json,
        _ => PropertyType.Text,
    };

    /// <summary>The type for a text column, from its first <see cref="MaxSamples"/> non-empty cells.</summary>
    public static PropertyType ForSamples(IEnumerable<string> cells, string columnName)
    {
        var candidates = new Candidates();
        var seen = 0;
        foreach (var cell in cells)
        {
            if (string.IsNullOrWhiteSpace(cell)) continue;
            candidates.Exclude(cell.AsSpan().Trim());
            if (++seen == MaxSamples) break;
        }

        if (seen == 0) return PropertyType.Text;
        if (candidates.Number) return candidates.Digits && (candidates.LeadingZero || NamesThings(columnName)) ? PropertyType.Text : PropertyType.Number;
        if (candidates.Timestamp) return PropertyType.Date;
        if (candidates.Boolean) return PropertyType.Boolean;
        return candidates.List ? PropertyType.List : PropertyType.Text;
    }

    private static bool NamesThings(string columnName) => Words(columnName).LastOrDefault() is { } last && NamingWords.Contains(last);

    // customer_id, customerId and "Customer ID" all have the word "id"; "paid" has not.
    private static IEnumerable<string> Words(string columnName)
    {
        var start = 0;
        for (var i = 0; i < columnName.Length; i++)
        {
            if (!char.IsLetter(columnName[i]))
            {
                if (i > start) yield return columnName[start..i];
                start = i + 1;
            }
            else if (i > start && char.IsUpper(columnName[i]) && char.IsLower(columnName[i - 1]))
            {
                yield return columnName[start..i];
                start = i;
            }
        }

        if (start < columnName.Length) yield return columnName[start..];
    }

    private sealed class Candidates
    {
        public bool Number { get; private set; } = true;

        public bool Digits { get; private set; } = true;

        public bool LeadingZero { get; private set; }

        public bool Timestamp { get; private set; } = true;

        public bool Boolean { get; private set; } = true;

        public bool List { get; private set; } = true;

        public void Exclude(ReadOnlySpan<char> cell)
        {
            if (Number) Number = ExactNumber.IsNumber(cell);
            if (Digits) Digits = !cell.ContainsAnyExceptInRange('0', '9');
            LeadingZero |= cell is ['0', _, ..] && !cell.ContainsAnyExceptInRange('0', '9');
            if (Timestamp) Timestamp = cell.Contains(':') && DateText.TryParse(cell, SourceInstant.FractionDigits, TimeZoneInfo.Utc, out _);
            if (Boolean) Boolean = cell.Equals("true", StringComparison.OrdinalIgnoreCase) || cell.Equals("false", StringComparison.OrdinalIgnoreCase);
            if (List) List = cell[0] == '[' && new JsonCanonicaliser(cell).TryDocument(out _, out _);
        }
    }
}
