using System.Collections.Immutable;
using System.Globalization;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Import;

/// <summary>
/// One attempt to merge a batch: resolves every row to a profile, merges its writes, settles its identifiers, counts outcomes.
/// Works on loaded copies only; nothing is visible outside until the commit.
/// </summary>
sealed partial class BatchMerge(ProfileBatch batch, DateTimeOffset appliedAt)
{
    private readonly Dictionary<Ulid, Profile> _profiles = [];
    private readonly Dictionary<Ulid, Ulid> _forwards = [];
    private readonly HashSet<Ulid> _touched = [];
    private readonly IdentifierClaims _claims = new();
    private readonly List<Change> _changes = [];
    private readonly ChangeIds _changeIds = new(appliedAt);
    private readonly SortedDictionary<int, RowReport> _reports = [];

    private OutcomeCounts _counts = OutcomeCounts.None;
    private long _fieldsChanged;
    private long _fieldsStale;
    private long _noMatch;

    public void Add(ProfileSnapshot snapshot, IEnumerable<Identifier> lookedUp)
    {
        foreach (var stored in snapshot.Profiles) _profiles[stored.Id] = ProfileCodec.Decode(stored);
        foreach (var stored in snapshot.Identifiers) _claims.Add(stored);
        foreach (var identifier in lookedUp) _claims.AddUnknown(identifier);
        foreach (var (removed, kept) in snapshot.Forwards) _forwards[removed] = kept;
    }

    /// <returns>False if a profile changed between the two loads; the attempt is void.</returns>
    public bool TryAdd(ProfileSnapshot snapshot, IEnumerable<Identifier> lookedUp)
    {
        if (snapshot.Profiles.Any(stored => _profiles.TryGetValue(stored.Id, out var loaded) && loaded.RowVersion != stored.RowVersion)) return false;
        Add(snapshot with { Profiles = [.. snapshot.Profiles.Where(stored => !_profiles.ContainsKey(stored.Id))] }, lookedUp);
        return true;
    }

    /// <summary>
    /// Identifiers that loaded profiles may give up because a row claims another value of the same kind. Who contends for them must be known,
    /// since the greatest remaining claim takes over.
    /// </summary>
    public IReadOnlyCollection<Identifier> DisplacedIdentifiers()
    {
        // A profile that is absorbed hands over all it states, not only the kinds of the rows.
        HashSet<IdentifierKind> kinds = batch.Orphans == OrphanPolicy.Absorb
            ? [IdentifierKind.ExternalId, IdentifierKind.Email, IdentifierKind.PhoneNumber]
            : [.. batch.Rows.SelectMany(row => row.Identifiers).Select(claim => claim.Identifier.Kind).Where(kind => kind != IdentifierKind.Id)];
        var displaced = new HashSet<Identifier>();
        foreach (var profile in _profiles.Values)
        {
            foreach (var kind in kinds)
            {
                if (profile.Claim(kind)?.Value is { } json && new Identifier(kind, Text(json)) is var identifier && !_claims.IsLoaded(identifier)) displaced.Add(identifier);
            }
        }

        return displaced;
    }

    public BatchResult Apply()
    {
        if (batch.FirstRowWinsLines is { } lines)
        {
            for (var index = 0; index < batch.Rows.Length; index++) Apply(batch.Rows[index], batch.Rows[index], lines[index]);
            return Result();
        }

        // Version order within the batch makes history and counts independent of the order of delivery, as the merge is anyway.
        var rows = batch.Rows.Sort((left, right) =>
        {
            var order = left.ModifiedAt.CompareTo(right.ModifiedAt);
            return order != 0 ? order : RowContent.Compare(left, right, batch);
        });
        for (var first = 0; first < rows.Length;)
        {
            var next = first + 1;
            while (next < rows.Length && SameInstantFold.IsSameStatement(rows[first], rows[next])) next++;
            if (next == first + 1) Apply(rows[first], rows[first], null);
            else
            {
                var folded = SameInstantFold.Fold(rows.AsSpan()[first..next], batch.Targets);
                for (var i = first; i < next; i++) Apply(rows[i], folded[i - first], null);
            }

            first = next;
        }

        return Result();
    }

    private BatchResult Result()
    {
        AbsorbOrphans();
        return new BatchResult(
            BatchStatus.Applied,
            _counts,
            _fieldsChanged,
            _fieldsStale,
            _noMatch,
            [.. _reports.Select(r => new RowProblems(r.Key, r.Value.Outcome, [.. r.Value.Problems]))]);
    }

    public ProfileCommit ToCommit(byte[] ledgerEntry, OutcomeCounts counts)
    {
        var written = _touched.Union(_claims.Witnesses()).Order().Select(id => ProfileCodec.Encode(_profiles[id]));
        return new ProfileCommit(batch.Key, [.. written], [.. _claims.Changed()], _changes, ledgerEntry, counts, appliedAt)
        {
            Duplicates = _sightings is null ? [] : [.. _sightings.Values],
            Merges = _merges ?? [],
        };
    }

    /// <param name="row">The row as it came.</param>
    /// <param name="effective">The row without what a row of the same person and instant says better.</param>
    /// <param name="line">The row's line where the first row wins, else null.</param>
    private void Apply(ProfileUpdate row, ProfileUpdate effective, int? line)
    {
        var report = new RowReport();
        Apply(row, effective, line, report);
        if (report.HasProblems) _reports.Add(row.Row, report);
    }

    private void Apply(ProfileUpdate row, ProfileUpdate effective, int? line, RowReport report)
    {
        var profile = Resolve(row, report);
        if (report.HasProblems)
        {
            Finish(report, Outcome.Failed);
            return;
        }

        if (line is not null && profile?.Group is { } first && first.RunId == batch.Key.RunId)
        {
            report.Problems.Add(ProblemCatalogue.Fill(
                ProblemCodes.DuplicateIdentifier,
                ("identifier", row.Identifiers[0].Identifier.ToString()),
                ("n", first.Digest.ToString(CultureInfo.InvariantCulture))));
            Finish(report, Outcome.Duplicate);
            return;
        }

        if (profile is null)
        {
            if (batch.Mode == ImportMode.UpdateOnly)
            {
                _noMatch++;
                Finish(report, Outcome.Unchanged);
                return;
            }
        }
        else if (batch.Mode == ImportMode.CreateOnly && !CreatedByThisRun(profile))
        {
            Finish(report, Outcome.Unchanged);
            return;
        }

        CheckAddresses(row, profile, report);
        if (report.HasProblems)
        {
            Finish(report, Outcome.Failed);
            return;
        }

        profile ??= Create(row);
        if (ProfileLimits.Check(profile, row, batch.Targets) is { } problem)
        {
            if (profile.IsNew && profile.Group is null) _profiles.Remove(profile.Id);
            report.Problems.Add(problem);
            Finish(report, Outcome.Failed);
            return;
        }

        _touched.Add(profile.Id);
        RememberShown(profile);
        var source = new RowSource(row, report);
        var effect = RowEffect.None;
        foreach (var claim in effective.Identifiers)
        {
            if (claim.Identifier.Kind != IdentifierKind.Id) effect |= WriteIdentifier(profile, claim, source);
        }

        foreach (var write in effective.Writes) effect |= WriteField(profile, write, source);
        effect |= WriteConsent(profile, source);
        effect |= RecordConsent(profile, source);
        CountInGroup(profile, row, effect, line, report);
    }

    /// <summary>The profile a row means (3.2), or null if there is none yet; conflicts of identifiers that cannot move become problems of the row (3.3).</summary>
    private Profile? Resolve(ProfileUpdate row, RowReport report)
    {
        var primary = row.Identifiers[0].Identifier;
        var profile = Holder(primary);
        if (profile is null && primary.Kind == IdentifierKind.Id) report.Problems.Add(UnknownProfile(primary));

        foreach (var claim in row.Identifiers.AsSpan()[1..])
        {
            var identifier = claim.Identifier;
            if (identifier.Kind is not (IdentifierKind.Id or IdentifierKind.ExternalId)) continue;
            var holder = Holder(identifier);
            if (holder is null && identifier.Kind == IdentifierKind.Id) report.Problems.Add(UnknownProfile(identifier));
            if (holder is not null && holder != profile)
            {
                if (profile is not null) See(profile.Id, holder.Id, DuplicateReason.IdentifierConflict, identifier);
                report.Problems.Add(ProblemCatalogue.Fill(
                    ProblemCodes.IdentifierConflict,
                    ("a", primary.ToString()),
                    ("p1", profile?.Id.ToString() ?? "(new)"),
                    ("b", identifier.ToString()),
                    ("p2", holder.Id.ToString())));
            }
        }

        return profile;
    }

    private Profile? Holder(Identifier identifier)
    {
        if (identifier.Kind == IdentifierKind.Id)
        {
            var named = Ulid.Parse(identifier.Value, CultureInfo.InvariantCulture);
            return _profiles.GetValueOrDefault(_forwards.TryGetValue(named, out var kept) ? kept : named);
        }

        return _claims.Holder(identifier) is { } id ? _profiles[id] : null;
    }

    private Profile Create(ProfileUpdate row)
    {
        var profile = new Profile(Ulid.NewUlid(appliedAt), row.Identifiers.Length + row.Writes.Length) { IsNew = true, CreatedAt = appliedAt, UpdatedAt = appliedAt, FirstSource = batch.Key.SyncId, LastSource = batch.Key.SyncId };
        _profiles.Add(profile.Id, profile);
        return profile;
    }

    private bool CreatedByThisRun(Profile profile) => profile.Group is { Outcome: Outcome.Created } group && group.RunId == batch.Key.RunId;

    private RowEffect WriteIdentifier(Profile profile, IdentifierClaim claim, RowSource source)
    {
        var identifier = claim.Identifier;
        var field = identifier.Kind.FieldName();
        var json = CanonicalJson.OfText(identifier.Value);
        var held = profile.Value(field);
        var heldAt = profile.Instant(field);
        var said = profile.Claim(identifier.Kind)?.Value;

        if (_claims.Other(identifier, profile.Id) is { } other)
            See(profile.Id, other.Id, other.IsFormer ? DuplicateReason.FormerlyStated : DuplicateReason.ClaimLost, identifier);

        var effect = profile.Write(field, WriteMode.Replace, json, Version(source.Row, FieldStrength.Ordinary));
        var taken = profile.Claim(identifier.Kind)?.Value == json;
        if (taken)
        {
            _claims.Claim(identifier, profile.Id);
            Settle(identifier, json, profile, source);
            if (said is not null && said != json)
            {
                var former = new Identifier(identifier.Kind, Text(said));
                _claims.Release(former, profile.Id);
                Settle(former, said, profile, source);
            }
        }
        else
        {
            _claims.Mention(identifier, profile.Id);
        }

        var holds = profile.Value(field);
        if (holds != held)
        {
            Record(profile, holds is null ? ChangeKind.Released : ChangeKind.Set, field, held, holds, heldAt, source, claim.RawInput);
            return RowEffect.Changed;
        }

        return effect == WriteEffect.Superseded || (taken && holds is null) ? Supersede(profile, field, json, source) : RowEffect.None;
    }

    /// <summary>Decides who holds an identifier now and tells the others (<c>identifier_reassigned</c>).</summary>
    /// <param name="json">The identifier's value as a register holds it.</param>
    private void Settle(Identifier identifier, string json, Profile writer, RowSource source)
    {
        var field = identifier.Kind.FieldName();
        var (before, after) = _claims.Settle(identifier, _profiles);
        if (writer.Claim(identifier.Kind)?.Value == json) writer.SetReleased(identifier.Kind, after != writer.Id);
        if (before == after) return;

        if (before is { } loserId && loserId != writer.Id && _profiles[loserId] is var loser)
        {
            RememberShown(loser);
            loser.SetReleased(identifier.Kind, true);
            _touched.Add(loserId);
            if (after == writer.Id) NoteOrphan(loser, writer, identifier);
            Record(loser, ChangeKind.Released, field, json, null, loser.Instant(field), source, null);
            source.Report.Problems.Add(ProblemCatalogue.Fill(
                ProblemCodes.IdentifierReassigned,
                ("value", identifier.Value),
                ("p1", loserId.ToString()),
                ("p2", after?.ToString() ?? "nobody")));
        }

        if (after is { } winnerId && winnerId != writer.Id && _profiles[winnerId] is var winner)
        {
            RememberShown(winner);
            winner.SetReleased(identifier.Kind, false);
            _touched.Add(winnerId);
            Record(winner, ChangeKind.Regained, field, null, winner.Value(field), winner.Instant(field), source, null);
        }
    }

    private RowEffect WriteField(Profile profile, FieldWrite write, RowSource source)
    {
        var target = batch.Targets[write.Target];
        var old = profile.Value(target.Field);
        var oldInstant = profile.Instant(target.Field);
        var strength = target.Mode == WriteMode.Replace ? target.Strength : FieldStrength.Ordinary;
        switch (profile.Write(target.Field, target.Mode, write.Json, Version(source.Row, strength)))
        {
            case WriteEffect.Changed:
                var value = profile.Value(target.Field);
                Record(profile, value is null ? ChangeKind.Cleared : ChangeKind.Set, target.Field, old, value, oldInstant, source, null);
                return RowEffect.Changed;
            case WriteEffect.Superseded:
                return Supersede(profile, target.Field, write.Json, source);
            default:
                return RowEffect.None;
        }
    }

    private RowEffect Supersede(Profile profile, string field, string? value, RowSource source)
    {
        _fieldsStale++;
        if (batch.RecordStale) Add(profile, ChangeKind.Superseded, field, profile.Value(field), value, profile.Instant(field), source, null);
        return RowEffect.Superseded;
    }

    private void CountInGroup(Profile profile, ProfileUpdate row, RowEffect effect, int? line, RowReport report)
    {
        var digest = line is { } number ? (ulong)number : RowContent.Digest(row, batch);
        var own = profile.IsNew && profile.Group is null ? Outcome.Created
            : effect.HasFlag(RowEffect.Changed) ? Outcome.Updated
            : effect.HasFlag(RowEffect.Superseded) ? Outcome.Stale
            : Outcome.Unchanged;

        if (profile.Group is not { } group || group.RunId != batch.Key.RunId)
        {
            profile.Group = new RunGroup(batch.Key.RunId, own, row.ModifiedAt, digest);
            Finish(report, own);
            return;
        }

        // Without a change, the rows of the greatest instant decide between unchanged and stale.
        var byInstant = row.ModifiedAt.CompareTo(group.Greatest);
        var folded = group.Outcome == Outcome.Created ? Outcome.Created
            : group.Outcome == Outcome.Updated || own == Outcome.Updated ? Outcome.Updated
            : byInstant > 0 ? own
            : byInstant < 0 ? group.Outcome
            : own == Outcome.Stale ? own : group.Outcome;
        if (byInstant == 0 && digest != group.Digest)
        {
            report.Problems.Add(ProblemCatalogue.Fill(
                ProblemCodes.ConflictingDuplicate,
                ("identifier", row.Identifiers[0].Identifier.ToString()),
                ("winner", "the greater value of each field")));
        }

        profile.Group = byInstant >= 0 ? new RunGroup(batch.Key.RunId, folded, row.ModifiedAt, digest) : group with { Outcome = folded };
        _counts = _counts.Add(group.Outcome, -1).Add(folded).Add(Outcome.Duplicate);
        report.Outcome = byInstant >= 0 ? folded : Outcome.Duplicate;
    }

    private void Finish(RowReport report, Outcome outcome)
    {
        report.Outcome = outcome;
        _counts = _counts.Add(outcome);
    }

    private void Record(
        Profile profile, ChangeKind kind, string field, string? oldValue, string? newValue, SourceInstant? oldInstant, RowSource source, string? rawInput, SourceInstant? newInstant = null)
    {
        _fieldsChanged++;
        profile.UpdatedAt = appliedAt;
        profile.LastSource = batch.Key.SyncId;
        Add(profile, kind, field, oldValue, newValue, oldInstant, source, rawInput, newInstant);
    }

    private void Add(
        Profile profile, ChangeKind kind, string field, string? oldValue, string? newValue, SourceInstant? oldInstant, RowSource source, string? rawInput, SourceInstant? newInstant = null) =>
        _changes.Add(new Change(
            _changeIds.Next(),
            profile.Id,
            kind,
            field,
            oldValue,
            newValue,
            oldInstant,
            newInstant ?? source.Row.ModifiedAt,
            batch.Key.SyncId,
            batch.Key.RunId,
            batch.Key.Page,
            source.Row.Row,
            rawInput,
            appliedAt));

    private FieldVersion Version(ProfileUpdate row, FieldStrength strength) => new(strength, row.ModifiedAt, batch.Precedence, batch.Key.SyncId, batch.RunSeq);

    private static Problem UnknownProfile(Identifier identifier) => ProblemCatalogue.Fill(ProblemCodes.ProfileIdUnknown, ("id", identifier.Value));

    private static string Text(string json) =>
        CanonicalJson.TryGetText(json, out var text) ? text : throw new InvalidDataException("An identifier register holds something else than text.");

    [Flags]
    private enum RowEffect
    {
        None = 0,
        Superseded = 1,
        Changed = 2,
    }

    private readonly record struct RowSource(ProfileUpdate Row, RowReport Report);

    private sealed class RowReport
    {
        private List<Problem>? _problems;

        public Outcome Outcome { get; set; }

        /// <summary>Made by whoever asks first, so that the many rows without a problem have no list.</summary>
        public List<Problem> Problems => _problems ??= [];

        public bool HasProblems => _problems is { Count: > 0 };
    }
}
