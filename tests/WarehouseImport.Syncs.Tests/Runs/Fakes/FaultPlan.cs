using WarehouseImport.Profiles;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <summary>What happens at fault points on the flow of one test. Tests on other flows do not see it.</summary>
sealed class FaultPlan
{
    private static readonly AsyncLocal<FaultPlan?> Current = new();

    private readonly FaultPointId _point;
    private readonly Func<Task> _act;
    private int _left;

    static FaultPlan() => FaultPoint.Install(id => Current.Value?.ReachAsync(id) ?? Task.CompletedTask);

    private FaultPlan(FaultPointId point, int occurrence, Func<Task> act)
    {
        _point = point;
        _left = occurrence;
        _act = act;
    }

    public bool WasReached { get; private set; }

    /// <summary>From here on, on this flow, the n-th time the point is reached does something.</summary>
    public static FaultPlan At(FaultPointId point, int occurrence, Func<Task> act)
    {
        var plan = new FaultPlan(point, occurrence, act);
        Current.Value = plan;
        return plan;
    }

    public static void Clear() => Current.Value = null;

    private async Task ReachAsync(FaultPointId id)
    {
        if (id != _point || Interlocked.Decrement(ref _left) != 0) return;
        WasReached = true;
        await _act();
    }
}

/// <summary>Stands for the end of a process: nothing it does after this reaches the database or the warehouse.</summary>
sealed class ProcessEndedException() : Exception("The simulated process has ended.");

/// <summary>One simulated process.</summary>
sealed class TestProcess
{
    private volatile bool _hasEnded;

    public void End() => _hasEnded = true;

    public Task KillAsync()
    {
        End();
        throw new ProcessEndedException();
    }

    public void ThrowIfEnded()
    {
        if (_hasEnded) throw new ProcessEndedException();
    }
}
