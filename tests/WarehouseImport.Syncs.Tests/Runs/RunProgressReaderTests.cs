using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;

namespace WarehouseImport.Syncs.Tests.Runs;

public sealed class RunProgressReaderTests
{
    private readonly RunWorld _world = new();

    [Fact]
    public async Task GetAsync_NodeThatDrivesTheRunIsGone_ShowsWhatIsStored()
    {
        var run = await _world.BeginAsync();

        var progress = await ReaderOf(Task.FromException<RunProgress?>(new SiloUnavailableException())).GetAsync(run.Id, TestContext.Current.CancellationToken);

        Assert.Equal((run.Id, RunPhases.Queued, 0L), (progress!.RunId, progress.Phase, progress.Read));
    }

    [Fact]
    public async Task GetAsync_NodeThatDrivesTheRunIsSilent_ShowsWhatIsStored()
    {
        var run = await _world.BeginAsync();

        var asked = ReaderOf(new TaskCompletionSource<RunProgress?>().Task).GetAsync(run.Id, TestContext.Current.CancellationToken);
        while (!asked.IsCompleted)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(run.Id, (await asked)!.RunId);
    }

    private RunProgressReader ReaderOf(Task<RunProgress?> answer) =>
        new(_world.Stores, Answering.With<IGrainFactory>(() => Answering.With<ISyncGrain>(() => answer)), _world.Time, NullLogger<RunProgressReader>.Instance);

    /// <summary>Answers every call alike.</summary>
    public class Answering : DispatchProxy
    {
        private Func<object> _answer = () => throw new InvalidOperationException("No answer is set.");

        public static T With<T>(Func<object> answer)
            where T : class
        {
            var proxy = Create<T, Answering>();
            ((Answering)(object)proxy)._answer = answer;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer();
    }
}
