using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Views;

/// <summary>A consent register for one address, with the reason for its status (profile-import-rules 9.1, 9.3a).</summary>
/// <param name="IsCurrent">Whether the profile holds the address now, so that this register is the one shown for the profile.</param>
/// <param name="Deciding">The statement the status follows from; null if never subscribed.</param>
/// <param name="FirstSubscribedAt">The earliest consent known, also where a later opt-out holds.</param>
/// <param name="Statements">What is kept of everything ever stated, for comparison and explanation.</param>
public sealed record ConsentView(
    ConsentRegisterKind Kind,
    string Address,
    bool IsCurrent,
    ConsentStatus Status,
    ConsentStatementView? Deciding,
    SourceInstant? FirstSubscribedAt,
    IReadOnlyList<ConsentStatementView> Statements);

/// <summary>A stored consent statement.</summary>
/// <param name="Part"><c>earliest_subscribed</c>, <c>latest_subscribed</c>, <c>latest_unsubscribed</c> or <c>latest_no_consent</c>.</param>
/// <param name="Instant">The consent instant.</param>
/// <param name="Version">Version of the row that stated it; names the sync.</param>
/// <param name="RunId">The run or upload that stated it.</param>
public sealed record ConsentStatementView(string Part, SourceInstant Instant, FieldVersion Version, ConsentMethod Method, Guid RunId, string? CustomSource);

/// <summary>A suppression in effect.</summary>
public sealed record SuppressionView(SuppressionReason Reason, SourceInstant Instant);
