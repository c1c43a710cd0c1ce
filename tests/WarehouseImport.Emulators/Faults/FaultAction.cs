namespace WarehouseImport.Emulators.Faults;

/// <summary>What goes wrong.</summary>
public abstract record FaultAction
{
    /// <value>Whether the statement is run first, so that only the answer is lost.</value>
    public bool AfterWork { get; init; }

    /// <summary>An answer of another's making: a throttle, a server error, a proxy's page.</summary>
    /// <param name="Body">Null for none; a body that starts with <c>&lt;</c> is sent as HTML.</param>
    /// <param name="RetryAfter">The <c>Retry-After</c> header, in seconds or as a date.</param>
    public sealed record Respond(int Status, string? Body = null, string? RetryAfter = null) : FaultAction;

    /// <summary>The connection is reset before any header.</summary>
    public sealed record Reset : FaultAction;

    /// <summary>The body stops at a fraction of its bytes on the wire.</summary>
    /// <param name="IsClean">The message ends as if complete (truncated gzip inside whole chunks); otherwise the connection is reset.</param>
    public sealed record CutBody(double Fraction = 0.5, bool IsClean = false) : FaultAction;

    /// <summary>The body stops at a fraction, and the connection stays open until the client gives up.</summary>
    public sealed record Stall(double Fraction = 0.5) : FaultAction;

    /// <summary>The body comes a few bytes at a time.</summary>
    public sealed record Drip(int Bytes, TimeSpan Pause) : FaultAction;

    /// <summary>The counts in the answer do not fit its rows.</summary>
    public sealed record WrongCounts(int Rows = 1, int Total = 0) : FaultAction;

    /// <summary>The emulator's clock jumps before the request is looked at.</summary>
    public sealed record AdvanceClock(TimeSpan Time) : FaultAction;

    /// <summary>The statement fails at run time.</summary>
    /// <param name="Code">Snowflake's code, or BigQuery's reason.</param>
    public sealed record FailStatement(string Code, string Message, string? SqlState = null) : FaultAction;

    /// <summary>Anything else, before the request is looked at: a key is revoked, a column dropped.</summary>
    public sealed record Run(Action Change) : FaultAction;
}
