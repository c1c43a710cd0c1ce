namespace WarehouseImport.Warehouses;

/// <summary>Hears of what a warehouse does for a window, so that the run can store and show it.</summary>
public interface IWindowObserver
{
    /// <summary>The warehouse accepted the statement and calls it by this name. Awaited before the first row is read, so that it can be stored (R5).</summary>
    Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken);

    /// <summary>A request is sent again. May be called from several threads.</summary>
    void Retrying(WarehouseRetry retry);

    /// <summary>Something a person should know although the read goes on, for example a slower path taken for want of a grant. May be called from several threads.</summary>
    void Notice(WarehouseNotice notice);
}

/// <param name="Reason">One of <see cref="WarehouseRetryReasons"/>.</param>
/// <param name="Attempt">1 for the first repetition.</param>
/// <param name="Delay">How long the client waits before it.</param>
public sealed record WarehouseRetry(string Reason, int Attempt, TimeSpan Delay);

/// <summary>Why a request was repeated.</summary>
public static class WarehouseRetryReasons
{
    public const string Throttled = "throttled";
    public const string Unavailable = "unavailable";
    public const string ConnectionBroken = "connection_broken";
    public const string AnswerDamaged = "answer_damaged";
    public const string TokenExpired = "token_expired";
    public const string ResultExpired = "result_expired";
}

/// <param name="Code">Stable, snake case.</param>
/// <param name="Fix">What to do about it, as a statement where possible; null if nothing.</param>
public sealed record WarehouseNotice(string Code, string Message, string? Fix);

internal sealed class SilentObserver : IWindowObserver
{
    public static readonly SilentObserver Instance = new();

    public Task StatementAcceptedAsync(string statement, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Retrying(WarehouseRetry retry)
    {
    }

    public void Notice(WarehouseNotice notice)
    {
    }
}
