using System.Text.Json;
using WarehouseImport.Profiles.Consent;

namespace WarehouseImport.Profiles.Merging;

/// <summary>The consent part: what is shown goes into the document, the registers into a trailing section of the version column.</summary>
static partial class ProfileCodec
{
    private const string ConsentName = "consent";
    private const string SuppressionsName = "email_suppressions";
    private const string CanReceiveName = "can_receive_email_marketing";

    private const byte EarliestBit = 1;
    private const byte LatestBit = 2;
    private const byte UnsubscribedBit = 4;
    private const byte NoConsentBit = 8;

    // Beside the method in one byte: most consent has no instant of its own and no custom source.
    private const byte OwnInstantBit = 0x80;
    private const byte CustomSourceBit = 0x40;

    private static bool IsConsent(string member) => member is ConsentName or SuppressionsName or CanReceiveName;

    /// <summary>Writes nothing for a profile that consent was never stated for, so that it stays small.</summary>
    private static void WriteConsent(Utf8JsonWriter json, Profile profile)
    {
        if (profile.Consent.IsEmpty) return;

        var shown = profile.ShowConsent();
        json.WriteStartObject(ConsentName);
        WriteChannel(json, "email", shown, [(ConsentRegisterKind.EmailMarketing, "marketing")]);
        WriteChannel(json, "sms", shown, [(ConsentRegisterKind.SmsMarketing, "marketing"), (ConsentRegisterKind.SmsTransactional, "transactional")]);
        json.WriteEndObject();

        json.WriteStartArray(SuppressionsName);
        foreach (var (reason, instant) in shown.Suppressions)
        {
            json.WriteStartObject();
            json.WriteString("reason", reason.Name());
            json.WriteString("instant", instant.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean(CanReceiveName, shown.CanReceiveEmailMarketing);
    }

    private static void WriteChannel(Utf8JsonWriter json, string channel, ShownConsent shown, ReadOnlySpan<(ConsentRegisterKind Kind, string Purpose)> registers)
    {
        json.WriteStartObject(channel);
        foreach (var (kind, purpose) in registers)
        {
            var register = shown.Register(kind);
            json.WriteStartObject(purpose);
            json.WriteString("status", register.Standing.Status.Name());
            if (register.Standing.Deciding is { } deciding)
            {
                json.WriteString("consented_at", deciding.Instant.ToString());
                if (register.Standing.FirstSubscribedAt is { } first) json.WriteString("first_subscribed_at", first.ToString());
                json.WriteString("last_updated", deciding.Version.Instant.ToString());
                json.WriteString("method", deciding.Method.Name());
                json.WriteString("method_detail", $"sync {deciding.Version.SyncId}, run {deciding.RunId}");
                if (deciding.CustomSource is not null) json.WriteString("custom_source", deciding.CustomSource);
            }

            if (register.Address is not null) json.WriteString("address", register.Address);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static IEnumerable<ConsentEntry> Entries(ConsentState consent) => consent.Registers.Values
        .SelectMany(register => (ConsentEntry?[])[register.EarliestSubscribed, register.LatestSubscribed, register.LatestUnsubscribed, register.LatestNoConsent])
        .OfType<ConsentEntry>();

    private static void EncodeConsent(CompactWriter output, ConsentState consent, VersionTable table)
    {
        if (consent.IsEmpty) return;

        var runIds = Entries(consent).Select(entry => entry.RunId).Distinct().ToList();
        output.WriteNumber(runIds.Count);
        foreach (var runId in runIds) output.WriteGuid(runId);

        output.WriteNumber(consent.Registers.Count);
        foreach (var (key, register) in consent.Registers)
        {
            // One subscription is both the earliest and the latest, which is the usual case.
            var earliest = register.EarliestSubscribed == register.LatestSubscribed ? null : register.EarliestSubscribed;
            output.WriteByte((byte)key.Kind);
            output.WriteText(key.Address);
            output.WriteByte((byte)(
                (earliest is null ? 0 : EarliestBit)
                | (register.LatestSubscribed is null ? 0 : LatestBit)
                | (register.LatestUnsubscribed is null ? 0 : UnsubscribedBit)
                | (register.LatestNoConsent is null ? 0 : NoConsentBit)));
            WriteEntry(earliest);
            WriteEntry(register.LatestSubscribed);
            WriteEntry(register.LatestUnsubscribed);
            WriteEntry(register.LatestNoConsent);
        }

        output.WriteNumber(consent.Suppressions.Count);
        foreach (var (reason, register) in consent.Suppressions)
        {
            output.WriteByte((byte)reason);
            output.WriteInstant(register.Earliest);
            output.WriteInstant(register.Latest);
        }

        void WriteEntry(ConsentEntry? stored)
        {
            if (stored is not { } entry) return;
            var hasOwnInstant = entry.Instant != entry.Version.Instant;
            output.WriteByte((byte)((byte)entry.Method | (hasOwnInstant ? OwnInstantBit : 0) | (entry.CustomSource is null ? 0 : CustomSourceBit)));
            output.WriteNumber(table.IndexOf(entry.Version));
            output.WriteNumber(runIds.IndexOf(entry.RunId));
            if (hasOwnInstant) output.WriteInstant(entry.Instant);
            if (entry.CustomSource is not null) output.WriteText(entry.CustomSource);
        }
    }

    private static void DecodeConsent(CompactReader input, FieldVersion[] versions, ConsentState consent)
    {
        if (input.IsAtEnd) return;

        var runIds = new Guid[input.ReadNumber()];
        for (var i = 0; i < runIds.Length; i++) runIds[i] = input.ReadGuid();

        for (var registers = input.ReadNumber(); registers > 0; registers--)
        {
            var key = new ConsentKey((ConsentRegisterKind)input.ReadByte(), input.ReadText());
            var parts = input.ReadByte();
            var earliest = ReadEntry(parts & EarliestBit);
            var latest = ReadEntry(parts & LatestBit);
            var register = new ConsentRegister();
            register.Restore(earliest ?? latest, latest, ReadEntry(parts & UnsubscribedBit), ReadEntry(parts & NoConsentBit));
            consent.Restore(key, register);
        }

        for (var suppressions = input.ReadNumber(); suppressions > 0; suppressions--)
        {
            consent.Add((SuppressionReason)input.ReadByte(), new SuppressionRegister(input.ReadInstant(), input.ReadInstant()));
        }

        ConsentEntry? ReadEntry(int isPresent)
        {
            if (isPresent == 0) return null;
            var head = input.ReadByte();
            var version = versions[input.ReadNumber()];
            var runId = runIds[input.ReadNumber()];
            var instant = (head & OwnInstantBit) != 0 ? input.ReadInstant() : version.Instant;
            var customSource = (head & CustomSourceBit) != 0 ? input.ReadText() : null;
            return new ConsentEntry(instant, version, (ConsentMethod)(head & ~(OwnInstantBit | CustomSourceBit)), runId, customSource);
        }
    }
}
