using System.Collections.ObjectModel;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Merging;

/// <summary>
/// A profile's registers. Merging depends only on the versions of what is written, never on the order of arrival (G9, G10).
/// </summary>
/// <remarks>
/// Identifiers are registers like other fields. Whether this profile <em>holds</em> what its register says is decided between all claimants
/// (<see cref="IdentifierClaims"/>); a claim that lost is <em>released</em>: still in the register, not in the effective values.
/// </remarks>
/// <param name="fields">Fields it is going to have at least, so that its table need not grow.</param>
sealed class Profile(Ulid id, int fields = 0)
{
    private readonly Dictionary<string, Register> _registers = new(fields, StringComparer.Ordinal);
    private Dictionary<string, ListRegister>? _lists;
    private byte _released;

    public Ulid Id { get; } = id;

    /// <summary>The row version this state was loaded with; guards the next write.</summary>
    public long RowVersion { get; init; }

    /// <summary>True if this attempt creates the profile.</summary>
    public bool IsNew { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid FirstSource { get; init; }

    public Guid LastSource { get; set; }

    public RunGroup? Group { get; set; }

    /// <summary>Fields written as a whole, identifiers included.</summary>
    public Dictionary<string, Register> Registers => _registers;

    /// <summary>List properties written element by element.</summary>
    public IReadOnlyDictionary<string, ListRegister> Lists => _lists ?? (IReadOnlyDictionary<string, ListRegister>)ReadOnlyDictionary<string, ListRegister>.Empty;

    /// <summary>What is known about consent, for every address the profile ever had.</summary>
    public ConsentState Consent { get; } = new();

    /// <summary>The consent shown for the addresses the profile holds now.</summary>
    public ShownConsent ShowConsent() => Consent.IsEmpty ? ShownConsent.Nothing : Consent.Show(Held(IdentifierKind.Email), Held(IdentifierKind.PhoneNumber));

    /// <summary>The canonical identifier of a kind that the profile holds; null if it has none or lost it to another profile.</summary>
    public string? Held(IdentifierKind kind) => Value(kind.FieldName()) is { } json && CanonicalJson.TryGetText(json, out var text) ? text : null;

    /// <summary>The effective value of a field as canonical JSON; null if it has none.</summary>
    public string? Value(string field)
    {
        if (_lists is not null && _lists.TryGetValue(field, out var list)) return list.Effective;
        if (!_registers.TryGetValue(field, out var register)) return null;
        return IsReleased(field) ? null : register.Value;
    }

    /// <summary>Source instant of the write that decides a field's present value or absence; null if it was never written.</summary>
    public SourceInstant? Instant(string field)
    {
        if (_lists is not null && _lists.TryGetValue(field, out var list)) return list.Version.Instant;
        return _registers.TryGetValue(field, out var register) ? register.Version.Instant : null;
    }

    /// <summary>What the profile's register says for an identifier kind, held or released.</summary>
    public Register? Claim(IdentifierKind kind) => _registers.TryGetValue(kind.FieldName(), out var register) ? register : null;

    public bool IsReleased(IdentifierKind kind) => (_released & Bit(kind)) != 0;

    public void SetReleased(IdentifierKind kind, bool released)
    {
        if (released) _released |= Bit(kind);
        else _released &= (byte)~Bit(kind);
    }

    public WriteEffect Write(string field, WriteMode mode, string? value, in FieldVersion version)
    {
        if (mode == WriteMode.Replace) return Lists.TryGetValue(field, out var list) ? list.Replace(value, version) : WriteRegister(field, value, version);

        if (!Lists.TryGetValue(field, out var elements))
        {
            elements = new ListRegister();
            if (_registers.Remove(field, out var whole)) elements.Restore(whole);
            Restore(field, elements);
        }

        return elements.WriteElements(ListRegister.Items(value!), mode == WriteMode.Append, version);
    }

    public void Restore(string field, Register register) => _registers[field] = register;

    public void Restore(string field, ListRegister list) => (_lists ??= new Dictionary<string, ListRegister>(StringComparer.Ordinal))[field] = list;

    /// <summary>False for a field that is not an identifier.</summary>
    public bool IsReleased(string field) => _released != 0 && IdentifierKinds.TryParse(field, out var kind) && IsReleased(kind);

    private static byte Bit(IdentifierKind kind) => (byte)(1 << (int)kind);

    private WriteEffect WriteRegister(string field, string? value, in FieldVersion version)
    {
        if (!_registers.TryGetValue(field, out var current))
        {
            _registers[field] = new Register(value, version);
            return value is null ? WriteEffect.Same : WriteEffect.Changed;
        }

        if (FieldVersion.Compare(version, value, current.Version, current.Value) <= 0) return value == current.Value ? WriteEffect.Same : WriteEffect.Superseded;

        // An equal value still raises the version (M21): otherwise two rows of one person with one instant would merge by arrival.
        _registers[field] = new Register(value, version);
        return value == current.Value ? WriteEffect.Same : WriteEffect.Changed;
    }
}
