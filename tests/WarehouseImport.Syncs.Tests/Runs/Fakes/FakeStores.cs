using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <summary>One process's connection to the <see cref="FakeDatabase"/>: the contracts of the stores over dictionaries, one call at a time.</summary>
sealed class FakeStores(FakeDatabase database, TestProcess process) : ISyncStore, IRunStore, IProfileStore
{
    /// <summary>Called before every write of a run; lets a test put something in between.</summary>
    public Func<string, Task>? BeforeWrite { get; set; }

    public List<string> Calls { get; } = [];

    Task<SyncRecord?> ISyncStore.GetAsync(Guid id, CancellationToken cancellationToken) => Read(() => database.Syncs.GetValueOrDefault(id));

    public Task<IReadOnlyList<SyncRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) => Read<IReadOnlyList<SyncRecord>>(
        () => [.. database.Syncs.Values.Where(sync => after is not { } last || sync.Id.CompareTo(last) > 0).OrderBy(sync => sync.Id).Take(limit)]);

    public Task<SyncDefinition?> GetDefinitionAsync(Guid id, int mappingVersion, CancellationToken cancellationToken) =>
        Read(() => database.Definitions.GetValueOrDefault((id, mappingVersion)));

    public Task<SyncWriteStatus> CreateAsync(SyncRecord sync, CancellationToken cancellationToken) => Read(() =>
    {
        database.AddSync(sync);
        return SyncWriteStatus.Written;
    });

    public Task<SyncWriteStatus> UpdateAsync(SyncRecord sync, long expectedVersion, CancellationToken cancellationToken) => Read(() =>
    {
        if (!database.Syncs.TryGetValue(sync.Id, out var stored)) return SyncWriteStatus.NotFound;
        if (stored.Version != expectedVersion) return SyncWriteStatus.VersionMismatch;
        database.AddSync(stored with { Definition = sync.Definition, MappingVersion = sync.MappingVersion, Status = sync.Status, Version = expectedVersion + 1 });
        return SyncWriteStatus.Written;
    });

    public Task<SyncWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken) => Read(() =>
    {
        if (!database.Syncs.TryGetValue(id, out var stored)) return SyncWriteStatus.NotFound;
        if (stored.ActiveRunId is not null) return SyncWriteStatus.RunActive;
        database.Syncs.Remove(id);
        return SyncWriteStatus.Written;
    });

    public Task<SyncWriteStatus> ResetWatermarkAsync(Guid id, SourceInstant? watermark, DateTimeOffset now, CancellationToken cancellationToken) => Read(() =>
    {
        if (!database.Syncs.TryGetValue(id, out var stored)) return SyncWriteStatus.NotFound;
        if (stored.ActiveRunId is not null) return SyncWriteStatus.RunActive;
        database.Syncs[id] = stored with { Watermark = watermark, BoundaryRunId = null };
        return SyncWriteStatus.Written;
    });

    public Task<RunRecord?> BeginAsync(RunRecord run, long expectedFence, CancellationToken cancellationToken) => WriteAsync("begin", () =>
    {
        if (run.RequestKey is { } key && database.Runs.Values.FirstOrDefault(past => past.SyncId == run.SyncId && past.RequestKey == key) is { } repeated) return repeated;
        if (BuiltInSources.Contains(run.SyncId))
        {
            run = run with { Seq = database.Runs.Values.Count(past => past.SyncId == run.SyncId) + 1, Fence = 0 };
        }
        else
        {
            if (!database.Syncs.TryGetValue(run.SyncId, out var sync) || sync.ActiveRunId is not null || sync.Fence != expectedFence) return null;
            run = run with { Seq = sync.LastRunSeq + 1, Fence = expectedFence + 1 };
            database.Syncs[sync.Id] = sync with { Fence = run.Fence, ActiveRunId = run.Id, LastRunSeq = run.Seq };
        }

        database.Runs.Add(run.Id, run);
        database.Pages.Add(run.Id, []);
        database.Unbatched.Add(run.Id, OutcomeCounts.None);
        database.Errors.Add(run.Id, []);
        return run;
    });

    public Task<RunRecord?> TakeOverAsync(Guid runId, long expectedFence, CancellationToken cancellationToken) => WriteAsync("take-over", () =>
    {
        if (Held(runId, expectedFence) is not { } run) return null;
        run = run with { Fence = expectedFence + 1 };
        database.Runs[runId] = run;
        if (database.Syncs.TryGetValue(run.SyncId, out var sync)) database.Syncs[run.SyncId] = sync with { Fence = run.Fence };
        return run;
    });

    public Task<bool> SetWindowAsync(Guid runId, long fence, RunWindow window, IReadOnlyList<Problem> notices, CancellationToken cancellationToken) => WriteAsync("window", () =>
    {
        if (Held(runId, fence) is not { } run) return false;
        database.Runs[runId] = run with { Window = window, Notices = notices };
        return true;
    });

    public Task<bool> SetStatementAsync(Guid runId, long fence, string statement, CancellationToken cancellationToken) => WriteAsync("statement", () =>
    {
        if (Held(runId, fence) is not { } run) return false;
        database.Runs[runId] = run with { Statement = statement };
        return true;
    });

    public Task<bool> RecordPageAsync(Guid runId, long fence, RecordedPage page, CancellationToken cancellationToken) => WriteAsync("record", () =>
    {
        if (Held(runId, fence) is null) return false;
        database.Pages[runId].TryAdd(page.Number, new FakePage(page, false, []));
        return true;
    });

    public Task<IReadOnlyList<RecordedPage>> GetUnacknowledgedPagesAsync(Guid runId, CancellationToken cancellationToken) => Read<IReadOnlyList<RecordedPage>>(
        () => [.. database.Pages[runId].Values.Where(page => !page.IsAcknowledged).Select(page => page.Page)]);

    public Task<RunPosition?> GetPositionAsync(Guid runId, CancellationToken cancellationToken) => Read(() =>
    {
        if (database.Pages[runId].Count == 0) return null;
        var (number, last) = database.Pages[runId].Last();
        var digests = database.Pages[runId].Values.Where(page => page.Page.LastCursor == last.Page.LastCursor).SelectMany(page => page.Page.LastCursorDigests);
        return new RunPosition(number, last.Page.LastCursor, [.. digests]);
    });

    public Task<bool> AcknowledgePageAsync(Guid runId, long fence, PageAcknowledgement page, CancellationToken cancellationToken) => WriteAsync("acknowledge", () =>
    {
        if (Held(runId, fence) is not { } run) return false;
        var recorded = database.Pages[runId][page.Page];
        if (recorded.IsAcknowledged) return true;
        database.Pages[runId][page.Page] = new FakePage(recorded.Page with { Payload = [] }, true, page.KeptDigests);
        database.Runs[runId] = run with
        {
            Read = run.Read + page.Counts.Total,
            Counts = run.Counts + page.Counts,
            FieldsChanged = run.FieldsChanged + page.FieldsChanged,
            FieldsStale = run.FieldsStale + page.FieldsStale,
            NoMatch = run.NoMatch + page.NoMatch,
            ProblemRows = run.ProblemRows + page.Errors.Count,
        };
        database.Unbatched[runId] += page.UnbatchedCounts;
        database.Errors[runId].AddRange(page.Errors);
        return true;
    });

    public async Task<RunCompletion> CompleteAsync(Guid runId, long fence, SourceInstant? largestInstant, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await FaultPoint.ReachAsync(FaultPointId.Completing);
        return await WriteAsync("complete", () =>
        {
            if (Held(runId, fence) is not { } run) return RunCompletion.Fenced;
            if (run.CancelRequested) return RunCompletion.CancelRequested;

            var pages = database.Pages[runId].Values;
            var batched = database.Ledger.Where(entry => entry.Key.Run == runId).Aggregate(database.Unbatched[runId], (sum, entry) => sum + entry.Value.Counts);
            var agrees = pages.All(page => page.IsAcknowledged) && pages.Sum(page => page.Page.Rows) == run.Read && (run.IsDryRun ? run.Read == run.Counts.Total : batched == run.Counts);
            if (!agrees || database.CorruptNextCompletion)
            {
                database.CorruptNextCompletion = false;
                return RunCompletion.CountsDiffer;
            }

            database.Runs[runId] = run with { Status = run.ProblemRows > 0 ? RunStatus.SucceededWithRowErrors : RunStatus.Succeeded, FinishedAt = now };
            DropLedger(runId);
            if (BuiltInSources.Contains(run.SyncId)) return RunCompletion.Completed;

            var sync = database.Syncs[run.SyncId] with { ActiveRunId = null };
            if (!run.IsDryRun)
            {
                sync = sync with
                {
                    Watermark = sync.Watermark is { } old && (largestInstant is not { } largest || largest < old) ? old : largestInstant,
                    BoundaryRunId = pages.Count > 0 ? runId : sync.BoundaryRunId,
                    ConsecutiveFailures = 0,
                };
            }

            database.Syncs[run.SyncId] = sync;
            return RunCompletion.Completed;
        });
    }

    public Task<bool> CloseUnfinishedAsync(Guid runId, long fence, RunStatus status, RunFailure? failure, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync("close", () =>
        {
            if (Held(runId, fence) is not { } run) return false;
            database.Runs[runId] = run with { Status = status, Failure = failure, FinishedAt = now };
            DropLedger(runId);
            database.Pages[runId].Clear();
            var sync = database.Syncs[run.SyncId];
            database.Syncs[run.SyncId] = sync with
            {
                ActiveRunId = null,
                ConsecutiveFailures = sync.ConsecutiveFailures + (status == RunStatus.Failed && !run.IsDryRun ? 1 : 0),
            };
            return true;
        });

    public Task<bool> RequestCancelAsync(Guid runId, CancellationToken cancellationToken) => WriteAsync("cancel", () =>
    {
        if (!database.Runs.TryGetValue(runId, out var run) || run.Status != RunStatus.Running) return false;
        database.Runs[runId] = run with { CancelRequested = true };
        return true;
    });

    Task<RunRecord?> IRunStore.GetAsync(Guid runId, CancellationToken cancellationToken) => Read(() => database.Runs.GetValueOrDefault(runId));

    public Task<IReadOnlyList<RunRecord>> ListAsync(Guid syncId, long? beforeSeq, int limit, CancellationToken cancellationToken) => Read<IReadOnlyList<RunRecord>>(
        () => [.. database.Runs.Values.Where(run => run.SyncId == syncId && run.Seq < (beforeSeq ?? long.MaxValue)).OrderByDescending(run => run.Seq).Take(limit)]);

    public Task<IReadOnlyList<Guid>> ListSyncsWithActiveRunAsync(CancellationToken cancellationToken) => Read<IReadOnlyList<Guid>>(
        () => [.. database.Syncs.Values.Where(sync => sync.ActiveRunId is not null).Select(sync => sync.Id)]);

    public Task<IReadOnlyList<RowDigest>> GetBoundaryAsync(Guid boundaryRunId, string cursor, CancellationToken cancellationToken) => Read<IReadOnlyList<RowDigest>>(
        () => [.. database.Pages[boundaryRunId].Values.Where(page => page.Page.LastCursor == cursor).SelectMany(page => page.Kept).Order()]);

    public Task<IReadOnlyList<RunErrorRow>> GetErrorsAsync(Guid runId, (int Page, int Row)? after, string? code, int limit, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<RunErrorRow>>(() => [.. database.Errors[runId]
            .Where(error => after is not { } last || (error.Page, error.Row).CompareTo(last) > 0)
            .Where(error => code is null || error.Problems.Any(problem => problem.Problem.Code == code))
            .OrderBy(error => (error.Page, error.Row))
            .Take(limit)]);

    public Task<IReadOnlyList<ErrorCount>> GetErrorSummaryAsync(Guid runId, CancellationToken cancellationToken) => Read<IReadOnlyList<ErrorCount>>(
        () => [.. database.Errors[runId]
            .SelectMany(error => error.Problems.DistinctBy(problem => problem.Problem.Code))
            .GroupBy(problem => (problem.Problem.Code, problem.Problem.Severity))
            .Select(group => new ErrorCount(group.Key.Code, group.Key.Severity, group.Count()))]);

    public Task<long> ApplyRetentionAsync(DateTimeOffset errorsBefore, DateTimeOffset runsBefore, CancellationToken cancellationToken) => Read(() => 0L);

    public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken) => Read(() =>
    {
        var found = identifiers.Where(database.Identifiers.ContainsKey).Select(identifier => database.Identifiers[identifier]).ToList();
        var ids = found.SelectMany(stored => stored.Contenders.Concat(stored.Holder is { } holder ? [holder] : []))
            .Concat(identifiers.Where(identifier => identifier.Kind == IdentifierKind.Id).Select(identifier => Ulid.Parse(identifier.Value)))
            .Distinct();
        return new ProfileSnapshot(
            HoldsFence(key),
            database.Ledger.TryGetValue((key.RunId, key.Page, key.Partition), out var entry) ? entry.Entry : null,
            found,
            [.. ids.Where(database.Profiles.ContainsKey).Select(id => database.Profiles[id])]);
    });

    public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken) => WriteAsync("commit", () =>
    {
        if (commit.Merges.Count > 0) throw new NotSupportedException("This store does not merge profiles.");
        var ledgerKey = (commit.Key.RunId, commit.Key.Page, commit.Key.Partition);
        if (!HoldsFence(commit.Key)) return CommitStatus.Fenced;
        if (database.Ledger.ContainsKey(ledgerKey)) return CommitStatus.AlreadyApplied;
        if (commit.Profiles.Any(profile => (database.Profiles.GetValueOrDefault(profile.Id)?.RowVersion ?? 0) != profile.RowVersion)) return CommitStatus.Conflict;
        if (commit.Identifiers.Any(stored => (database.Identifiers.GetValueOrDefault(stored.Identifier)?.RowVersion ?? 0) != stored.RowVersion)) return CommitStatus.Conflict;

        foreach (var profile in commit.Profiles) database.Profiles[profile.Id] = profile with { RowVersion = profile.RowVersion + 1 };
        foreach (var stored in commit.Identifiers) database.Identifiers[stored.Identifier] = stored with { RowVersion = stored.RowVersion + 1 };
        database.Changes.AddRange(commit.Changes);
        database.Ledger.Add(ledgerKey, (commit.LedgerEntry, commit.Counts));
        return CommitStatus.Committed;
    });

    private RunRecord? Held(Guid runId, long fence)
    {
        if (!database.Runs.TryGetValue(runId, out var run) || run.Status != RunStatus.Running || run.Fence != fence) return null;
        if (BuiltInSources.Contains(run.SyncId)) return run;
        return database.Syncs.TryGetValue(run.SyncId, out var sync) && sync.Fence == fence && sync.ActiveRunId == runId ? run : null;
    }

    private bool HoldsFence(BatchKey key) => key.Fence is not { } fence || database.Syncs.TryGetValue(key.SyncId, out var sync) && sync.Fence == fence;

    private void DropLedger(Guid runId)
    {
        foreach (var key in database.Ledger.Keys.Where(key => key.Run == runId).ToList()) database.Ledger.Remove(key);
    }

    private Task<T> Read<T>(Func<T> act)
    {
        process.ThrowIfEnded();
        lock (database.Gate) return Task.FromResult(act());
    }

    private async Task<T> WriteAsync<T>(string name, Func<T> act)
    {
        if (BeforeWrite is { } hook) await hook(name);
        process.ThrowIfEnded();
        lock (database.Gate)
        {
            Calls.Add(name);
            var result = act();
            database.Written();
            return result;
        }
    }
}

/// <summary>A scratch store in memory, without fences.</summary>
sealed class FakeScratchStore : IScratchProfileStore
{
    private readonly FakeStores _stores = new(new FakeDatabase(), new TestProcess());

    public Task<ProfileSnapshot> LoadAsync(BatchKey key, IReadOnlyCollection<Identifier> identifiers, CancellationToken cancellationToken) =>
        _stores.LoadAsync(key with { Fence = null }, identifiers, cancellationToken);

    public Task<CommitStatus> CommitAsync(ProfileCommit commit, CancellationToken cancellationToken) =>
        _stores.CommitAsync(commit with { Key = commit.Key with { Fence = null } }, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
