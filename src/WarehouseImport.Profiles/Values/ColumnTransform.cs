using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Profiles.Values;

/// <summary>What happens to a cell before it is parsed (profile-import-rules 4.3). Steps: trim, then case, then the default; a constant replaces all.</summary>
public sealed record ColumnTransform
{
    private const string DefaultPrefix = "default:";
    private const string ConstantPrefix = "constant:";

    public static ColumnTransform None { get; } = new();

    /// <value>Remove white space at both ends.</value>
    public bool Trim { get; init; }

    /// <value>Change the case, independently of any language.</value>
    public LetterCase Case { get; init; }

    /// <value>Used where the cell is NULL or blank; written as the column's own kind would be.</value>
    public string? Default { get; init; }

    /// <value>Used for every row, whatever the cell holds; read as text.</value>
    public string? Constant { get; init; }

    /// <summary>Reads the written form: <c>trim</c>, <c>lower</c>, <c>upper</c>, <c>default:VALUE</c>, <c>constant:VALUE</c>, in any order.</summary>
    /// <param name="steps">The steps, or null for none.</param>
    /// <param name="error">What is wrong and what is allowed.</param>
    public static bool TryParse(IEnumerable<string>? steps, [NotNullWhen(true)] out ColumnTransform? transform, [NotNullWhen(false)] out string? error)
    {
        transform = None;
        error = null;
        foreach (var step in steps ?? [])
        {
            transform = step switch
            {
                "trim" => transform with { Trim = true },
                "lower" when transform.Case != LetterCase.Upper => transform with { Case = LetterCase.Lower },
                "upper" when transform.Case != LetterCase.Lower => transform with { Case = LetterCase.Upper },
                _ when step.StartsWith(DefaultPrefix, StringComparison.Ordinal) => transform with { Default = step[DefaultPrefix.Length..] },
                _ when step.StartsWith(ConstantPrefix, StringComparison.Ordinal) => transform with { Constant = step[ConstantPrefix.Length..] },
                _ => null,
            };
            if (transform is not null) continue;
            error = $"'{step}' is not a transform here; allowed are trim, lower or upper, default:VALUE and constant:VALUE.";
            return false;
        }

        return true;
    }

    /// <summary>The kind in which the result is to be parsed: a constant is text, whatever the column is.</summary>
    public InputKind ResultKind(InputKind column) => Constant is null ? column : InputKind.Text;

    /// <summary>The cell to parse, or null for NULL.</summary>
    public string? Apply(string? cell)
    {
        if (Constant is not null) return Constant;
        if (cell is not null)
        {
            if (Trim) cell = cell.Trim();
            cell = Case switch
            {
                LetterCase.Lower => cell.ToLowerInvariant(),
                LetterCase.Upper => cell.ToUpperInvariant(),
                _ => cell,
            };
        }

        return Default is not null && string.IsNullOrWhiteSpace(cell) ? Default : cell;
    }
}

public enum LetterCase
{
    AsGiven,
    Lower,
    Upper,
}
