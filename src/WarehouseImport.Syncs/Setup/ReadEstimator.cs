using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Setup;

/// <summary>What the next run of a sync would read, found without reading it (H27).</summary>
/// <param name="From">Lower end of the window, or null if everything is read.</param>
/// <param name="To">Upper end by the warehouse's clock now.</param>
/// <param name="Estimate">Null where the warehouse does not bill by bytes read.</param>
public sealed record RunEstimate(SourceInstant? From, SourceInstant To, ReadEstimate? Estimate);

/// <summary>Asks the warehouse what the next run of a sync would cost.</summary>
public sealed class ReadEstimator(ISyncStore syncs, IWarehouseConnections connections)
{
    private const int AnyPageRows = 1_000;

    /// <param name="isFull">A full re-read instead of the rows since the watermark.</param>
    /// <returns>Null if there is no such sync.</returns>
    /// <exception cref="WarehouseException">The warehouse cannot be asked, or a column of the sync is gone.</exception>
    public async Task<RunEstimate?> EstimateAsync(Guid syncId, bool isFull, CancellationToken cancellationToken)
    {
        if (await syncs.GetAsync(syncId, cancellationToken) is not { } sync) return null;
        var definition = sync.Definition;
        await using var warehouse = await connections.OpenAsync(definition.ConnectionId, cancellationToken)
            ?? throw new WarehouseException(WarehouseErrors.SettingInvalid, $"Connection {definition.ConnectionId} was deleted.");

        var columns = await warehouse.GetColumnsAsync(definition.Dataset, cancellationToken);
        if (SchemaCheck.Compare(definition, columns) is [var problem, ..]) throw new WarehouseException(problem.Code, problem.Message, problem.Fix);
        var codec = CursorCodec.Create(definition.Cursor, columns.First(column => column.Name == definition.Cursor.Column).Kind);
        var to = SourceInstant.Parse(await warehouse.GetCurrentTimeAsync(cancellationToken)).AddClamped(-definition.Settle);
        var from = isFull ? null : sync.Watermark?.AddClamped(-definition.Lookback);
        var query = new WindowQuery(
            Guid.CreateVersion7(),
            definition.Dataset,
            RowMapper.ColumnsToRead(definition, columns),
            codec.ToColumn(definition.Cursor),
            from is { } lower ? codec.FormatLowerBound(lower) : null,
            codec.FormatUpperBound(to),
            AnyPageRows);
        return new RunEstimate(from, to, await warehouse.EstimateAsync(query, cancellationToken));
    }
}
