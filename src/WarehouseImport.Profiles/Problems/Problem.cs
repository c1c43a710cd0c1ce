namespace WarehouseImport.Profiles.Problems;

public enum ProblemSeverity
{
    /// <summary>The row (or, with <c>invalid_values: skip_field</c>, the field) was not imported.</summary>
    Error,

    /// <summary>The row was imported; somebody may want to know.</summary>
    Warning,

    /// <summary>Said once per run, not per row.</summary>
    Notice,
}

/// <summary>What is wrong with a value or a row: a code of the problem catalogue and the filled-in message.</summary>
/// <param name="Code">Stable code, for example <c>email_invalid</c>.</param>
/// <param name="Detail">The catalogue's message with its holes filled in, in English.</param>
/// <param name="Hint">How to mend it, or null.</param>
[GenerateSerializer, Immutable, Alias("problem")]
public sealed record Problem(
    [property: Id(0)] string Code,
    [property: Id(1)] ProblemSeverity Severity,
    [property: Id(2)] string Detail,
    [property: Id(3)] string? Hint = null);
