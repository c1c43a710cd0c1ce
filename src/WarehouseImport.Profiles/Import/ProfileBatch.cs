using System.Collections.Immutable;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Import;

/// <summary>Which profiles a source may touch (profile-import-rules 3.2).</summary>
public enum ImportMode
{
    /// <summary>Update the profile, or create it.</summary>
    Upsert,

    /// <summary>An unknown identifier changes nothing: outcome <see cref="Outcome.Unchanged"/>, counted as "no match".</summary>
    UpdateOnly,

    /// <summary>A profile that existed before the run is left alone: outcome <see cref="Outcome.Unchanged"/>.</summary>
    CreateOnly,
}

/// <summary>How a value enters its field (profile-import-rules 4.3).</summary>
public enum WriteMode
{
    /// <summary>The value replaces the field if its version is greater.</summary>
    Replace,

    /// <summary>The value is a JSON array; each distinct element becomes a present element register.</summary>
    Append,

    /// <summary>The value is a JSON array; each distinct element becomes an absent element register.</summary>
    Remove,
}

/// <summary>A field that rows of a batch write, and how.</summary>
/// <param name="Field">Field path: <c>first_name</c>, <c>location.city</c> or <c>properties.&lt;name&gt;</c>. Never an identifier.</param>
[GenerateSerializer, Immutable, Alias("field-target")]
public sealed record FieldTarget([property: Id(0)] string Field, [property: Id(1)] WriteMode Mode, [property: Id(2)] FieldStrength Strength);

/// <summary>One value of a row.</summary>
/// <param name="Target">Index into <see cref="ProfileBatch.Targets"/>.</param>
/// <param name="Json">Canonical JSON, or null for an explicit clear (<see cref="WriteMode.Replace"/> only).</param>
[GenerateSerializer, Immutable, Alias("field-write")]
public readonly record struct FieldWrite([property: Id(0)] int Target, [property: Id(1)] string? Json);

/// <summary>An identifier on a row.</summary>
/// <param name="RawInput">The input as read where it differs from the canonical form; kept in the history only.</param>
[GenerateSerializer, Immutable, Alias("identifier-claim")]
public readonly record struct IdentifierClaim([property: Id(0)] Identifier Identifier, [property: Id(1)] string? RawInput = null);

/// <summary>A valid row: the profile it means and what it says about it.</summary>
/// <param name="Row">Position in its page, 0-based.</param>
/// <param name="ModifiedAt">The row's source instant.</param>
/// <param name="Identifiers">Every identifier on the row, the primary one first (profile-import-rules 3.1); at most one of each kind.</param>
[GenerateSerializer, Immutable, Alias("profile-update")]
public sealed record ProfileUpdate(
    [property: Id(0)] int Row,
    [property: Id(1)] SourceInstant ModifiedAt,
    [property: Id(2)] ImmutableArray<IdentifierClaim> Identifiers,
    [property: Id(3)] ImmutableArray<FieldWrite> Writes)
{
    /// <value>What the row says about consent, at most once per register; empty by default. See <see cref="ConsentWrite"/> for the address it is given for.</value>
    [Id(4)] public ImmutableArray<ConsentWrite> Consent { get; init; } = [];

    /// <value>Email suppressions the row adds; empty by default.</value>
    [Id(5)] public ImmutableArray<SuppressionWrite> Suppressions { get; init; } = [];
}

/// <summary>The rows of one page that belong to one partition: the unit of the transaction and of the ledger.</summary>
[GenerateSerializer, Immutable, Alias("profile-batch")]
public sealed record ProfileBatch
{
    [Id(0)] public required BatchKey Key { get; init; }

    /// <summary>Grows within its sync; the last part of the version order before the value itself.</summary>
    [Id(1)] public required long RunSeq { get; init; }

    [Id(2)] public required int Precedence { get; init; }

    [Id(3)] public required ImportMode Mode { get; init; }

    /// <summary>Write superseded values into the history as well as counting them.</summary>
    [Id(4)] public required bool RecordStale { get; init; }

    [Id(5)] public required ImmutableArray<FieldTarget> Targets { get; init; }

    [Id(6)] public required ImmutableArray<ProfileUpdate> Rows { get; init; }

    /// <value>How the rows' consent came here; a warehouse by default.</value>
    [Id(7)] public ConsentMethod ConsentMethod { get; init; } = ConsentMethod.Warehouse;

    /// <value>What becomes of a profile that loses its last identifier to a row of the batch.</value>
    [Id(8)] public OrphanPolicy Orphans { get; init; }

    /// <summary>
    /// For a file without <c>modified_at</c>: the line of each row, in ascending order. Then the first row of a person wins and later ones of the run are
    /// duplicates that write nothing (profile-import-rules 11.6); batches must be applied in the order of their pages. Null where versions decide.
    /// </summary>
    [Id(9)] public ImmutableArray<int>? FirstRowWinsLines { get; init; }
}

/// <summary>Names a batch for all time: applying the same key twice writes once (R6, G20).</summary>
/// <param name="Fence">The run's fence; the database refuses a lower one (R1). Null for imports by API, which have no competing runs.</param>
[GenerateSerializer, Immutable, Alias("batch-key")]
public sealed record BatchKey(
    [property: Id(0)] Guid SyncId,
    [property: Id(1)] Guid RunId,
    [property: Id(2)] long? Fence,
    [property: Id(3)] int Page,
    [property: Id(4)] int Partition);

/// <summary>Problems of one row found while applying it.</summary>
[GenerateSerializer, Immutable, Alias("row-problems")]
public sealed record RowProblems([property: Id(0)] int Row, [property: Id(1)] Outcome Outcome, [property: Id(2)] ImmutableArray<Problem> Problems);

/// <summary>What applying a batch did.</summary>
/// <param name="Counts">Changes to the run's totals; sums to the batch's rows.</param>
/// <param name="FieldsChanged">Applied field changes (history rows).</param>
/// <param name="FieldsStale">Field values that lost against a greater stored version.</param>
/// <param name="NoMatch">Rows an update-only sync found no profile for; part of <see cref="OutcomeCounts.Unchanged"/>.</param>
[GenerateSerializer, Immutable, Alias("batch-result")]
public sealed record BatchResult(
    [property: Id(0)] BatchStatus Status,
    [property: Id(1)] OutcomeCounts Counts,
    [property: Id(2)] long FieldsChanged,
    [property: Id(3)] long FieldsStale,
    [property: Id(4)] long NoMatch,
    [property: Id(5)] ImmutableArray<RowProblems> Problems)
{
    public static BatchResult Fenced { get; } = new(BatchStatus.Fenced, OutcomeCounts.None, 0, 0, 0, []);
}

public enum BatchStatus
{
    Applied,

    /// <summary>The batch was applied before; this is the stored result and nothing was written.</summary>
    Replayed,

    /// <summary>A newer runner holds the fence; nothing was written and the caller must stop.</summary>
    Fenced,
}
