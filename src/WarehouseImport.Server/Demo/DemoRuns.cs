using Spectre.Console;
using WarehouseImport.Server.Api;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Server.Sample;

namespace WarehouseImport.Server.Demo;

/// <param name="Codes">Rows per problem code.</param>
internal sealed record DemoResult(string Sync, RunResponse Run, IReadOnlyList<ErrorSummaryItem> Codes, ExpectedRun Expected);

/// <summary>Runs syncs one after the other, so that it is known which one creates whom, and shows them moving.</summary>
internal sealed class DemoRuns(IAnsiConsole console, DemoClient client)
{
    public Task<IReadOnlyList<DemoResult>> RunAsync(IReadOnlyList<(DemoSync Sync, ExpectedRun Expected)> syncs, CancellationToken cancellationToken) =>
        console.Profile.Capabilities.Interactive && !Console.IsOutputRedirected ? RunWithBarsAsync(syncs, cancellationToken) : RunPlainAsync(syncs, cancellationToken);

    private Task<IReadOnlyList<DemoResult>> RunWithBarsAsync(IReadOnlyList<(DemoSync Sync, ExpectedRun Expected)> syncs, CancellationToken cancellationToken) =>
        console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                var bars = syncs.Select(sync => context.AddTask(sync.Sync.Name, autoStart: false, maxValue: Math.Max(1, sync.Expected.Read))).ToArray();
                IReadOnlyList<DemoResult> results = [];
                for (var index = 0; index < syncs.Count; index++)
                {
                    var bar = bars[index];
                    var name = syncs[index].Sync.Name;
                    bar.StartTask();
                    var result = await RunAsync(syncs[index].Sync, syncs[index].Expected, Show, cancellationToken);
                    bar.Value = bar.MaxValue;
                    bar.StopTask();
                    results = [.. results, result];

                    void Show(RunProgressResponse progress)
                    {
                        bar.Description = $"{name}: {progress.Phase.Replace('_', ' ')}";
                        bar.Value = progress.Counts.Read;
                    }
                }

                return results;
            });

    private async Task<IReadOnlyList<DemoResult>> RunPlainAsync(IReadOnlyList<(DemoSync Sync, ExpectedRun Expected)> syncs, CancellationToken cancellationToken)
    {
        var results = new List<DemoResult>();
        foreach (var (sync, expected) in syncs)
        {
            var result = await RunAsync(sync, expected, static _ => { }, cancellationToken);
            console.WriteLine($"  {sync.Name}: {ApiWords.Spaced(result.Run.Status)}, {result.Run.Counts.Read} rows");
            results.Add(result);
        }

        return results;
    }

    private async Task<DemoResult> RunAsync(DemoSync sync, ExpectedRun expected, Action<RunProgressResponse> show, CancellationToken cancellationToken)
    {
        var run = await client.StartRunAsync(sync.Id, cancellationToken);
        await client.WatchAsync(run.Id, show, cancellationToken);
        run = await client.GetRunAsync(run.Id, cancellationToken);
        return new DemoResult(sync.Name, run, await client.GetErrorSummaryAsync(run.Id, cancellationToken), expected);
    }
}
