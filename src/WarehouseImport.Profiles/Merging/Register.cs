namespace WarehouseImport.Profiles.Merging;

/// <summary>A field's winning write: its value as canonical JSON (null after a clear, which stays behind as a marker) and its version.</summary>
readonly record struct Register(string? Value, FieldVersion Version);

/// <summary>A list element's winning write. At equal keys a removal holds, so that the outcome does not depend on arrival.</summary>
readonly record struct ElementRegister(bool IsPresent, FieldVersion Version);

/// <summary>What a write did to a field.</summary>
enum WriteEffect
{
    /// <summary>The effective value changed.</summary>
    Changed,

    /// <summary>The value was already so; its version may have been raised.</summary>
    Same,

    /// <summary>A different value lost against a greater version.</summary>
    Superseded,
}
