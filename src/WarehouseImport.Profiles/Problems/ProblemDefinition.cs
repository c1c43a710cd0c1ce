namespace WarehouseImport.Profiles.Problems;

/// <summary>One entry of the error catalogue.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Severity">The usual severity; <c>invalid_values: skip_field</c> turns an error into a warning.</param>
/// <param name="Category">What it is about.</param>
/// <param name="Title">A short heading without holes.</param>
/// <param name="KlaviyoName">What Klaviyo calls the same fault, or null.</param>
/// <param name="Template">The message; <c>{name}</c> is a hole.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record ProblemDefinition(
    string Code,
    ProblemSeverity Severity,
    ProblemCategory Category,
    string Title,
    string? KlaviyoName,
    string Template,
    string Hint);
