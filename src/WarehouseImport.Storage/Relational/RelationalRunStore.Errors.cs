using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Relational;

internal sealed partial class RelationalRunStore
{
    public Task<bool> AcknowledgePageAsync(Guid runId, long fence, PageAcknowledgement acknowledgement, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (await HeldAsync(session, runId, fence, database.ForShare).ConfigureAwait(false) is null) return false;
                var first = await session.ExecuteAsync(
                    $"""
                    UPDATE run_pages SET acknowledged = {database.True}, payload = NULL, kept_digests = @kept
                    WHERE run_id = @run AND page = @page AND acknowledged = {database.False}
                    """,
                    ("kept", Pack(acknowledgement.KeptDigests)),
                    ("run", runId),
                    ("page", acknowledgement.Page)).ConfigureAwait(false);
                if (first == 0)
                {
                    var recorded = await session.QueryAsync(
                        "SELECT 1 FROM run_pages WHERE run_id = @run AND page = @page", _ => true, ("run", runId), ("page", acknowledgement.Page)).ConfigureAwait(false);
                    return recorded.Count == 1
                        ? true
                        : throw new InvalidOperationException($"Page {acknowledgement.Page} of run {runId} is acknowledged but was never recorded.");
                }

                var kept = await KeepErrorsAsync(session, runId, acknowledgement.Errors).ConfigureAwait(false);
                await AddCountsAsync(session, runId, acknowledgement, kept).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public async Task<IReadOnlyList<RunErrorRow>> GetErrorsAsync(
        Guid runId,
        (int Page, int Row)? after,
        string? code,
        int limit,
        CancellationToken cancellationToken)
    {
        var (page, row) = after ?? (-1, -1);
        var filter = code is null
            ? string.Empty
            : "AND EXISTS (SELECT 1 FROM run_error_codes c WHERE c.run_id = e.run_id AND c.code = @code AND c.page = e.page AND c.row_index = e.row_index)";
        return await database.ReadAsync(
            session => session.QueryAsync(
                $"""
                SELECT e.content FROM run_errors e
                WHERE e.run_id = @run AND (e.page, e.row_index) > (@page, @row) {filter}
                ORDER BY e.page, e.row_index LIMIT @limit
                """,
                reader => StoredJson.Read<RunErrorRow>(reader.GetString(0)),
                ("run", runId),
                ("page", page),
                ("row", row),
                ("limit", limit),
                ("code", code ?? string.Empty)),
            cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<ErrorCount>> GetErrorSummaryAsync(Guid runId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            "SELECT code, severity, row_count FROM run_error_counts WHERE run_id = @run ORDER BY row_count DESC, code, severity",
            reader => new ErrorCount(reader.GetString(0), reader.Name<ProblemSeverity>(1), reader.GetInt64(2)),
            ("run", runId)),
        cancellationToken).ConfigureAwait(false);

    /// <returns>Error rows kept; the others are counted only.</returns>
    private async Task<int> KeepErrorsAsync(Session session, Guid runId, IReadOnlyList<RunErrorRow> errors)
    {
        if (errors.Count == 0) return 0;
        var room = await session.QueryAsync("SELECT kept_error_rows FROM runs WHERE id = @run", reader => reader.GetInt64(0), ("run", runId)).ConfigureAwait(false);
        var kept = errors.OrderBy(error => error.Row).Take((int)Math.Max(0, errorRowsPerRun - room[0])).ToList();
        if (kept.Count > 0)
        {
            await session.ExecuteAsync(
                $"""
                INSERT INTO run_errors (run_id, page, row_index, content)
                SELECT @run, CAST(e.value ->> 'page' AS integer), CAST(e.value ->> 'row' AS integer), e.value ->> 'content'
                FROM {database.Elements("@rows")} WHERE true
                """,
                ("run", runId),
                ("rows", StoredJson.Write(kept.Select(error => new { error.Page, error.Row, Content = StoredJson.Write(error) })))).ConfigureAwait(false);
            var codes = kept.SelectMany(error => error.Problems.Select(problem => (problem.Problem.Code, error.Page, error.Row)).Distinct());
            await session.ExecuteAsync(
                $"""
                INSERT INTO run_error_codes (run_id, code, page, row_index)
                SELECT @run, e.value ->> 'code', CAST(e.value ->> 'page' AS integer), CAST(e.value ->> 'row' AS integer)
                FROM {database.Elements("@codes")} WHERE true
                """,
                ("run", runId),
                ("codes", StoredJson.Write(codes.Select(code => new { code.Code, code.Page, code.Row })))).ConfigureAwait(false);
        }

        var counts = errors
            .SelectMany(error => error.Problems.Select(problem => (problem.Problem.Code, problem.Problem.Severity)).Distinct())
            .GroupBy(problem => problem)
            .Select(group => new { group.Key.Code, Severity = group.Key.Severity.ToString(), Rows = group.Count() });
        await session.ExecuteAsync(
            $"""
            INSERT INTO run_error_counts (run_id, code, severity, row_count)
            SELECT @run, e.value ->> 'code', e.value ->> 'severity', CAST(e.value ->> 'rows' AS integer)
            FROM {database.Elements("@counts")} WHERE true
            ON CONFLICT (run_id, code, severity) DO UPDATE SET row_count = run_error_counts.row_count + excluded.row_count
            """,
            ("run", runId),
            ("counts", StoredJson.Write(counts))).ConfigureAwait(false);
        return kept.Count;
    }

    private static Task<int> AddCountsAsync(Session session, Guid runId, PageAcknowledgement page, int kept) => session.ExecuteAsync(
        """
        UPDATE runs SET
            read_rows = read_rows + (SELECT row_count FROM run_pages WHERE run_id = @run AND page = @page),
            created = created + @created, updated = updated + @updated, unchanged = unchanged + @unchanged, stale = stale + @stale,
            duplicate = duplicate + @duplicate, failed = failed + @failed, suppressed = suppressed + @suppressed,
            unbatched_created = unbatched_created + @ucreated, unbatched_updated = unbatched_updated + @uupdated,
            unbatched_unchanged = unbatched_unchanged + @uunchanged, unbatched_stale = unbatched_stale + @ustale,
            unbatched_duplicate = unbatched_duplicate + @uduplicate, unbatched_failed = unbatched_failed + @ufailed,
            unbatched_suppressed = unbatched_suppressed + @usuppressed,
            fields_changed = fields_changed + @changed, fields_stale = fields_stale + @fieldsStale, no_match = no_match + @noMatch,
            problem_rows = problem_rows + @problems, kept_error_rows = kept_error_rows + @kept
        WHERE id = @run
        """,
        ("run", runId),
        ("page", page.Page),
        ("created", page.Counts.Created),
        ("updated", page.Counts.Updated),
        ("unchanged", page.Counts.Unchanged),
        ("stale", page.Counts.Stale),
        ("duplicate", page.Counts.Duplicate),
        ("failed", page.Counts.Failed),
        ("suppressed", page.Counts.Suppressed),
        ("ucreated", page.UnbatchedCounts.Created),
        ("uupdated", page.UnbatchedCounts.Updated),
        ("uunchanged", page.UnbatchedCounts.Unchanged),
        ("ustale", page.UnbatchedCounts.Stale),
        ("uduplicate", page.UnbatchedCounts.Duplicate),
        ("ufailed", page.UnbatchedCounts.Failed),
        ("usuppressed", page.UnbatchedCounts.Suppressed),
        ("changed", page.FieldsChanged),
        ("fieldsStale", page.FieldsStale),
        ("noMatch", page.NoMatch),
        ("problems", page.Errors.Count),
        ("kept", kept));
}
