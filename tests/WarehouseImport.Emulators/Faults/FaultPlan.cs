using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Faults;

/// <summary>The faults that are armed. Each strikes by count, never by chance.</summary>
public sealed class FaultPlan
{
    private readonly List<ArmedFault> _armed = [];
    private readonly Lock _gate = new();

    /// <summary>Arms a fault.</summary>
    /// <param name="times">How often it strikes before it is spent.</param>
    public ArmedFault Arm(FaultMatch match, FaultAction action, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentNullException.ThrowIfNull(action);
        var fault = new ArmedFault(match, action, times);
        lock (_gate) _armed.Add(fault);
        return fault;
    }

    public void Clear()
    {
        lock (_gate) _armed.Clear();
    }

    /// <summary>The faults that strike this request, which counts for all that fit.</summary>
    internal IReadOnlyList<FaultAction> Strike(JournalEntry entry)
    {
        lock (_gate) return [.. _armed.Where(f => f.TryStrike(entry)).Select(f => f.Action)];
    }
}

/// <summary>A fault waiting to strike.</summary>
public sealed class ArmedFault
{
    private int _seen;

    internal ArmedFault(FaultMatch match, FaultAction action, int times)
    {
        Match = match;
        Action = action;
        Times = times;
    }

    public FaultMatch Match { get; }

    public FaultAction Action { get; }

    public int Times { get; }

    /// <value>How often it has struck.</value>
    public int Hits { get; private set; }

    internal bool TryStrike(JournalEntry entry)
    {
        if (Hits >= Times || !Match.Fits(entry) || ++_seen <= Match.Skip) return false;
        Hits++;
        return true;
    }
}
