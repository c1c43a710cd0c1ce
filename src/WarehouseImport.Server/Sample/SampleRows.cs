namespace WarehouseImport.Server.Sample;

/// <summary>A row of <c>crm.customers</c>.</summary>
internal sealed record CustomerRow
{
    public string? CustomerId { get; init; }

    public string? Email { get; init; }

    public string? Phone { get; init; }

    public string? Country { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    public string? Company { get; init; }

    public string? JobTitle { get; init; }

    public string? Street { get; init; }

    public string? City { get; init; }

    public string? Region { get; init; }

    public string? Zip { get; init; }

    public string? TimeZone { get; init; }

    public string? Locale { get; init; }

    public string? Birthday { get; init; }

    public string? SignedUp { get; init; }

    public string? Tags { get; init; }

    public string? LoyaltyTier { get; init; }

    public bool? IsVip { get; init; }

    public string? SmsConsent { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>A row of <c>loyalty.balances</c>. Its <c>updated_at</c> has no zone; it is meant in UTC.</summary>
internal sealed record BalanceRow(string? CustomerId, string? CardEmail, decimal Balance, long Points, string Tier, bool Enrolled, DateOnly? EnrolledOn, DateTimeOffset? UpdatedAt);

/// <summary>A row of <c>shop.orders</c>, which <c>analytics.segments</c> is computed from.</summary>
internal sealed record OrderRow(long OrderId, string? Email, decimal Amount, DateOnly OrderedOn, DateTimeOffset? LoadedAt);

/// <summary>A row of <c>web.signups</c>. Everything but its time is text, as a web form sends it.</summary>
internal sealed record SignupRow
{
    public string? Email { get; init; }

    public string? Phone { get; init; }

    public string? CustomerNumber { get; init; }

    public string? ProfileId { get; init; }

    public string? Consent { get; init; }

    public string? ConsentedAt { get; init; }

    public string? SuppressionReason { get; init; }

    public string? Campaign { get; init; }

    public string? Age { get; init; }

    public string? WantsCatalogue { get; init; }

    public string? Interests { get; init; }

    public string? Answers { get; init; }

    public string? Comment { get; init; }

    public string? Avatar { get; init; }

    public string? Ip { get; init; }

    public string? Latitude { get; init; }

    public string? Longitude { get; init; }

    public DateTimeOffset SubmittedAt { get; init; }
}

/// <summary>What happens to a table in one phase.</summary>
/// <param name="ReplacedKeys">Rows with these keys are removed first; the table's key is <c>customer_id</c>, or <c>order_id</c> as text.</param>
internal sealed record TableChange<TRow>(IReadOnlyList<TRow> Rows, IReadOnlyList<string> ReplacedKeys, ExpectedRun Expected);
