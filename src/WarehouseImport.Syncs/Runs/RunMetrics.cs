using System.Diagnostics;
using System.Diagnostics.Metrics;
using WarehouseImport.Profiles;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Metrics of runs. Tags are bounded words, never names or values of a customer (S21).</summary>
public sealed class RunMetrics
{
    public const string MeterName = "WarehouseImport.Runs";

    private readonly Counter<long> _rows;
    private readonly Counter<long> _pages;
    private readonly Counter<long> _overlaps;
    private readonly Counter<long> _batchRetries;
    private readonly Counter<long> _readRetries;
    private readonly Counter<long> _warehouseRetries;
    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _active;

    public RunMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _rows = meter.CreateCounter<long>("warehouseimport.run.rows", "{row}", "Rows by outcome.");
        _pages = meter.CreateCounter<long>("warehouseimport.run.pages", "{page}", "Acknowledged pages.");
        _overlaps = meter.CreateCounter<long>("warehouseimport.run.overlaps", "{tick}", "Due times that found a run of the same sync still active.");
        _batchRetries = meter.CreateCounter<long>("warehouseimport.run.batch_retries", "{retry}", "Batches sent again because their outcome was unknown.");
        _readRetries = meter.CreateCounter<long>("warehouseimport.run.read_retries", "{retry}", "Reads continued after a transient failure of the warehouse.");
        _warehouseRetries = meter.CreateCounter<long>("warehouseimport.run.warehouse_retries", "{retry}", "Requests sent to a warehouse again, by reason.");
        _duration = meter.CreateHistogram<double>("warehouseimport.run.duration", "s", "Time from start to end of a run, by status.");
        _active = meter.CreateUpDownCounter<long>("warehouseimport.run.active", "{run}", "Runs driven by this process.");
    }

    internal void PageAcknowledged(OutcomeCounts counts)
    {
        _pages.Add(1);
        Add("created", counts.Created);
        Add("updated", counts.Updated);
        Add("unchanged", counts.Unchanged);
        Add("stale", counts.Stale);
        Add("duplicate", counts.Duplicate);
        Add("failed", counts.Failed);
        Add("suppressed", counts.Suppressed);

        // A later page of the run can turn an earlier row into a duplicate; counters only grow, so the rare correction stays out of them.
        void Add(string outcome, long rows)
        {
            if (rows > 0) _rows.Add(rows, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    internal void RunOpened() => _active.Add(1);

    internal void RunLeft() => _active.Add(-1);

    internal void RunClosed(RunStatus status, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, new TagList { { "status", StatusName(status) } });

    internal void Overlapped() => _overlaps.Add(1);

    internal void BatchRetried() => _batchRetries.Add(1);

    internal void ReadRetried() => _readRetries.Add(1);

    internal void WarehouseRetried(string reason) => _warehouseRetries.Add(1, new KeyValuePair<string, object?>("reason", reason));

    private static string StatusName(RunStatus status) => status switch
    {
        RunStatus.Succeeded => "succeeded",
        RunStatus.SucceededWithRowErrors => "succeeded_with_row_errors",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        _ => "running",
    };
}
