using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Server.Api.Profiles;

/// <summary>Names syncs and runs for one answer, asking for each once.</summary>
internal sealed class SourceNames(ISyncStore syncs, IRunStore runs)
{
    private readonly Dictionary<Guid, string?> _syncs = [];
    private readonly Dictionary<(Guid SyncId, long Seq), Guid?> _runs = [];
    private readonly Dictionary<Guid, long?> _numbers = [];

    public async Task<SourceResponse> OfSyncAsync(Guid syncId, CancellationToken cancellationToken) =>
        new(syncId, await NameAsync(syncId, cancellationToken), null, null);

    public async Task<SourceResponse> OfRunNumberAsync(Guid syncId, long number, CancellationToken cancellationToken)
    {
        if (!_runs.TryGetValue((syncId, number), out var runId))
        {
            var found = await runs.ListAsync(syncId, number + 1, 1, cancellationToken);
            runId = found is [var run] && run.Seq == number ? run.Id : null;
            _runs.Add((syncId, number), runId);
        }

        return new SourceResponse(syncId, await NameAsync(syncId, cancellationToken), runId, number);
    }

    public async Task<SourceResponse> OfRunAsync(Guid syncId, Guid runId, CancellationToken cancellationToken)
    {
        if (!_numbers.TryGetValue(runId, out var number))
        {
            number = (await runs.GetAsync(runId, cancellationToken))?.Seq;
            _numbers.Add(runId, number);
        }

        return new SourceResponse(syncId, await NameAsync(syncId, cancellationToken), runId, number);
    }

    private async Task<string?> NameAsync(Guid syncId, CancellationToken cancellationToken)
    {
        if (!_syncs.TryGetValue(syncId, out var name))
        {
            name = (await syncs.GetAsync(syncId, cancellationToken))?.Definition.Name;
            _syncs.Add(syncId, name);
        }

        return name;
    }
}
