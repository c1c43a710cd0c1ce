using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>How a file is to be read: a definition like a sync's, and what only files have.</summary>
/// <param name="Definition">Its cursor is <paramref name="ModifiedAt"/> or <see cref="NoCursor"/>; connection, dataset and schedule mean nothing.</param>
/// <param name="ModifiedAt">The column that says when a row was changed; null takes the upload's start for every row and lets the first row of a person win (11.6).</param>
/// <param name="StrictKlaviyo">Narrows values to what Klaviyo's CSV page accepts where the rules name a difference (7.4).</param>
public sealed record UploadPlan(SyncDefinition Definition, string? ModifiedAt, bool StrictKlaviyo)
{
    /// <summary>Stands for the cursor of a file without one. No column of a file can have this name: columns that begin so are ignored (14.3).</summary>
    public const string NoCursor = "_modified_at";

    /// <summary>What a person confirmed about the consent of all rows; null if nothing.</summary>
    public SubscribedRows? AllRowsSubscribed { get; init; }
}

/// <summary>The statement that every row of a file subscribes (profile-import-rules 9.2). It is kept with the plan and said in the notices of every run of it.</summary>
/// <param name="Registers">At least one, each once; none of them has a mapped column.</param>
/// <param name="Confirmation">How the person knows, in their own words; 1 – <see cref="MaxConfirmationLength"/> characters.</param>
public sealed record SubscribedRows(IReadOnlyList<ConsentRegisterKind> Registers, string Confirmation)
{
    public const int MaxConfirmationLength = 255;

    // Not filled in by the catalogue, which cuts long values: the confirmation is kept whole.
    internal Problem ToNotice() => new(
        ProblemCodes.ConsentAllRowsSubscribed,
        ProblemSeverity.Notice,
        $"Every row subscribes to {string.Join(", ", Registers.Select(kind => kind.Name()))}; confirmed by “{Confirmation}”.",
        ProblemCatalogue.Get(ProblemCodes.ConsentAllRowsSubscribed).Hint);
}

/// <summary>A plan with the file it was made for, as a run needs them.</summary>
/// <param name="HeaderCells">Cells of the header line, ignored columns included.</param>
/// <param name="Rows">Records of the file, for progress.</param>
/// <param name="OpenAsync">Opens the file from its beginning; called once per attempt to read.</param>
public sealed record UploadInput(
    UploadPlan Plan,
    IReadOnlyList<string> Columns,
    int HeaderCells,
    long Rows,
    IReadOnlyList<Problem> Notices,
    Func<CancellationToken, Task<Stream>> OpenAsync);
