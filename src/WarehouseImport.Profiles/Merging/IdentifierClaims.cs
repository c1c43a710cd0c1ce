using System.Collections;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Merging;

/// <summary>
/// Who claims and who holds each identifier a batch touches. A claim is a profile's register; the greatest claim holds (guarantees section 3),
/// and when its owner gives the identifier up, the greatest remaining claim holds again. So the holder depends on the registers alone.
/// </summary>
sealed class IdentifierClaims
{
    private readonly Dictionary<Identifier, Entry> _entries = [];

    public void Add(StoredIdentifier stored)
    {
        var entry = new Entry(stored.RowVersion, stored.Holder) { Former = stored.Former };
        if (stored.Holder is { } holder) entry.Claimants.Add(holder);
        foreach (var contender in stored.Contenders) entry.Claimants.Add(contender);
        _entries[stored.Identifier] = entry;
    }

    /// <summary>Marks an identifier as looked up and unknown to the database.</summary>
    public void AddUnknown(Identifier identifier) => _entries.TryAdd(identifier, new Entry(0, null));

    public bool IsLoaded(Identifier identifier) => _entries.ContainsKey(identifier);

    public Ulid? Holder(Identifier identifier) => _entries[identifier].Holder;

    public void Claim(Identifier identifier, Ulid profileId)
    {
        var entry = _entries[identifier];
        if (!entry.Claimants.Add(profileId)) return;
        entry.IsChanged = true;
    }

    public void Release(Identifier identifier, Ulid profileId)
    {
        var entry = _entries[identifier];
        if (!entry.Claimants.Remove(profileId)) return;
        if (entry.Claimants.Count == 0) entry.Former = profileId;
        entry.IsChanged = true;
    }

    /// <summary>Remembers that a profile stated an identifier although its register says a greater value, if nobody else stands for the identifier.</summary>
    public void Mention(Identifier identifier, Ulid profileId)
    {
        var entry = _entries[identifier];
        if (entry.Claimants.Count > 0 || entry.Former is not null) return;
        entry.Former = profileId;
        entry.IsChanged = true;
    }

    /// <summary>
    /// Another profile that states an identifier or did so once; null if there is none. One is enough: whoever states the identifier is paired with somebody
    /// who stated it before, so the pairs connect all of them.
    /// </summary>
    public (Ulid Id, bool IsFormer)? Other(Identifier identifier, Ulid profileId)
    {
        var entry = _entries[identifier];
        if (entry.Holder is { } holder && holder != profileId) return (holder, false);
        if (entry.Claimants.Count > 1) return (entry.Claimants.Where(id => id != profileId).Min(), false);
        return entry.Former is { } former && former != profileId ? (former, true) : null;
    }

    /// <summary>Decides the holder anew from the claimants' registers.</summary>
    /// <returns>The holder before and after.</returns>
    public (Ulid? Before, Ulid? After) Settle(Identifier identifier, IReadOnlyDictionary<Ulid, Profile> profiles)
    {
        var entry = _entries[identifier];
        var before = entry.Holder;
        if (entry.Claimants.Only is { } only)
        {
            entry.Holder = only;
            if (before != only) entry.IsChanged = true;
            return (before, only);
        }

        Profile? greatest = null;
        foreach (var id in entry.Claimants)
        {
            var claimant = profiles[id];
            if (greatest is null || Compare(claimant, greatest, identifier.Kind) > 0) greatest = claimant;
        }

        entry.Holder = greatest?.Id;
        if (entry.Holder != before) entry.IsChanged = true;
        if (entry.Claimants.Count > 1) entry.WasContested = true;
        return (before, entry.Holder);
    }

    /// <summary>
    /// Profiles whose row version must be checked although they may not change: the holder of a contested identifier was computed from their registers.
    /// </summary>
    public IEnumerable<Ulid> Witnesses() => _entries.Values.Where(e => e.WasContested).SelectMany(e => e.Claimants).Distinct();

    public IEnumerable<StoredIdentifier> Changed()
    {
        foreach (var (identifier, entry) in _entries)
        {
            if (!entry.IsChanged) continue;
            yield return new StoredIdentifier(identifier, entry.Holder, [.. entry.Claimants.Where(c => c != entry.Holder).Order()], entry.RowVersion) { Former = entry.Former };
        }
    }

    /// <summary>
    /// At equal versions (two rows of one run and instant) the claimant's other identifiers decide: arbitrary but the same whatever arrived first,
    /// which a comparison of generated profile ids would not be.
    /// </summary>
    private static int Compare(Profile left, Profile right, IdentifierKind kind)
    {
        var order = FieldVersion.CompareKeys(left.Claim(kind)!.Value.Version, right.Claim(kind)!.Value.Version);
        foreach (var other in (ReadOnlySpan<IdentifierKind>)[IdentifierKind.ExternalId, IdentifierKind.Email, IdentifierKind.PhoneNumber])
        {
            if (order == 0 && other != kind) order = string.CompareOrdinal(left.Claim(other)?.Value, right.Claim(other)?.Value);
        }

        return order != 0 ? order : left.Id.CompareTo(right.Id);
    }

    private sealed class Entry(long rowVersion, Ulid? holder)
    {
        public long RowVersion { get; } = rowVersion;

        public Ulid? Holder { get; set; } = holder;

        public Ulid? Former { get; set; }

        public ClaimantSet Claimants { get; } = new();

        public bool IsChanged { get; set; }

        public bool WasContested { get; set; }
    }

    /// <summary>A set that costs nothing more than its object for the one claimant that nearly every identifier has, and that may grow to thousands.</summary>
    private sealed class ClaimantSet : IEnumerable<Ulid>
    {
        private Ulid? _only;
        private HashSet<Ulid>? _many;

        /// <summary>The claimant if there never was another; null also for a set of several.</summary>
        public Ulid? Only => _many is null ? _only : null;

        public int Count => _many?.Count ?? (_only is null ? 0 : 1);

        public bool Add(Ulid id)
        {
            if (_many is not null) return _many.Add(id);
            if (_only is not { } only)
            {
                _only = id;
                return true;
            }

            if (only == id) return false;
            _many = [only, id];
            return true;
        }

        public bool Remove(Ulid id)
        {
            if (_many is not null) return _many.Remove(id);
            if (_only != id) return false;
            _only = null;
            return true;
        }

        public IEnumerator<Ulid> GetEnumerator() => _many?.GetEnumerator() ?? One();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private IEnumerator<Ulid> One()
        {
            if (_only is { } only) yield return only;
        }
    }
}
