using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Faults;

/// <summary>Which requests a fault is for; every condition given must hold.</summary>
public sealed record FaultMatch
{
    /// <value>Every request.</value>
    public static FaultMatch Any { get; } = new();

    public string? Method { get; init; }

    public string? PathContains { get; init; }

    /// <value>Text in the SQL, ignoring case.</value>
    public string? StatementContains { get; init; }

    /// <value>Snowflake: the <c>partition</c> asked for.</value>
    public int? Partition { get; init; }

    /// <value>A query parameter that must be present, such as <c>pageToken</c>.</value>
    public string? QueryParameter { get; init; }

    /// <value>Requests that fit and are let through before the fault strikes; 0.</value>
    public int Skip { get; init; }

    /// <value>Any other condition, for tests in the same process.</value>
    public Func<JournalEntry, bool>? Where { get; init; }

    internal bool Fits(JournalEntry entry) =>
        (Method is null || Method.Equals(entry.Method, StringComparison.OrdinalIgnoreCase))
        && (PathContains is null || entry.Path.Contains(PathContains, StringComparison.Ordinal))
        && (StatementContains is null || entry.Statement?.Contains(StatementContains, StringComparison.OrdinalIgnoreCase) == true)
        && (Partition is null || (entry.Query.TryGetValue("partition", out var text) && int.TryParse(text, out var partition) && partition == Partition))
        && (QueryParameter is null || entry.Query.ContainsKey(QueryParameter))
        && Where?.Invoke(entry) != false;
}
