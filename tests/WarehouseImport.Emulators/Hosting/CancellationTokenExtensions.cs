namespace WarehouseImport.Emulators.Hosting;

internal static class CancellationTokenExtensions
{
    /// <summary>Completes once the token is cancelled.</summary>
    public static async Task WhenCancelledAsync(this CancellationToken cancellation)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellation.Register(() => cancelled.TrySetResult());
        await cancelled.Task;
    }
}
