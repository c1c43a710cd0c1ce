using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Consent;

/// <summary>Reads consent cells (profile-import-rules 9.3, G14).</summary>
public static class ConsentValues
{
    private static readonly FrozenDictionary<string, ConsentStatement> Published = new Dictionary<string, ConsentStatement>
    {
        ["subscribe"] = ConsentStatement.Subscribed,
        ["subscribed"] = ConsentStatement.Subscribed,
        ["unsubscribe"] = ConsentStatement.Unsubscribed,
        ["unsubscribed"] = ConsentStatement.Unsubscribed,
        ["never subscribed"] = ConsentStatement.NeverSubscribed,
        ["neversubscribed"] = ConsentStatement.NeverSubscribed,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ConsentStatement> Own = new Dictionary<string, ConsentStatement>
    {
        ["true"] = ConsentStatement.Subscribed,
        ["t"] = ConsentStatement.Subscribed,
        ["yes"] = ConsentStatement.Subscribed,
        ["y"] = ConsentStatement.Subscribed,
        ["1"] = ConsentStatement.Subscribed,
        ["opted in"] = ConsentStatement.Subscribed,
        ["optedin"] = ConsentStatement.Subscribed,
        ["opt in"] = ConsentStatement.Subscribed,
        ["optin"] = ConsentStatement.Subscribed,
        ["opted out"] = ConsentStatement.Unsubscribed,
        ["optedout"] = ConsentStatement.Unsubscribed,
        ["opt out"] = ConsentStatement.Unsubscribed,
        ["optout"] = ConsentStatement.Unsubscribed,
        ["none"] = ConsentStatement.NeverSubscribed,
        ["false"] = ConsentStatement.NoConsent,
        ["f"] = ConsentStatement.NoConsent,
        ["no"] = ConsentStatement.NoConsent,
        ["n"] = ConsentStatement.NoConsent,
        ["0"] = ConsentStatement.NoConsent,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a column of this kind can hold consent.</summary>
    public static bool IsSupported(InputKind kind) => kind is InputKind.Text or InputKind.Boolean or InputKind.Integer or InputKind.Decimal or InputKind.Float;

    /// <summary>Reads one status cell.</summary>
    /// <param name="cell">The cell; null and blank make no statement.</param>
    /// <param name="kind">What the cell natively is.</param>
    /// <param name="strictKlaviyo">Text takes only the values Klaviyo publishes; native booleans and numbers are read all the same.</param>
    /// <param name="statement">Null if the cell makes no statement.</param>
    /// <param name="error"><c>consent_value_invalid</c>.</param>
    public static bool TryParse(string? cell, InputKind kind, bool strictKlaviyo, out ConsentStatement? statement, [NotNullWhen(false)] out Problem? error)
    {
        statement = null;
        error = null;
        if (string.IsNullOrWhiteSpace(cell)) return true;

        statement = kind switch
        {
            InputKind.Text => Word(Normalise(cell), strictKlaviyo),
            InputKind.Boolean => Word(Normalise(cell), strict: false),
            InputKind.Integer or InputKind.Decimal or InputKind.Float => ExactNumber.TryCanonicalise(cell.AsSpan().Trim(), out var number, out _) && number is "1" or "0"
                ? Word(number, strict: false)
                : null,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Consent comes from text, boolean or numeric columns."),
        };
        if (statement is not null) return true;
        error = ProblemCatalogue.Fill(ProblemCodes.ConsentValueInvalid, ("value", cell));
        return false;
    }

    private static ConsentStatement? Word(string text, bool strict)
    {
        if (Published.TryGetValue(text, out var statement)) return statement;
        return !strict && Own.TryGetValue(text, out statement) ? statement : null;
    }

    // Separators count only between words: with a leading "-" ignored, -1 would be a consent.
    private static string Normalise(string cell)
    {
        var text = cell.AsSpan().Trim();
        var normalised = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var isSeparator = c is '_' or '-' || char.IsWhiteSpace(c);
            if (!isSeparator) normalised.Append(char.ToLowerInvariant(c));
            else if (normalised.Length == 0) return cell;
            else if (normalised[^1] != ' ') normalised.Append(' ');
        }

        return normalised.ToString();
    }
}
