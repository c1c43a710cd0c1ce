namespace WarehouseImport.Profiles.Problems;

/// <summary>What a problem is about, for filters and alerts (profile-import-rules 13).</summary>
public enum ProblemCategory
{
    Identifier,
    Phone,
    Email,
    Type,
    Date,
    Consent,
    Size,
    Conflict,
    File,
    Cursor,
    Internal,

    /// <summary>Found when a sync is saved or before a run, never on a row (profile-import-rules 12).</summary>
    Mapping,
}
