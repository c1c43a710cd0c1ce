namespace WarehouseImport.Server.Sample;

/// <summary>The registers a person must show after both phases, known from what was written about them.</summary>
/// <param name="Email">The person's address, canonical.</param>
internal sealed record ExpectedConsent(string Email, string EmailMarketing, string SmsMarketing, string SmsTransactional)
{
    public const string Subscribed = "SUBSCRIBED";
    public const string Unsubscribed = "UNSUBSCRIBED";
    public const string Never = "NEVER_SUBSCRIBED";
}

/// <summary>What must be known about people, beyond the rows counted, after both phases.</summary>
/// <param name="Pairs">Possible duplicates that are listed.</param>
/// <param name="Merged">Addresses of people whose two profiles the runs made one.</param>
internal sealed record ExpectedPeople(IReadOnlyList<ExpectedConsent> Consent, int Pairs, IReadOnlyList<string> Merged);
