using System.Diagnostics.Metrics;

namespace WarehouseImport.Profiles.Import;

/// <summary>Measures of the apply path. Tags are bounded: the batch status only.</summary>
public sealed class ProfileMetrics
{
    public const string MeterName = "WarehouseImport.Profiles";

    private readonly Counter<long> _batches;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _fieldChanges;

    public ProfileMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _batches = meter.CreateCounter<long>("warehouseimport.profiles.batches", "{batch}", "Batches by status.");
        _rows = meter.CreateCounter<long>("warehouseimport.profiles.rows", "{row}", "Rows applied, replays not counted.");
        _fieldChanges = meter.CreateCounter<long>("warehouseimport.profiles.field_changes", "{change}", "Field changes written to the history.");
    }

    internal void BatchApplied(BatchResult result, int rows)
    {
        _batches.Add(1, new KeyValuePair<string, object?>("status", result.Status.ToString()));
        if (result.Status != BatchStatus.Applied) return;
        _rows.Add(rows);
        _fieldChanges.Add(result.FieldsChanged);
    }
}
