namespace WarehouseImport.Profiles.History;

/// <summary>One entry of a profile's history.</summary>
/// <param name="Id">Sorts by the time applied; within one batch in the order of application.</param>
/// <param name="Field">
/// Field path, or the element's field for list elements; <c>consent.email.marketing</c> and the like for consent, <c>email_suppressions.HARD_BOUNCE</c> and
/// the like for suppressions.
/// </param>
/// <param name="OldValue">Canonical JSON before, or null if there was none.</param>
/// <param name="NewValue">Canonical JSON after (for <see cref="ChangeKind.Superseded"/>: the value that lost), or null if it was cleared or released.</param>
/// <param name="OldInstant">Source instant (for consent the consent instant) of the replaced value; null if there was none.</param>
/// <param name="NewInstant">Source instant of the row; for consent the consent instant.</param>
/// <param name="Page">Page of the run that held the source row.</param>
/// <param name="Row">Position in that page, 0-based.</param>
/// <param name="RawInput">For identifiers, the input as read where it differs from the canonical form.</param>
public sealed record Change(
    Ulid Id,
    Ulid ProfileId,
    ChangeKind Kind,
    string Field,
    string? OldValue,
    string? NewValue,
    SourceInstant? OldInstant,
    SourceInstant NewInstant,
    Guid SyncId,
    Guid RunId,
    int Page,
    int Row,
    string? RawInput,
    DateTimeOffset AppliedAt)
{
    /// <value>Who did it by hand; null for imports.</value>
    public string? By { get; init; }
}

public enum ChangeKind
{
    /// <summary>The field took a new value.</summary>
    Set,

    /// <summary>The field was cleared by an explicit clear.</summary>
    Cleared,

    /// <summary>The identifier went to another profile with a greater claim (<c>identifier_reassigned</c>).</summary>
    Released,

    /// <summary>The identifier came back because the profile that had taken it gave it up.</summary>
    Regained,

    /// <summary>A value lost against a greater stored version; recorded only if the sync asks for it.</summary>
    Superseded,

    /// <summary>Another profile was merged into this one: field <c>id</c> names it, other fields are what the merge changed.</summary>
    Merged,

    /// <summary>This profile was merged into another and removed; field <c>id</c> names it.</summary>
    MergedInto,

    /// <summary>The merge was taken back; both profiles are as they were.</summary>
    MergeUndone,
}
