using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Server.Demo;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>
/// Imports the same people in four phases through a real server, and after each phase writes the same rows by the floor into a database beside it; both must
/// then hold the same values.
/// </summary>
sealed class ThroughputCommand(ThroughputOptions options, StoreUnderTest store, ServerUnderTest server, SourceFile source, DemoClient client)
{
    private static readonly IReadOnlyList<string> Overlapping = ["overlap_1", "overlap_2"];

    private readonly Workload _workload = new(options.Rows);
    private readonly List<PhaseResult> _phases = [];
    private long _runSeq;

    public static async Task<int> RunAsync(ThroughputOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("warehouse-import-throughput-");
        try
        {
            await using var store = await StoreUnderTest.CreateAsync(options.Store, folder.FullName);
            await using var server = await ServerUnderTest.StartAsync(folder.FullName, store.Settings);
            using var client = new DemoClient(server.Address, server.ApiKey);
            var command = new ThroughputCommand(options, store, server, new SourceFile(Path.Combine(folder.FullName, "people.duckdb")), client);
            await command.RunAsync();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task RunAsync()
    {
        source.Write("people", _workload.First());
        var people = await CreateSyncAsync("people");
        await MeasureAsync("first", [(people, false)], () => store.Floor.WriteAsync(_workload.First(), 0, ++_runSeq));
        await MeasureAsync("unchanged", [(people, true)], () => store.Floor.WriteAsync(_workload.First(), 0, ++_runSeq));

        source.Write("people", _workload.Incremental(), replaces: true);
        await MeasureAsync("incremental", [(people, false)], () => store.Floor.WriteAsync(_workload.Incremental(), 0, ++_runSeq));

        var syncs = new List<(Guid, bool)> { (people, true) };
        for (var index = 0; index < Overlapping.Count; index++) source.Write(Overlapping[index], _workload.Overlapping(index + 1));
        foreach (var table in Overlapping) syncs.Add((await CreateSyncAsync(table), false));
        await MeasureAsync("mixed", syncs, WriteMixedAsync, ordered: false);

        PhaseResult.Show(_phases);
        if (options.Json is { } path) PhaseResult.Write(path, options, _phases);
    }

    private async Task<FloorResult> WriteMixedAsync()
    {
        var sum = await store.Floor.WriteAsync(_workload.Whole(), 0, ++_runSeq);
        for (var index = 0; index < Overlapping.Count; index++) sum += await store.Floor.WriteAsync(_workload.Overlapping(index + 1), index + 1, ++_runSeq);
        return sum;
    }

    private async Task<Guid> CreateSyncAsync(string table)
    {
        // One connection each, because the runs of one connection wait for each other.
        var connection = await client.CreateConnectionAsync(
            table, "duckdb", new Dictionary<string, string> { ["path"] = source.Path }, null, CancellationToken.None);
        return await client.CreateSyncAsync(SourceFile.Sync(connection, table), CancellationToken.None);
    }

    /// <param name="ordered">One sync at a time, so that the history is the same whoever writes it.</param>
    private async Task MeasureAsync(string name, IReadOnlyList<(Guid Sync, bool IsFull)> syncs, Func<Task<FloorResult>> floor, bool ordered = true)
    {
        Console.WriteLine($"{name}: importing");
        ProcessUsage.ResetPeak(server.ProcessId);
        var (silo, database, written) = (ProcessUsage.CpuSeconds(server.ProcessId), store.DatabaseCpuSeconds(), await store.WrittenBytesAsync(server.ProcessId));
        var runs = await Task.WhenAll(syncs.Select(sync => ImportAsync(sync.Sync, sync.IsFull)));
        silo = ProcessUsage.CpuSeconds(server.ProcessId) - silo;
        database = store.DatabaseCpuSeconds() - database;
        written = await store.WrittenBytesAsync(server.ProcessId) - written;
        var peak = ProcessUsage.PeakMebibytes(server.ProcessId);
        var tables = await store.TableBytesAsync();

        Console.WriteLine($"{name}: writing the floor");
        var floorDatabase = store.DatabaseCpuSeconds();
        var floorResult = await floor();
        floorDatabase = store.DatabaseCpuSeconds() - floorDatabase;

        var seconds = (runs.Max(run => run.FinishedAt!.Value) - runs.Min(run => run.StartedAt)).TotalSeconds;
        var result = new PhaseResult(
            name,
            runs.Sum(run => run.Counts.Read),
            seconds,
            silo,
            database,
            peak,
            written,
            tables,
            floorResult,
            floorDatabase + floorResult.ClientCpuSeconds,
            await store.Floor.TableBytesAsync());
        _phases.Add(result);
        await CheckAsync(result, runs, ordered);
    }

    private async Task<RunResponse> ImportAsync(Guid sync, bool isFull)
    {
        var run = await client.StartRunAsync(sync, CancellationToken.None, new RunStartRequest(Full: isFull));
        await client.WatchAsync(run.Id, static _ => { }, CancellationToken.None);
        return await client.GetRunAsync(run.Id, CancellationToken.None);
    }

    private async Task CheckAsync(PhaseResult phase, RunResponse[] runs, bool ordered)
    {
        foreach (var run in runs)
        {
            if (run.Status == RunStatus.Succeeded) continue;
            throw new InvalidOperationException($"{phase.Name}: a run ended as {run.Status}: {run.Failure?.Message} {run.ProblemRows} rows have problems.");
        }

        // An incremental run reads the row at its watermark again (H1).
        if (phase.Rows - phase.Floor.Rows < 0 || phase.Rows - phase.Floor.Rows > runs.Length)
            throw new InvalidOperationException($"{phase.Name}: the import read {phase.Rows} rows, the floor {phase.Floor.Rows}.");
        var (import, floor) = (await store.DigestAsync(), await store.Floor.DigestAsync());
        if (import != floor) throw new InvalidOperationException($"{phase.Name}: the import's profiles are not the floor's: {import}, {floor}.");
        var changes = runs.Sum(run => run.FieldsChanged);
        if (ordered && changes != phase.Floor.FieldChanges)
            throw new InvalidOperationException($"{phase.Name}: the import wrote {changes} field changes, the floor {phase.Floor.FieldChanges}.");
    }
}
