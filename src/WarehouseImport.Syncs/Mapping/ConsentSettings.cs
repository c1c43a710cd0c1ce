namespace WarehouseImport.Syncs.Mapping;

/// <summary>What the workspace demands of consent, whether it comes from a sync, a file or a request.</summary>
public sealed class ConsentSettings
{
    public const string SectionName = "Consent";

    /// <summary>Whether a row that subscribes to SMS must state a valid date of birth (profile-import-rules C14, <c>consent_age_missing</c>).</summary>
    /// <value>False.</value>
    public bool AgeGatedSms { get; set; }
}
