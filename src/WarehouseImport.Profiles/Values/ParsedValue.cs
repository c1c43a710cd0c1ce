using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>
/// The result of reading one cell: a value as canonical JSON text, no value (NULL, blank), or an error; each may carry a warning.
/// Equal values have equal canonical JSON text, so values are compared by ordinal string equality everywhere.
/// </summary>
public readonly record struct ParsedValue
{
    private ParsedValue(string? json, Problem? error, Problem? warning)
    {
        Json = json;
        Error = error;
        Warning = warning;
    }

    /// <summary>Canonical JSON text of the value; null if there is none or it is invalid.</summary>
    public string? Json { get; }

    public Problem? Error { get; }

    public Problem? Warning { get; }

    public bool HasValue => Json is not null;

    public bool IsNoValue => Json is null && Error is null;

    public static ParsedValue NoValue => default;

    public static ParsedValue Of(string canonicalJson, Problem? warning = null) => new(canonicalJson, null, warning);

    public static ParsedValue Invalid(Problem error) => new(null, error, null);
}
