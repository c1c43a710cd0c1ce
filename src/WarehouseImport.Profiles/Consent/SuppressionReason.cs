using WarehouseImport.Profiles.Properties;

namespace WarehouseImport.Profiles.Consent;

/// <summary>
/// Why mail must not be sent, whatever the consent (profile-import-rules 9.6). In the order in which one reason is shown for several:
/// deliverability before manual. The numbers are stored.
/// </summary>
public enum SuppressionReason : byte
{
    HardBounce = 0,
    InvalidEmail = 1,
    SpamComplaint = 2,
    Unsubscribe = 3,
    UserSuppressed = 4,
}

public static class SuppressionReasons
{
    public static IReadOnlyList<SuppressionReason> All { get; } =
    [
        SuppressionReason.HardBounce, SuppressionReason.InvalidEmail, SuppressionReason.SpamComplaint, SuppressionReason.Unsubscribe, SuppressionReason.UserSuppressed,
    ];

    /// <summary>The reason as stored in the document and shown by the API.</summary>
    public static string Name(this SuppressionReason reason) => reason switch
    {
        SuppressionReason.HardBounce => "HARD_BOUNCE",
        SuppressionReason.InvalidEmail => "INVALID_EMAIL",
        SuppressionReason.SpamComplaint => "SPAM_COMPLAINT",
        SuppressionReason.Unsubscribe => "UNSUBSCRIBE",
        SuppressionReason.UserSuppressed => "USER_SUPPRESSED",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown suppression reason."),
    };

    /// <summary>Whether a subscription lifts it; a mailbox that cannot be reached stays suppressed.</summary>
    public static bool IsLiftable(this SuppressionReason reason) => reason is not (SuppressionReason.HardBounce or SuppressionReason.InvalidEmail);

    /// <summary>Reads a reason, ignoring case, outer spaces, and <c>_</c>, <c>-</c> and space differences.</summary>
    public static bool TryParse(string text, out SuppressionReason reason)
    {
        var normalised = StandardProperties.NormaliseName(text);
        foreach (var candidate in All)
        {
            reason = candidate;
            if (normalised == StandardProperties.NormaliseName(candidate.Name())) return true;
        }

        reason = default;
        return false;
    }
}
