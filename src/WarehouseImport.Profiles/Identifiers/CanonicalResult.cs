using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Identifiers;

/// <summary>The result of reading an identifier cell: the canonical raw text (not JSON), no value (NULL, blank), or an error; a value may carry a warning.</summary>
public readonly record struct CanonicalResult
{
    private CanonicalResult(string? value, Problem? error, Problem? warning)
    {
        Value = value;
        Error = error;
        Warning = warning;
    }

    /// <summary>The canonical form; null if there is none or the input is invalid.</summary>
    public string? Value { get; }

    public Problem? Error { get; }

    public Problem? Warning { get; }

    public bool HasValue => Value is not null;

    public bool IsNoValue => Value is null && Error is null;

    public static CanonicalResult NoValue => default;

    public static CanonicalResult Of(string value, Problem? warning = null) => new(value, null, warning);

    public static CanonicalResult Invalid(Problem error) => new(null, error, null);
}
