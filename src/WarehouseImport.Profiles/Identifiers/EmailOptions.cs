namespace WarehouseImport.Profiles.Identifiers;

/// <summary>What a workspace decides about email addresses (profile-import-rules 2.2).</summary>
public sealed record EmailOptions
{
    public const int DefaultMaxLength = 100;
    public const int GreatestMaxLength = 254;

    /// <value>The most characters of a whole address, 100 to 254; the default is 100.</value>
    public int MaxLength { get; init; } = DefaultMaxLength;

    /// <value>Whether a local part may hold characters outside ASCII; the default is false.</value>
    public bool AllowNonAsciiLocalPart { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    internal void Validate()
    {
        if (MaxLength is < DefaultMaxLength or > GreatestMaxLength)
            throw new ArgumentOutOfRangeException(
                nameof(MaxLength),
                MaxLength,
                $"EmailOptions.MaxLength is {MaxLength}; it must be between {DefaultMaxLength} and {GreatestMaxLength}.");
    }
}
