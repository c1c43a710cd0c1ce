namespace WarehouseImport.Profiles;

/// <summary>What became of a row: exactly one per row read (guarantees section 1).</summary>
/// <remarks>
/// Rows of one run that mean the same profile form a group. The group's greatest row (by source instant, then content) carries the
/// group's outcome; every other row of the group is a <see cref="Duplicate"/> (H15), whether or not it added a field the greatest row leaves alone.
/// </remarks>
public enum Outcome
{
    /// <summary>The run created the profile.</summary>
    Created,

    /// <summary>The run changed at least one value of an existing profile.</summary>
    Updated,

    /// <summary>Every value was already so, or the sync's mode left the profile alone.</summary>
    Unchanged,

    /// <summary>Nothing changed and at least one different value lost against a greater stored version.</summary>
    Stale,

    /// <summary>Another row of the same run for the same profile is greater.</summary>
    Duplicate,

    /// <summary>The row was refused; its error row says why.</summary>
    Failed,

    /// <summary>The person was erased and is not recreated (S11).</summary>
    Suppressed,
}

/// <summary>Rows per outcome. In a batch's result these are changes to the run's totals, so a single number may be negative; the sum never is.</summary>
[GenerateSerializer, Immutable, Alias("outcome-counts")]
public sealed record OutcomeCounts(
    [property: Id(0)] long Created = 0,
    [property: Id(1)] long Updated = 0,
    [property: Id(2)] long Unchanged = 0,
    [property: Id(3)] long Stale = 0,
    [property: Id(4)] long Duplicate = 0,
    [property: Id(5)] long Failed = 0,
    [property: Id(6)] long Suppressed = 0)
{
    public static OutcomeCounts None { get; } = new();

    /// <summary>The number of rows that have an outcome (G20).</summary>
    public long Total => Created + Updated + Unchanged + Stale + Duplicate + Failed + Suppressed;

    public static OutcomeCounts operator +(OutcomeCounts left, OutcomeCounts right) => new(
        left.Created + right.Created,
        left.Updated + right.Updated,
        left.Unchanged + right.Unchanged,
        left.Stale + right.Stale,
        left.Duplicate + right.Duplicate,
        left.Failed + right.Failed,
        left.Suppressed + right.Suppressed);

    public OutcomeCounts Add(Outcome outcome, long rows = 1) => outcome switch
    {
        Outcome.Created => this with { Created = Created + rows },
        Outcome.Updated => this with { Updated = Updated + rows },
        Outcome.Unchanged => this with { Unchanged = Unchanged + rows },
        Outcome.Stale => this with { Stale = Stale + rows },
        Outcome.Duplicate => this with { Duplicate = Duplicate + rows },
        Outcome.Failed => this with { Failed = Failed + rows },
        Outcome.Suppressed => this with { Suppressed = Suppressed + rows },
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Unknown outcome."),
    };
}
