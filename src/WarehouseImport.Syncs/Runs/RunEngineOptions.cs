using Microsoft.Extensions.Options;

namespace WarehouseImport.Syncs.Runs;

/// <summary>How runs read, apply, retry and resume.</summary>
public sealed class RunEngineOptions
{
    public const string SectionName = "Runs";

    /// <summary>Largest number of rows of a page.</summary>
    /// <value>5000: large enough to amortise a transaction, small enough that four pages of wide rows fit in memory. 1 – 100 000.</value>
    public int PageRows { get; set; } = 5000;

    /// <summary>Pages read and recorded ahead while earlier ones are applied; bounds the memory of a run (G27).</summary>
    /// <value>4. 1 – 64.</value>
    public int PagesInFlight { get; set; } = 4;

    /// <summary>Partitions of the identifier space a new run is routed to; written into the run when it opens.</summary>
    /// <value>8: a page of 5 000 rows makes transactions of 600 rows; 64 made such of 78, for twice the CPU in PostgreSQL. Hosting sets 1 on SQLite, which has a single writer. 1 – 4096.</value>
    public int Partitions { get; set; } = 8;

    /// <summary>Runs that may read from one connection at the same time in this process (H27); others wait as queued.</summary>
    /// <value>2. 1 – 64.</value>
    public int ConcurrentRunsPerConnection { get; set; } = 2;

    /// <summary>Period of the reminder behind a missed tick: the longest a due run or a lost run waits.</summary>
    /// <value>1 min. 1 min – 1 h.</value>
    public TimeSpan RetryPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a process looks for active runs that nobody drives.</summary>
    /// <value>20 s. 1 s – 10 min.</value>
    public TimeSpan RecoveryInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Attempts to read on after a transient failure of the warehouse; a page read in between starts the count again.</summary>
    /// <value>4. 1 – 20.</value>
    public int ReadAttempts { get; set; } = 4;

    /// <summary>Attempts to deliver a batch whose outcome is unknown or that was rejected. The message and its ledger key stay the same.</summary>
    /// <value>8. 1 – 50.</value>
    public int BatchAttempts { get; set; } = 8;

    /// <summary>Delay before the second attempt of a read or a batch; doubles, with jitter, up to <see cref="LongestRetryDelay"/>.</summary>
    /// <value>250 ms. 1 ms – 1 min.</value>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest delay between two attempts inside a run.</summary>
    /// <value>15 s. 1 ms – 10 min.</value>
    public TimeSpan LongestRetryDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Delay between a failed run and its retry; doubles with every consecutive failure, with jitter, up to <see cref="LongestBackoff"/>.</summary>
    /// <value>1 min. 1 s – 1 d.</value>
    public TimeSpan FirstBackoff { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest delay between a failed run and its retry.</summary>
    /// <value>1 h. 1 s – 7 d.</value>
    public TimeSpan LongestBackoff { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Consecutive failed runs after which the sync is paused automatically.</summary>
    /// <value>30. 1 – 10 000.</value>
    public int FailuresBeforePause { get; set; } = 30;

    /// <summary>Rows at the boundary instant whose digests are kept for the next run (H4).</summary>
    /// <value>1 000 000, 16 bytes each. 0 – 10 000 000.</value>
    public int BoundaryRows { get; set; } = 1_000_000;
}

/// <summary>Checks <see cref="RunEngineOptions"/> at start; lists every setting out of range.</summary>
public sealed class RunEngineOptionsValidator : IValidateOptions<RunEngineOptions>
{
    public ValidateOptionsResult Validate(string? name, RunEngineOptions options)
    {
        var failures = new List<string>();
        Check(nameof(options.PageRows), options.PageRows, 1, 100_000);
        Check(nameof(options.PagesInFlight), options.PagesInFlight, 1, 64);
        Check(nameof(options.Partitions), options.Partitions, 1, 4096);
        Check(nameof(options.ConcurrentRunsPerConnection), options.ConcurrentRunsPerConnection, 1, 64);
        Check(nameof(options.RetryPeriod), options.RetryPeriod, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        Check(nameof(options.RecoveryInterval), options.RecoveryInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Check(nameof(options.ReadAttempts), options.ReadAttempts, 1, 20);
        Check(nameof(options.BatchAttempts), options.BatchAttempts, 1, 50);
        Check(nameof(options.FirstRetryDelay), options.FirstRetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Check(nameof(options.LongestRetryDelay), options.LongestRetryDelay, options.FirstRetryDelay, TimeSpan.FromMinutes(10));
        Check(nameof(options.FirstBackoff), options.FirstBackoff, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Check(nameof(options.LongestBackoff), options.LongestBackoff, options.FirstBackoff, TimeSpan.FromDays(7));
        Check(nameof(options.FailuresBeforePause), options.FailuresBeforePause, 1, 10_000);
        Check(nameof(options.BoundaryRows), options.BoundaryRows, 0, 10_000_000);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check<T>(string property, T value, T least, T greatest)
            where T : IComparable<T>, IFormattable
        {
            if (value.CompareTo(least) >= 0 && value.CompareTo(greatest) <= 0) return;
            failures.Add(FormattableString.Invariant($"{RunEngineOptions.SectionName}:{property} is {value}; it must be between {least} and {greatest}."));
        }
    }
}
