using System.Collections.Immutable;

namespace WarehouseImport.Profiles.Consent;

/// <summary>Which register: consent belongs to the address it was given for (9.3a, C9).</summary>
readonly record struct ConsentKey(ConsentRegisterKind Kind, string Address) : IComparable<ConsentKey>
{
    public int CompareTo(ConsentKey other)
    {
        var order = Kind.CompareTo(other.Kind);
        return order != 0 ? order : string.CompareOrdinal(Address, other.Address);
    }
}

/// <summary>When a suppression was first and last stated.</summary>
readonly record struct SuppressionRegister(SourceInstant Earliest, SourceInstant Latest)
{
    public SuppressionRegister With(SuppressionRegister other) => new(
        other.Earliest < Earliest ? other.Earliest : Earliest,
        other.Latest > Latest ? other.Latest : Latest);
}

/// <summary>Everything a profile knows about consent: registers of all addresses it ever had, and its email suppressions.</summary>
/// <remarks>Suppressions belong to the person, not to an address (3.4 rule 5 hands them over whatever the address).</remarks>
sealed class ConsentState
{
    private readonly SortedDictionary<ConsentKey, ConsentRegister> _registers = [];
    private readonly SortedDictionary<SuppressionReason, SuppressionRegister> _suppressions = [];

    public bool IsEmpty => _registers.Count == 0 && _suppressions.Count == 0;

    /// <summary>By register, then by address in ordinal order.</summary>
    public IReadOnlyDictionary<ConsentKey, ConsentRegister> Registers => _registers;

    public IReadOnlyDictionary<SuppressionReason, SuppressionRegister> Suppressions => _suppressions;

    public ConsentRegister? Find(ConsentKey key) => _registers.GetValueOrDefault(key);

    public ConsentStanding Standing(ConsentKey key) => Find(key)?.Standing ?? default;

    public void Add(ConsentKey key, ConsentStatement statement, in ConsentEntry entry)
    {
        if (statement == ConsentStatement.NeverSubscribed) return;
        if (!_registers.TryGetValue(key, out var register)) _registers[key] = register = new ConsentRegister();
        register.Add(statement, entry);
    }

    public void Add(SuppressionReason reason, SuppressionRegister stated) =>
        _suppressions[reason] = _suppressions.TryGetValue(reason, out var known) ? known.With(stated) : stated;

    /// <summary>
    /// Takes over what a removed profile knows (3.4 rules 4–6, 9.5): per address the greater statements hold, which leaves consent with the address it was
    /// given for; suppressions of either side stay.
    /// </summary>
    public void Absorb(ConsentState removed)
    {
        foreach (var (key, register) in removed._registers)
        {
            if (!_registers.TryGetValue(key, out var own)) _registers[key] = own = new ConsentRegister();
            own.Absorb(register);
        }

        foreach (var (reason, register) in removed._suppressions) Add(reason, register);
    }

    public void Restore(ConsentKey key, ConsentRegister register) => _registers[key] = register;

    /// <summary>What is shown for the addresses a profile holds now; null for a channel without one.</summary>
    public ShownConsent Show(string? email, string? phone)
    {
        var registers = ImmutableArray.CreateBuilder<ShownRegister>(ConsentRegisterKinds.All.Count);
        foreach (var kind in ConsentRegisterKinds.All)
        {
            var address = kind.IsSms() ? phone : email;
            registers.Add(new ShownRegister(kind, address, address is null ? default : Standing(new ConsentKey(kind, address))));
        }

        var shown = registers.MoveToImmutable();
        return new ShownConsent(shown, EffectiveSuppressions(shown[(int)ConsentRegisterKind.EmailMarketing].Standing));
    }

    /// <summary>
    /// 9.6 as a function of the present state: a standing subscription of the address held lifts what is not later than it; an opt-out that stands for any
    /// address the person had is a reason itself. The instant of a reason is its first, or its last if only that one outlived the subscription.
    /// </summary>
    /// <remarks>
    /// A reason is the person's, so a new address does not lift an opt-out (C9 speaks of registers), and merging a suppressed profile with another gives a suppressed
    /// one whichever address stays (3.4 rule 5).
    /// </remarks>
    private ImmutableSortedDictionary<SuppressionReason, SourceInstant> EffectiveSuppressions(in ConsentStanding email)
    {
        var effective = ImmutableSortedDictionary.CreateBuilder<SuppressionReason, SourceInstant>();
        foreach (var (reason, stated) in _suppressions)
        {
            if (email.Status != ConsentStatus.Subscribed || !reason.IsLiftable())
            {
                effective.Add(reason, stated.Earliest);
                continue;
            }

            var consented = email.Deciding!.Value.Instant;
            if (stated.Latest > consented) effective.Add(reason, stated.Earliest > consented ? stated.Earliest : stated.Latest);
        }

        foreach (var (key, register) in _registers)
        {
            if (key.Kind != ConsentRegisterKind.EmailMarketing || register.Standing is not { Status: ConsentStatus.Unsubscribed, Deciding: { } optOut }) continue;
            var since = optOut.Instant;
            if (email is { Status: ConsentStatus.Subscribed, Deciding: { } consent } && since <= consent.Instant) continue;
            if (!effective.TryGetValue(SuppressionReason.Unsubscribe, out var stated) || since < stated) effective[SuppressionReason.Unsubscribe] = since;
        }

        return effective.ToImmutable();
    }
}

/// <param name="Address">The address the profile holds, or null.</param>
readonly record struct ShownRegister(ConsentRegisterKind Kind, string? Address, ConsentStanding Standing);

/// <summary>The consent a profile shows: one register per kind, for the addresses it holds, and its effective email suppressions.</summary>
/// <param name="Registers">In the order of <see cref="ConsentRegisterKinds.All"/>; empty if nothing is known.</param>
sealed record ShownConsent(ImmutableArray<ShownRegister> Registers, ImmutableSortedDictionary<SuppressionReason, SourceInstant> Suppressions)
{
    public static ShownConsent Nothing { get; } = new([], ImmutableSortedDictionary<SuppressionReason, SourceInstant>.Empty);

    public bool CanReceiveEmailMarketing => Suppressions.IsEmpty;

    public ShownRegister Register(ConsentRegisterKind kind) => Registers.IsEmpty ? new ShownRegister(kind, null, default) : Registers[(int)kind];
}
