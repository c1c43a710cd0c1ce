namespace WarehouseImport.Syncs.Runs;

/// <summary>When a failed run is tried again.</summary>
public static class RunBackoff
{
    /// <summary>
    /// Doubles with every consecutive failure up to the longest back-off and spreads by ±20 %. The spread comes from the run's id, so that the time told in the
    /// run's failure and the time the schedule computes after a restart are the same.
    /// </summary>
    /// <param name="failures">Consecutive failures including this one; at least 1.</param>
    public static DateTimeOffset RetryAt(RunEngineOptions options, int failures, Guid runId, DateTimeOffset failedAt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);

        var doublings = Math.Min(failures - 1, 30);
        var seconds = Math.Min(options.FirstBackoff.TotalSeconds * Math.Pow(2, doublings), options.LongestBackoff.TotalSeconds);
        Span<byte> id = stackalloc byte[16];
        runId.TryWriteBytes(id);
        var spread = 0.8 + 0.4 * (BitConverter.ToUInt32(id[12..]) / (double)uint.MaxValue);
        return failedAt + TimeSpan.FromSeconds(Math.Ceiling(seconds * spread));
    }
}
