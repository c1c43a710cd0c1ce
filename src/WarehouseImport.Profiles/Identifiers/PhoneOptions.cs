namespace WarehouseImport.Profiles.Identifiers;

/// <summary>How strictly a number is checked against the numbering data (profile-import-rules 8 step 8).</summary>
public enum PhoneValidation
{
    /// <summary>The number must be one that can be assigned today.</summary>
    Valid,

    /// <summary>The number needs only a known country code and a possible length.</summary>
    Possible,
}

/// <summary>What a sync decides about phone numbers (profile-import-rules 8).</summary>
public sealed record PhoneOptions
{
    /// <value>The country of rows that name none, as any text that <see cref="Values.Countries"/> recognises; null (the default) for none.</value>
    public string? DefaultCountry { get; init; }

    /// <value>Whether leading <c>00</c> means <c>+</c>; the default is false.</value>
    public bool DoubleZeroMeansPlus { get; init; }

    /// <value>The default is <see cref="PhoneValidation.Valid"/>.</value>
    public PhoneValidation Validation { get; init; }
}
