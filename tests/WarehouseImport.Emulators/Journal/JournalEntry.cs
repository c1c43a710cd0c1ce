namespace WarehouseImport.Emulators.Journal;

/// <summary>One request as it came, and what became of it. Secrets are left out.</summary>
/// <param name="Number">From 1, in order of arrival.</param>
/// <param name="Headers">Without <c>Authorization</c>.</param>
public sealed record JournalEntry(
    int Number,
    DateTimeOffset At,
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Query,
    IReadOnlyDictionary<string, string> Headers,
    string Body)
{
    /// <value>The SQL of a statement or job; null for other requests.</value>
    public string? Statement { get; internal set; }

    /// <value>Bindings or query parameters as JSON.</value>
    public string? Bindings { get; internal set; }

    /// <value>The statement handle or job id.</value>
    public string? Handle { get; internal set; }

    /// <value>Whether the request ran a statement; false for a repeat that got an earlier result.</value>
    public bool Executed { get; internal set; }

    /// <value>The status sent; 0 while unanswered or when the connection was cut.</value>
    public int Status { get; internal set; }

    /// <value>Why sign-in was refused: the service itself does not say.</value>
    public string? AuthenticationFailure { get; internal set; }

    /// <value>Set when the statement is outside what the emulator knows.</value>
    public string? UnknownSql { get; internal set; }

    /// <value>The fault that was injected.</value>
    public string? Fault { get; internal set; }
}
