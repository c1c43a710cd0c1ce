using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Scheduling;

namespace WarehouseImport.Syncs.Runs;

internal sealed partial class SyncGrain
{
    private const string ReminderName = "schedule";

    private (DateTimeOffset? Due, bool IsRunning)? _reminder;

    // A tick is a hint (R10): it carries no decision, only the occasion to compare stored state with the schedule.
    public Task ReceiveReminder(string reminderName, TickStatus status) => ReconcileAsync();

    public async Task ReconcileAsync(CancellationToken cancellationToken = default)
    {
        var sync = await syncs.GetAsync(SyncId, cancellationToken);
        if (sync is null)
        {
            await ForgetAsync(cancellationToken);
            return;
        }

        await ResumeInterruptedAsync(sync, cancellationToken);
        if (sync.ActiveRunId is null && _driven is { IsOver: true } over)
        {
            over.Dispose();
            _driven = null;
            DelayDeactivation(TimeSpan.Zero);
        }

        var status = await FollowFailuresAsync(sync, cancellationToken);
        await PlanAsync(sync, status, cancellationToken);
        if (status == SyncStatus.Active && Due is { } due && due <= time.GetUtcNow()) await HandleDueAsync(sync, due, cancellationToken);
        await EnsureReminderAsync(cancellationToken);
    }

    private DateTimeOffset? Due => alarm.State.RetryAt ?? alarm.State.NextDue;

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (_driven is { } driven)
        {
            await driven.StopAsync(cancellationToken);
            driven.Dispose();
            _driven = null;
        }

        if (await this.GetReminder(ReminderName, cancellationToken) is { } reminder) await this.UnregisterReminder(reminder, cancellationToken);
        if (alarm.RecordExists) await alarm.ClearStateAsync(cancellationToken);
        DeactivateOnIdle();
    }

    // The store counts failures in the transaction that closes a run; the alarm follows what it finds there, so no lost message can lose a failure.
    private async Task<SyncStatus> FollowFailuresAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        var state = alarm.State;
        if (sync.Status == SyncStatus.Active && state.IsPaused) state.FailuresForgiven = sync.ConsecutiveFailures;
        if (sync.ConsecutiveFailures == state.FailuresSeen) return sync.Status;

        var isNew = sync.ConsecutiveFailures > state.FailuresSeen;
        state.FailuresSeen = sync.ConsecutiveFailures;
        if (sync.ConsecutiveFailures < state.FailuresForgiven) state.FailuresForgiven = 0;
        state.RetryAt = isNew ? await RetryAtAsync(sync, cancellationToken) : null;
        if (!isNew || sync.Status != SyncStatus.Active || sync.ConsecutiveFailures - state.FailuresForgiven < options.Value.FailuresBeforePause)
        {
            await alarm.WriteStateAsync(cancellationToken);
            return sync.Status;
        }

        var paused = sync with { Status = SyncStatus.PausedAutomatically, Version = sync.Version + 1, UpdatedAt = time.GetUtcNow() };
        if (await syncs.UpdateAsync(paused, sync.Version, cancellationToken) != SyncWriteStatus.Written)
        {
            // Somebody changed the sync in this moment; the next tick sees both and decides again.
            state.FailuresSeen = sync.ConsecutiveFailures - 1;
            return sync.Status;
        }

        RunLog.PausedAutomatically(logger, SyncId, sync.ConsecutiveFailures);
        await alarm.WriteStateAsync(cancellationToken);
        return SyncStatus.PausedAutomatically;
    }

    private async Task<DateTimeOffset?> RetryAtAsync(SyncRecord sync, CancellationToken cancellationToken)
    {
        if (sync.Definition.Schedule.Manual) return null;

        const int Newest = 10;
        var failed = (await runs.ListAsync(SyncId, null, Newest, cancellationToken)).FirstOrDefault(run => run is { Status: RunStatus.Failed, IsDryRun: false });
        return failed is null ? null : RunBackoff.RetryAt(options.Value, sync.ConsecutiveFailures, failed.Id, failed.FinishedAt ?? time.GetUtcNow());
    }

    private async Task PlanAsync(SyncRecord sync, SyncStatus status, CancellationToken cancellationToken)
    {
        var state = alarm.State;
        var schedule = ScheduleKey(sync);
        if (status != SyncStatus.Active || sync.Definition.Schedule.Manual)
        {
            var isPaused = status != SyncStatus.Active;
            if (state.NextDue is null && state.RetryAt is null && state.Schedule == schedule && state.IsPaused == isPaused) return;
            state.NextDue = null;
            state.RetryAt = null;
            state.Schedule = schedule;
            state.IsPaused = isPaused;
        }
        else
        {
            if (state.NextDue is not null && state.Schedule == schedule && !state.IsPaused) return;
            state.NextDue = NextAfter(sync, time.GetUtcNow());
            state.Schedule = schedule;
            state.IsPaused = false;
        }

        await alarm.WriteStateAsync(cancellationToken);
        if (state.NextDue is { } next) RunLog.NextDuePlanned(logger, SyncId, next);
    }

    private async Task HandleDueAsync(SyncRecord sync, DateTimeOffset due, CancellationToken cancellationToken)
    {
        if (_driven is { IsOver: false } || sync.ActiveRunId is not null)
        {
            metrics.Overlapped();
            RunLog.DueTimeOverlapped(logger, SyncId, due);
            return;
        }

        if (!await WasHandledAsync(due, cancellationToken))
        {
            await FaultPoint.ReachAsync(FaultPointId.DueDecided);
            var request = new RunRequest(IsDryRun: false, IsFull: false, RequestKey: null);
            if (await engine.BeginAsync(sync, RunTrigger.Schedule, request, due, cancellationToken) is not { } begun) return;
            Drive(begun.Run);
        }

        // Several missed due times are answered by this one run: the next one lies strictly after now.
        alarm.State.RetryAt = null;
        alarm.State.NextDue = NextAfter(sync, time.GetUtcNow());
        await alarm.WriteStateAsync(cancellationToken);
        if (alarm.State.NextDue is { } next) RunLog.NextDuePlanned(logger, SyncId, next);
    }

    // A process that ended between the start of a run and the advance of the due time must not start a second run for it (G19).
    private async Task<bool> WasHandledAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        const int Newest = 50;
        var newest = await runs.ListAsync(SyncId, null, Newest, cancellationToken);
        return newest.Any(run => run.DueAt >= due);
    }

    // The reminder rings at the due time and then every retry period: the safety net for missed ticks and lost runs.
    private async Task EnsureReminderAsync(CancellationToken cancellationToken)
    {
        var isRunning = _driven is { IsOver: false };
        if (_reminder == (Due, isRunning)) return;

        if (Due is null && !isRunning)
        {
            if (await this.GetReminder(ReminderName, cancellationToken) is { } reminder) await this.UnregisterReminder(reminder, cancellationToken);
            _reminder = (null, false);
            return;
        }

        var period = options.Value.RetryPeriod;
        var wait = Due is { } due ? due - time.GetUtcNow() : period;
        if (isRunning && wait > period) wait = period;
        if (wait < TimeSpan.Zero) wait = period;
        await this.RegisterOrUpdateReminder(ReminderName, wait, period, cancellationToken);
        _reminder = (Due, isRunning);
    }

    private static DateTimeOffset? NextAfter(SyncRecord sync, DateTimeOffset instant) =>
        Schedule.Create(sync.Definition.Schedule, sync.CreatedAt).NextAfter(instant);

    private static string ScheduleKey(SyncRecord sync)
    {
        var schedule = sync.Definition.Schedule;
        return FormattableString.Invariant($"{schedule.Every:c}|{schedule.Daily:O}|{schedule.Cron}|{schedule.Zone}|{schedule.Manual}");
    }
}
