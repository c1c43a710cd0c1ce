using System.Diagnostics.CodeAnalysis;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;

namespace WarehouseImport.Profiles.Consent;

/// <summary>What a person may consent to: a channel and a purpose (profile-import-rules 9.1). The numbers are stored.</summary>
public enum ConsentRegisterKind : byte
{
    EmailMarketing = 0,
    SmsMarketing = 1,
    SmsTransactional = 2,
}

/// <summary>Names and properties of the consent registers.</summary>
public static class ConsentRegisterKinds
{
    public static IReadOnlyList<ConsentRegisterKind> All { get; } = [ConsentRegisterKind.EmailMarketing, ConsentRegisterKind.SmsMarketing, ConsentRegisterKind.SmsTransactional];

    /// <summary><c>email.marketing</c>, <c>sms.marketing</c> or <c>sms.transactional</c>.</summary>
    public static string Name(this ConsentRegisterKind kind) => kind switch
    {
        ConsentRegisterKind.EmailMarketing => "email.marketing",
        ConsentRegisterKind.SmsMarketing => "sms.marketing",
        ConsentRegisterKind.SmsTransactional => "sms.transactional",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown consent register."),
    };

    /// <summary>The register's name in history and mappings: <c>consent.email.marketing</c>.</summary>
    public static string FieldName(this ConsentRegisterKind kind) => kind switch
    {
        ConsentRegisterKind.EmailMarketing => "consent.email.marketing",
        ConsentRegisterKind.SmsMarketing => "consent.sms.marketing",
        ConsentRegisterKind.SmsTransactional => "consent.sms.transactional",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown consent register."),
    };

    /// <summary>The kind of address consent of this register is given for (C9).</summary>
    public static IdentifierKind AddressKind(this ConsentRegisterKind kind) =>
        kind == ConsentRegisterKind.EmailMarketing ? IdentifierKind.Email : IdentifierKind.PhoneNumber;

    public static bool IsSms(this ConsentRegisterKind kind) => kind != ConsentRegisterKind.EmailMarketing;

    /// <summary>The other SMS register (C8).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not an SMS register.</exception>
    public static ConsentRegisterKind OtherSms(this ConsentRegisterKind kind) => kind switch
    {
        ConsentRegisterKind.SmsMarketing => ConsentRegisterKind.SmsTransactional,
        ConsentRegisterKind.SmsTransactional => ConsentRegisterKind.SmsMarketing,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Only SMS has two registers."),
    };

    /// <summary>Reads a register's name, with or without <c>consent.</c> before it; compared as column names are (5).</summary>
    /// <param name="error">
    /// <c>consent_channel_unsupported</c> for any other name, <c>whatsapp.marketing</c>, <c>whatsapp.transactional</c> and <c>push.marketing</c> included.
    /// </param>
    public static bool TryParse(string name, out ConsentRegisterKind kind, [NotNullWhen(false)] out Problem? error)
    {
        var normalised = StandardProperties.NormaliseName(name);
        foreach (var candidate in All)
        {
            kind = candidate;
            error = null;
            if (normalised == candidate.Name() || normalised == candidate.FieldName()) return true;
        }

        kind = default;
        error = ProblemCatalogue.Fill(ProblemCodes.ConsentChannelUnsupported, ("value", name));
        return false;
    }
}
