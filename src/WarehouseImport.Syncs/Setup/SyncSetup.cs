using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Setup;

/// <summary>
/// Creates, changes and removes syncs: checks the definition, stores it, and lets the sync's grain bring its reminder in line. The store decides; if the process
/// ends before the grain is told, the next start-up or tick reconciles (R10).
/// </summary>
public sealed class SyncSetup(ISyncStore syncs, MappingValidator validator, IWarehouseConnections connections, IGrainFactory grains, TimeProvider time)
{
    private const int SampleRows = 50;

    // A change of status races only with other requests for the same sync; more losses than this mean something else is wrong.
    private const int StatusAttempts = 5;

    public async Task<SyncSetupResult> CreateAsync(SyncDefinition definition, CancellationToken cancellationToken)
    {
        var validation = await validator.ValidateAsync(definition, syncId: null, cancellationToken);
        if (!validation.IsOk) return new SyncSetupResult.Invalid(validation.Problems, validation.Warnings);

        var now = time.GetUtcNow();
        var sync = new SyncRecord(
            Guid.CreateVersion7(now),
            validation.Definition,
            MappingVersion: 1,
            SyncStatus.Active,
            Version: 1,
            Fence: 0,
            ActiveRunId: null,
            LastRunSeq: 0,
            Watermark: null,
            BoundaryRunId: null,
            ConsecutiveFailures: 0,
            CreatedAt: now,
            UpdatedAt: now);
        return await FinishAsync(sync.Id, await syncs.CreateAsync(sync, cancellationToken), definition, validation.Warnings, cancellationToken);
    }

    /// <summary>
    /// Replaces the definition. The mapping version rises unless only name, schedule, lookback or settle change. A change of connection, dataset or cursor makes the
    /// watermark meaningless, so it is forgotten and the next run reads everything; that is refused while a run is active.
    /// </summary>
    public async Task<SyncSetupResult> UpdateAsync(Guid id, SyncDefinition definition, long expectedVersion, CancellationToken cancellationToken)
    {
        if (await syncs.GetAsync(id, cancellationToken) is not { } stored) return new SyncSetupResult.NotFound();
        if (stored.Version != expectedVersion) return new SyncSetupResult.VersionMismatch();
        var validation = await validator.ValidateAsync(definition, id, cancellationToken);
        if (!validation.IsOk) return new SyncSetupResult.Invalid(validation.Problems, validation.Warnings);

        if (SourceOf(stored.Definition) != SourceOf(validation.Definition) && stored.Watermark is not null)
        {
            // Before the change: the other way round a process that ends in between would keep a watermark of the old source and miss rows of the new one.
            var reset = await syncs.ResetWatermarkAsync(id, null, time.GetUtcNow(), cancellationToken);
            if (reset != SyncWriteStatus.Written) return await FinishAsync(id, reset, definition, validation.Warnings, cancellationToken);
            if (await syncs.GetAsync(id, cancellationToken) is not { } current) return new SyncSetupResult.NotFound();
            if (SyncJson.ToStorage(current.Definition) != SyncJson.ToStorage(stored.Definition)) return new SyncSetupResult.VersionMismatch();
            stored = current;
        }

        var changed = stored with
        {
            Definition = validation.Definition,
            MappingVersion = MappingOf(stored.Definition) == MappingOf(validation.Definition) ? stored.MappingVersion : stored.MappingVersion + 1,
            Version = stored.Version + 1,
            UpdatedAt = time.GetUtcNow(),
        };
        return await FinishAsync(id, await syncs.UpdateAsync(changed, stored.Version, cancellationToken), definition, validation.Warnings, cancellationToken);
    }

    /// <summary>Removes the sync with its runs; profiles and their history stay.</summary>
    public async Task<SyncSetupResult> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken)
    {
        var status = await syncs.DeleteAsync(id, expectedVersion, cancellationToken);
        if (status != SyncWriteStatus.Written) return await RefusedAsync(id, status, name: null, cancellationToken);
        await ReconcileAsync(id, cancellationToken);
        return new SyncSetupResult.Deleted();
    }

    /// <summary>Stops scheduled runs; an active run finishes.</summary>
    public Task<SyncSetupResult> PauseAsync(Guid id, CancellationToken cancellationToken) => SetStatusAsync(id, SyncStatus.Paused, cancellationToken);

    /// <summary>Lets scheduled runs start again, also after an automatic pause; a due time missed meanwhile is made up once.</summary>
    public Task<SyncSetupResult> ResumeAsync(Guid id, CancellationToken cancellationToken) => SetStatusAsync(id, SyncStatus.Active, cancellationToken);

    /// <summary>Sets the watermark back (or forward) by request (G2). The next run reads from there; null reads everything. Refused while a run is active.</summary>
    public async Task<SyncSetupResult> ResetAsync(Guid id, SourceInstant? to, CancellationToken cancellationToken)
    {
        var status = await syncs.ResetWatermarkAsync(id, to, time.GetUtcNow(), cancellationToken);
        if (status == SyncWriteStatus.Written) await FaultPoint.ReachAsync(FaultPointId.ResetRequested);
        return await FinishAsync(id, status, definition: null, [], cancellationToken);
    }

    /// <summary>Looks at a dataset and proposes identifier, cursor and mapping.</summary>
    public async Task<SuggestionResult> SuggestAsync(Guid connectionId, DatasetName dataset, CancellationToken cancellationToken)
    {
        try
        {
            await using var warehouse = await connections.OpenAsync(connectionId, cancellationToken);
            if (warehouse is null) return new SuggestionResult.Failed(new SetupProblem(SetupCodes.ConnectionUnknown, $"There is no connection {connectionId}.", "/connectionId"));
            var columns = await warehouse.GetColumnsAsync(dataset, cancellationToken);
            var sample = await warehouse.PreviewAsync(dataset, SampleRows, cancellationToken);
            return new SuggestionResult.Found(MappingSuggestion.Suggest(columns, sample), columns);
        }
        catch (WarehouseException exception)
        {
            var pointer = exception.Code == WarehouseErrors.DatasetUnknown ? "/dataset" : "/connectionId";
            return new SuggestionResult.Failed(new SetupProblem(exception.Code, exception.Message, pointer, exception.Fix));
        }
    }

    private static string SourceOf(SyncDefinition definition) =>
        SyncJson.Write(Blank(definition) with { ConnectionId = definition.ConnectionId, Dataset = definition.Dataset, Cursor = definition.Cursor });

    private static string MappingOf(SyncDefinition definition) => SyncJson.ToStorage(definition with
    {
        Name = "",
        Schedule = new ScheduleDefinition(Manual: true),
        Lookback = TimeSpan.Zero,
        Settle = TimeSpan.Zero,
    });

    private static SyncDefinition Blank(SyncDefinition definition) => new()
    {
        Name = "",
        ConnectionId = Guid.Empty,
        Dataset = definition.Dataset,
        Identifier = new IdentifierDefinition("", default),
        Cursor = new CursorDefinition(""),
        Fields = [],
        Schedule = new ScheduleDefinition(Manual: true),
    };

    private async Task<SyncSetupResult> SetStatusAsync(Guid id, SyncStatus status, CancellationToken cancellationToken)
    {
        var written = SyncWriteStatus.VersionMismatch;
        for (var attempt = 0; attempt < StatusAttempts && written == SyncWriteStatus.VersionMismatch; attempt++)
        {
            if (await syncs.GetAsync(id, cancellationToken) is not { } stored) return new SyncSetupResult.NotFound();
            if (stored.Status == status)
            {
                written = SyncWriteStatus.Written;
                break;
            }

            var changed = stored with { Status = status, Version = stored.Version + 1, UpdatedAt = time.GetUtcNow() };
            written = await syncs.UpdateAsync(changed, stored.Version, cancellationToken);
        }

        return await FinishAsync(id, written, definition: null, [], cancellationToken);
    }

    private async Task<SyncSetupResult> FinishAsync(
        Guid id,
        SyncWriteStatus status,
        SyncDefinition? definition,
        IReadOnlyList<SetupProblem> warnings,
        CancellationToken cancellationToken)
    {
        if (status != SyncWriteStatus.Written) return await RefusedAsync(id, status, definition?.Name, cancellationToken);
        await ReconcileAsync(id, cancellationToken);
        return await syncs.GetAsync(id, cancellationToken) is { } sync ? new SyncSetupResult.Saved(sync, warnings) : new SyncSetupResult.NotFound();
    }

    private async Task<SyncSetupResult> RefusedAsync(Guid id, SyncWriteStatus status, string? name, CancellationToken cancellationToken) => status switch
    {
        SyncWriteStatus.NotFound => new SyncSetupResult.NotFound(),
        SyncWriteStatus.VersionMismatch => new SyncSetupResult.VersionMismatch(),
        SyncWriteStatus.RunActive => new SyncSetupResult.RunActive((await syncs.GetAsync(id, cancellationToken))?.ActiveRunId),
        SyncWriteStatus.NameTaken => Invalid(new SetupProblem(SetupCodes.NameTaken, $"There is already a sync named '{name}' (case is ignored).", "/name")),
        SyncWriteStatus.ConnectionUnknown => Invalid(new SetupProblem(SetupCodes.ConnectionUnknown, "The connection was deleted meanwhile.", "/connectionId")),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a refusal."),
    };

    private static SyncSetupResult.Invalid Invalid(SetupProblem problem) => new([problem], []);

    private Task ReconcileAsync(Guid id, CancellationToken cancellationToken) => grains.GetGrain<ISyncGrain>(id).ReconcileAsync(cancellationToken);
}
