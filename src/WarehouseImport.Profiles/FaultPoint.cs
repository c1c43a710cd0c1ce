namespace WarehouseImport.Profiles;

/// <summary>The named places where a test can stop, stall or kill the process (guarantees section 6).</summary>
public enum FaultPointId
{
    /// <summary>FP01: due time decided, before the fence is raised.</summary>
    DueDecided = 1,

    /// <summary>FP02: fence raised and run row written, before the warehouse is called.</summary>
    RunBegun = 2,

    /// <summary>FP03: statement accepted by the warehouse, before its name is stored.</summary>
    StatementSubmitted = 3,

    /// <summary>FP04: request id stored, before the first page.</summary>
    WindowStored = 4,

    /// <summary>FP06: page read, before it is recorded.</summary>
    PageRead = 6,

    /// <summary>FP07: page recorded, before any row of it is applied.</summary>
    PageRecorded = 7,

    /// <summary>FP08: one batch of a page committed, others not yet.</summary>
    BatchCommitted = 8,

    /// <summary>FP09: profile transaction committed, before the answer reaches the caller.</summary>
    AnswerPending = 9,

    /// <summary>FP10: last page applied, before the completing transaction.</summary>
    AllPagesApplied = 10,

    /// <summary>FP11: inside the completing transaction, before commit.</summary>
    Completing = 11,

    /// <summary>FP12: completing transaction committed, before the next schedule is set.</summary>
    Completed = 12,

    /// <summary>FP18: watermark reset or full re-read requested, before the new run starts.</summary>
    ResetRequested = 18,
}

/// <summary>
/// A hook that does nothing unless a test installs a handler, or the process is started with the switch that kills it at a point
/// (<c>WAREHOUSEIMPORT_FAULT=FP08:3</c> kills at the third time FP08 is reached).
/// </summary>
public static class FaultPoint
{
    private static volatile Func<FaultPointId, Task>? _handler;

    /// <summary>Installs the process-wide handler; null removes it.</summary>
    public static void Install(Func<FaultPointId, Task>? handler) => _handler = handler;

    public static Task ReachAsync(FaultPointId id) => _handler is { } handler ? handler(id) : Task.CompletedTask;
}
