namespace WarehouseImport.Syncs.Setup;

/// <summary>Something about a request that has to change, or (as a warning) that somebody may want to know.</summary>
/// <param name="Code">Stable code: one of section 12 of the profile and import rules, or of <see cref="SetupCodes"/>.</param>
/// <param name="Message">The offending name, the value found and what is allowed.</param>
/// <param name="Pointer">JSON pointer (RFC 6901) into the request; empty for the request as a whole.</param>
/// <param name="Fix">What to do about it, or null.</param>
public sealed record SetupProblem(string Code, string Message, string Pointer, string? Fix = null);

/// <summary>Codes of a refused request that are not mapping rules of section 12.</summary>
public static class SetupCodes
{
    /// <summary>The body is not JSON or not an object.</summary>
    public const string BodyInvalid = "body_invalid";

    /// <summary>A member nobody knows; never ignored, because a misspelt option would silently do nothing.</summary>
    public const string MemberUnknown = "member_unknown";
    public const string MemberMissing = "member_missing";

    /// <summary>A member has the wrong JSON type, an unknown word or a value out of range.</summary>
    public const string ValueInvalid = "value_invalid";
    public const string LimitExceeded = "limit_exceeded";
    public const string ScheduleInvalid = "schedule_invalid";
    public const string ZoneUnknown = "zone_unknown";
    public const string ConnectionUnknown = "connection_unknown";
    public const string NameTaken = "name_taken";
    public const string TargetUnknown = "target_unknown";
    public const string TransformInvalid = "transform_invalid";

    /// <summary>A warning: the new property differs from an existing one only in case, spaces or underscores (6.1).</summary>
    public const string PropertyNameSimilar = "property_name_similar";
}
