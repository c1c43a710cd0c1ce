namespace WarehouseImport.Profiles.Consent;

/// <summary>What a source says about consent (profile-import-rules 9.3). A blank cell says nothing and is not a statement.</summary>
public enum ConsentStatement : byte
{
    Subscribed = 0,
    Unsubscribed = 1,

    /// <summary>A bare <c>false</c>: means unsubscribed where the address was subscribed before or at that instant, and nothing otherwise.</summary>
    NoConsent = 2,

    /// <summary>Stores nothing and resets nothing (C5); it keeps an opt-out of the other SMS register from spreading (C8).</summary>
    NeverSubscribed = 3,
}

/// <summary>Status of a consent register; what remains when nothing is known is <see cref="NeverSubscribed"/> (C13).</summary>
public enum ConsentStatus
{
    NeverSubscribed,
    Subscribed,
    Unsubscribed,
}

public static class ConsentStatuses
{
    /// <summary>The status as stored in the document and shown by the API.</summary>
    public static string Name(this ConsentStatus status) => status switch
    {
        ConsentStatus.NeverSubscribed => "NEVER_SUBSCRIBED",
        ConsentStatus.Subscribed => "SUBSCRIBED",
        ConsentStatus.Unsubscribed => "UNSUBSCRIBED",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Unknown consent status."),
    };
}
