namespace WarehouseImport.Profiles.Identity;

/// <summary>What becomes of a profile that loses its last identifier to another (profile-import-rules 3.3).</summary>
public enum OrphanPolicy
{
    /// <summary>The pair is listed under possible duplicates.</summary>
    Suggest,

    /// <summary>It is merged into the profile that took the identifier. Which profiles meet depends on the order of arrival, so this is outside G9.</summary>
    Absorb,
}
