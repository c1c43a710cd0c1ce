namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>A finished extraction job: the first row of its stored result with the counts, and what is needed to read the others.</summary>
/// <param name="IsStored">True if the job was there before: the result an earlier call with the same request id made.</param>
/// <param name="Fields">Of the result, first column to last.</param>
/// <param name="Rows">Rows of the window, without the first one.</param>
internal sealed record BigQueryResult(JobReference Job, bool IsStored, IReadOnlyList<BigQueryField> Fields, CursorStatistics Statistics, long Rows);

/// <summary>Runs the job of a window under an id derived from its request id, so that no lost answer and no new process runs it twice (R5, H23).</summary>
internal sealed class BigQueryJob(BigQueryApi api, BigQueryTarget target, BigQueryOptions options)
{
    /// <summary>A job that failed inside BigQuery, or whose result is gone, is followed by another under the next id.</summary>
    public const int MaxJobs = 6;

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan GreatestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The id of the n-th job of a request. Any process finds the same ones.</summary>
    public static string IdOf(Guid requestId, int number) => FormattableString.Invariant($"warehouse_import_{requestId:N}_{number}");

    public async Task<BigQueryResult> RunAsync(
        WindowQuery query, BigQueryTable table, BigQueryStatement statement, IReadOnlyList<BigQueryField> fields, CancellationToken cancellationToken)
    {
        var what = $"Reading {query.Dataset}";
        var number = 0;
        if (JobReference.TryParse(query.Statement, out var known) && known.ProjectId == target.BillingProject && NumberOf(known, query.RequestId) is { } stored)
        {
            if (await TryAsync(known, isStored: true, query, fields, what, cancellationToken) is { } result) return result;
            number = stored + 1;
        }

        for (; ; number++)
        {
            var job = new JobReference(target.BillingProject, IdOf(query.RequestId, number), table.Location ?? target.Location);
            var body = BigQueryRequests.Job(job, statement, target, options.JobTimeout, query.Origin);
            var (accepted, isDuplicate, mayBeOurs) = await api.InsertAsync(job, body, what, query.Dataset, cancellationToken);
            // Of a repeated request the job may be an earlier process's or this one's lost first try; in the latter case nobody has counted pages of it yet.
            var isStored = isDuplicate && (query.IsRepeated || !mayBeOurs);
            await query.Observer.StatementAcceptedAsync(accepted.ToString(), cancellationToken);
            if (await TryAsync(accepted, isStored, query, fields, what, cancellationToken, isLast: number + 1 >= MaxJobs) is { } result) return result;
        }
    }

    /// <summary>Waits for the job and reads its first row.</summary>
    /// <returns>Null if another job has to take its place.</returns>
    private async Task<BigQueryResult?> TryAsync(
        JobReference job, bool isStored, WindowQuery query, IReadOnlyList<BigQueryField> fields, string what, CancellationToken cancellationToken, bool isLast = false)
    {
        try
        {
            return await WaitAsync(job, isStored, query, fields, what, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync(job);
            throw;
        }
        catch (WarehouseException failure) when (!isLast && BigQueryRefusal.Of(failure) is { } reason && (isStored || BigQueryErrors.IsJobTransient(reason)))
        {
            // An earlier process's job may have been stopped, refused for a right that has been granted since, or its result may be a day old.
            var number = NumberOf(job, query.RequestId) ?? 0;
            var isTransient = BigQueryErrors.IsJobTransient(reason);
            var delay = isTransient ? api.Network.RetryDelay * (1 << number) : TimeSpan.Zero;
            if (delay > api.Network.MaxRetryDelay) delay = api.Network.MaxRetryDelay;
            query.Observer.Retrying(new WarehouseRetry(isTransient ? WarehouseRetryReasons.Unavailable : WarehouseRetryReasons.ResultExpired, number + 1, delay));
            if (delay > TimeSpan.Zero) await Task.Delay(delay, api.Clock, cancellationToken);
            return null;
        }
    }

    private async Task<BigQueryResult?> WaitAsync(
        JobReference job, bool isStored, WindowQuery query, IReadOnlyList<BigQueryField> fields, string what, CancellationToken cancellationToken)
    {
        var wait = LeastWait;
        while (true)
        {
            var rows = new BigQueryRows(fields.Count, 1);
            var asked = api.Clock.GetTimestamp();
            var answer = await api.GetResultsAsync(job, 0, null, 1, options.PollTimeout, fields, rows, what, query.Dataset, cancellationToken);
            if (!answer.IsComplete)
            {
                // The service holds the request until the job ends; one that does not must not be asked without pause.
                if (api.Clock.GetElapsedTime(asked) < wait) await Task.Delay(wait, api.Clock, cancellationToken);
                wait = wait * 2 < GreatestWait ? wait * 2 : GreatestWait;
                continue;
            }

            if (answer.Schema?.Fields is { } found && !IsSame(found, fields))
            {
                if (isStored) return null;
                throw new WarehouseException(WarehouseErrors.QueryFailed, $"{what} failed: the columns of {query.Dataset} changed at the same moment.", "The next attempt reads the new columns.", isTransient: true);
            }

            if (rows.Count == 0 || answer.TotalRows is not >= 1)
                throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"{what} failed: the result has no first row with the counts.", null, isTransient: true);
            var statistics = BigQuerySql.ParseCounts(rows.Column(0)[0], rows.Column(1)[0]);
            return new BigQueryResult(job, isStored, fields, statistics, answer.TotalRows.Value - 1);
        }
    }

    private async Task CancelAsync(JobReference job)
    {
        using var timeout = new CancellationTokenSource(CancelTimeout, api.Clock);
        try
        {
            await api.CancelAsync(job, timeout.Token);
        }
        catch (Exception failure) when (failure is WarehouseException or OperationCanceledException)
        {
            // Nobody is left to tell, and the job ends by its own time limit.
            return;
        }
    }

    private static int? NumberOf(JobReference job, Guid requestId)
    {
        for (var number = 0; number < MaxJobs; number++)
        {
            if (job.JobId == IdOf(requestId, number)) return number;
        }

        return null;
    }

    private static bool IsSame(IReadOnlyList<BigQueryField> left, IReadOnlyList<BigQueryField> right) =>
        left.Count == right.Count && left.Zip(right).All(pair =>
            BigQueryTypes.FormOf(pair.First) == BigQueryTypes.FormOf(pair.Second)
            && pair.First.IsRepeated == pair.Second.IsRepeated
            && IsSame(pair.First.Fields ?? [], pair.Second.Fields ?? []));
}
