using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Setup;

/// <summary>What became of a request about a sync.</summary>
public abstract record SyncSetupResult
{
    private SyncSetupResult()
    {
    }

    /// <summary>The sync as it is stored now.</summary>
    public sealed record Saved(SyncRecord Sync, IReadOnlyList<SetupProblem> Warnings) : SyncSetupResult;

    public sealed record Deleted : SyncSetupResult;

    /// <summary>Nothing was changed; everything that has to be mended.</summary>
    public sealed record Invalid(IReadOnlyList<SetupProblem> Problems, IReadOnlyList<SetupProblem> Warnings) : SyncSetupResult;

    public sealed record NotFound : SyncSetupResult;

    /// <summary>The sync has changed since the caller read it (<c>If-Match</c>).</summary>
    public sealed record VersionMismatch : SyncSetupResult;

    /// <summary>Refused while a run is active; cancel it or wait.</summary>
    public sealed record RunActive(Guid? RunId) : SyncSetupResult;
}

/// <summary>The answer to a request for suggestions.</summary>
public abstract record SuggestionResult
{
    private SuggestionResult()
    {
    }

    public sealed record Found(SyncSuggestion Suggestion, IReadOnlyList<DatasetColumn> Columns) : SuggestionResult;

    public sealed record Failed(SetupProblem Problem) : SuggestionResult;
}
