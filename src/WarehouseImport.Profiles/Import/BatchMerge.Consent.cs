using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Import;

/// <summary>The consent rules that need the profile (profile-import-rules 9.4): addresses, C3–C5, C8–C11, suppressions.</summary>
sealed partial class BatchMerge
{
    internal const string SuppressionPrefix = "email_suppressions.";

    // What profiles that the row at hand may change showed before it; another profile's consent changes with the identifier it loses or regains (C9).
    private readonly Dictionary<Ulid, ShownConsent> _shownBefore = [];

    private readonly Dictionary<string, bool> _fixedLines = new(StringComparer.Ordinal);

    /// <summary>The address a statement is given for: the row's own, else the one the profile holds (C10).</summary>
    private static string? AddressOf(ConsentWrite write, ProfileUpdate row, Profile? profile)
    {
        var kind = write.Register.AddressKind();
        foreach (var claim in row.Identifiers)
        {
            if (claim.Identifier.Kind == kind) return claim.Identifier.Value;
        }

        return profile?.Held(kind);
    }

    /// <summary>C10. Statements that could not change anything without an address need none.</summary>
    private static void CheckAddresses(ProfileUpdate row, Profile? profile, RowReport report)
    {
        var emailMissing = false;
        var phoneMissing = false;
        foreach (var write in row.Consent)
        {
            if (write.Statement is not (ConsentStatement.Subscribed or ConsentStatement.Unsubscribed) || AddressOf(write, row, profile) is not null) continue;
            if (write.Register.IsSms()) phoneMissing = true;
            else emailMissing = true;
        }

        if (emailMissing) report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentWithoutAddress, ("channel", "Email"), ("what", "an email address")));
        if (phoneMissing) report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentWithoutAddress, ("channel", "SMS"), ("what", "a phone number")));
    }

    private void RememberShown(Profile profile)
    {
        if (!_shownBefore.ContainsKey(profile.Id)) _shownBefore.Add(profile.Id, profile.ShowConsent());
    }

    private RowEffect WriteConsent(Profile profile, RowSource source)
    {
        var row = source.Row;
        var version = Version(row, FieldStrength.Ordinary);
        foreach (var write in row.Consent)
        {
            if (AddressOf(write, row, profile) is not { } address || IsRefusedFixedLine(write, address, source)) continue;
            var entry = new ConsentEntry(write.Instant, version, batch.ConsentMethod, batch.Key.RunId, write.CustomSource);
            profile.Consent.Add(new ConsentKey(write.Register, address), write.Statement, entry);
            if (Spreads(write, row)) profile.Consent.Add(new ConsentKey(write.Register.OtherSms(), address), ConsentStatement.Unsubscribed, entry);
        }

        foreach (var write in row.Suppressions) profile.Consent.Add(write.Reason, new SuppressionRegister(write.Instant, write.Instant));

        // Only now, so that what a row says of one register does not depend on the order in which it says it.
        var effect = RowEffect.None;
        foreach (var write in row.Consent) effect |= Judge(profile, write, source);
        return effect;
    }

    /// <summary>C8: an SMS opt-out holds for the other purpose too, unless the row states that one itself.</summary>
    private static bool Spreads(ConsentWrite write, ProfileUpdate row)
    {
        if (write.Statement != ConsentStatement.Unsubscribed || !write.Register.IsSms()) return false;
        foreach (var other in row.Consent)
        {
            if (other.Register == write.Register.OtherSms()) return false;
        }

        return true;
    }

    private bool IsRefusedFixedLine(ConsentWrite write, string address, RowSource source)
    {
        if (write.Statement != ConsentStatement.Subscribed || !write.Register.IsSms() || !IsFixedLine(address)) return false;
        if (!source.Report.Problems.Any(problem => problem.Code == ProblemCodes.ConsentFixedLine))
            source.Report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentFixedLine, ("number", address)));
        return true;
    }

    private bool IsFixedLine(string number)
    {
        if (!_fixedLines.TryGetValue(number, out var isFixedLine)) _fixedLines[number] = isFixedLine = PhoneLines.IsFixedLine(number);
        return isFixedLine;
    }

    /// <summary>Says what became of a statement at this moment (C3–C5).</summary>
    private RowEffect Judge(Profile profile, ConsentWrite write, RowSource source)
    {
        if (AddressOf(write, source.Row, profile) is not { } address || profile.Consent.Find(new ConsentKey(write.Register, address)) is not { } register) return RowEffect.None;

        var standing = register.Standing;
        switch (write.Statement)
        {
            case ConsentStatement.Subscribed when standing.Status == ConsentStatus.Unsubscribed && !(write.Register.IsSms() && IsFixedLine(address)):
                source.Report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentOlderThanOptOut, ("t", standing.Deciding!.Value.Instant.ToString())));
                return SupersedeConsent(ConsentStatus.Subscribed);
            case ConsentStatement.Unsubscribed when standing.Status == ConsentStatus.Subscribed:
            case ConsentStatement.NoConsent when standing.Status == ConsentStatus.Subscribed && register.IsOptOut(write.Instant):
                source.Report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentOlderThanOptIn, ("t", standing.Deciding!.Value.Instant.ToString())));
                return SupersedeConsent(ConsentStatus.Unsubscribed);
            case ConsentStatement.NeverSubscribed when standing.Status != ConsentStatus.NeverSubscribed:
                source.Report.Problems.Add(ProblemCatalogue.Fill(ProblemCodes.ConsentResetIgnored));
                return RowEffect.None;
            default:
                return RowEffect.None;
        }

        RowEffect SupersedeConsent(ConsentStatus lost)
        {
            _fieldsStale++;
            if (!batch.RecordStale) return RowEffect.Superseded;
            var held = ConsentJson(standing.Status, address, standing.Deciding?.Method);
            var refused = ConsentJson(lost, address, batch.ConsentMethod);
            Add(profile, ChangeKind.Superseded, write.Register.FieldName(), held, refused, standing.Deciding?.Instant, source, null, write.Instant);
            return RowEffect.Superseded;
        }
    }

    /// <summary>Writes what changed for people to see into the history, for every profile the row touched.</summary>
    /// <returns>The effect on the profile the row means.</returns>
    private RowEffect RecordConsent(Profile meant, RowSource source)
    {
        var effect = RowEffect.None;
        foreach (var (id, before) in _shownBefore)
        {
            // What is stated once stays stated, so that nothing was shown before either.
            var profile = _profiles[id];
            if (profile.Consent.IsEmpty) continue;
            var after = profile.ShowConsent();
            var changed = RecordRegisters(profile, before, after, source);
            changed |= RecordSuppressions(profile, before, after, source);
            if (changed && profile == meant) effect = RowEffect.Changed;
        }

        _shownBefore.Clear();
        return effect;
    }

    private bool RecordRegisters(Profile profile, ShownConsent before, ShownConsent after, RowSource source)
    {
        var changed = false;
        foreach (var kind in ConsentRegisterKinds.All)
        {
            var (old, now) = (before.Register(kind), after.Register(kind));
            var status = now.Standing.Status;
            if (status == old.Standing.Status && (status == ConsentStatus.NeverSubscribed || old.Address == now.Address)) continue;

            changed = true;
            var value = ConsentJson(status, now.Address, now.Standing.Deciding?.Method);
            Record(
                profile,
                value is null ? ChangeKind.Cleared : ChangeKind.Set,
                kind.FieldName(),
                ConsentJson(old.Standing.Status, old.Address, old.Standing.Deciding?.Method),
                value,
                old.Standing.Deciding?.Instant,
                source,
                null,
                now.Standing.Deciding?.Instant);
        }

        return changed;
    }

    private bool RecordSuppressions(Profile profile, ShownConsent before, ShownConsent after, RowSource source)
    {
        var changed = false;
        foreach (var reason in SuppressionReasons.All)
        {
            SourceInstant? old = before.Suppressions.TryGetValue(reason, out var was) ? was : null;
            SourceInstant? now = after.Suppressions.TryGetValue(reason, out var stands) ? stands : null;
            if (old.HasValue == now.HasValue) continue;

            changed = true;
            var cause = now ?? after.Register(ConsentRegisterKind.EmailMarketing).Standing.Deciding?.Instant;
            Record(profile, now is null ? ChangeKind.Cleared : ChangeKind.Set, SuppressionPrefix + reason.Name(), InstantJson(old), InstantJson(now), old, source, null, cause);
        }

        return changed;
    }

    /// <summary>A register as history shows it, in canonical JSON; null for a register without status and address.</summary>
    internal static string? ConsentJson(ConsentStatus status, string? address, ConsentMethod? method)
    {
        if (status == ConsentStatus.NeverSubscribed && address is null) return null;
        var parts = new List<string>(3);
        if (address is not null) parts.Add($"\"address\":{CanonicalJson.OfText(address)}");
        if (method is { } how) parts.Add($"\"method\":{CanonicalJson.OfText(how.Name())}");
        parts.Add($"\"status\":{CanonicalJson.OfText(status.Name())}");
        return $"{{{string.Join(',', parts)}}}";
    }

    private static string? InstantJson(SourceInstant? instant) => instant is { } known ? CanonicalJson.OfText(known.ToString()) : null;
}
