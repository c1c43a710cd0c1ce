using Microsoft.Extensions.Logging;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Log messages of runs: identifiers of syncs and runs, numbers and codes, never a value of a row (S10).</summary>
internal static partial class RunLog
{
    [LoggerMessage(2001, LogLevel.Information, "Run {RunId} of sync {SyncId} began: number {Seq}, fence {Fence}, {Trigger}")]
    public static partial void RunBegan(ILogger logger, Guid runId, Guid syncId, long seq, long fence, RunTrigger trigger);

    [LoggerMessage(2002, LogLevel.Information, "Run {RunId} of sync {SyncId} was taken over under fence {Fence}; {Read} rows were acknowledged before")]
    public static partial void RunTakenOver(ILogger logger, Guid runId, Guid syncId, long fence, long read);

    [LoggerMessage(2003, LogLevel.Information, "Run {RunId} opened its window up to {Ceiling}: {Rows} rows in the dataset, paging level {Level}")]
    public static partial void WindowOpened(ILogger logger, Guid runId, string ceiling, long rows, string level);

    [LoggerMessage(2004, LogLevel.Information, "Run {RunId} of sync {SyncId} ended as {Status} with {Read} rows read")]
    public static partial void RunClosed(ILogger logger, Guid runId, Guid syncId, RunStatus status, long read);

    [LoggerMessage(2005, LogLevel.Warning, "Run {RunId} of sync {SyncId} failed with {Code}")]
    public static partial void RunFailed(ILogger logger, Guid runId, Guid syncId, string code);

    [LoggerMessage(2006, LogLevel.Error, "Run {RunId} of sync {SyncId} cannot be completed: the rows read differ from the sum of their outcomes ({Read} acknowledged)")]
    public static partial void CountsDiffered(ILogger logger, Guid runId, Guid syncId, long read);

    [LoggerMessage(2007, LogLevel.Information, "Run {RunId} lost its fence {Fence} to another runner and stopped")]
    public static partial void FenceLost(ILogger logger, Guid runId, long fence);

    [LoggerMessage(2008, LogLevel.Information, "Run {RunId} was interrupted and resumes elsewhere")]
    public static partial void RunInterrupted(ILogger logger, Guid runId);

    [LoggerMessage(2009, LogLevel.Warning, "Run {RunId} reads on after {Code} of the warehouse, attempt {Attempt}")]
    public static partial void ReadRetried(ILogger logger, Guid runId, string code, int attempt);

    [LoggerMessage(2013, LogLevel.Information, "Run {RunId} asks the warehouse again: {Reason}, attempt {Attempt}, after {Delay}")]
    public static partial void WarehouseRetried(ILogger logger, Guid runId, string reason, int attempt, TimeSpan delay);

    [LoggerMessage(2010, LogLevel.Error, "Run {RunId} met an unexpected {ExceptionType} at {StackTrace}")]
    public static partial void UnexpectedFailure(ILogger logger, Guid runId, string exceptionType, string? stackTrace);

    [LoggerMessage(2011, LogLevel.Error, "Run {RunId} could not be closed: {ExceptionType}; it stays open and resumes")]
    public static partial void CloseFailed(ILogger logger, Guid runId, string exceptionType);

    [LoggerMessage(2012, LogLevel.Debug, "The live progress of run {RunId} cannot be asked for ({ExceptionType}); the stored counts are shown")]
    public static partial void LiveProgressMissing(ILogger logger, Guid runId, string exceptionType);

    [LoggerMessage(2025, LogLevel.Debug, "The next due time of sync {SyncId} cannot be asked for ({ExceptionType})")]
    public static partial void DueTimeMissing(ILogger logger, Guid syncId, string exceptionType);

    [LoggerMessage(2020, LogLevel.Information, "Sync {SyncId} is due next at {NextDue}")]
    public static partial void NextDuePlanned(ILogger logger, Guid syncId, DateTimeOffset nextDue);

    [LoggerMessage(2021, LogLevel.Information, "Sync {SyncId} was due at {Due} while a run was active; it runs once that run has ended")]
    public static partial void DueTimeOverlapped(ILogger logger, Guid syncId, DateTimeOffset due);

    [LoggerMessage(2022, LogLevel.Warning, "Sync {SyncId} was paused automatically after {Failures} consecutive failed runs")]
    public static partial void PausedAutomatically(ILogger logger, Guid syncId, int failures);

    [LoggerMessage(2023, LogLevel.Warning, "Sync {SyncId} could not be reconciled: {ExceptionType}; the next round tries again")]
    public static partial void ReconcileFailed(ILogger logger, Guid syncId, string exceptionType);

    [LoggerMessage(2024, LogLevel.Warning, "The search for interrupted runs failed with {ExceptionType}; the next round tries again")]
    public static partial void RecoveryFailed(ILogger logger, string exceptionType);
}
