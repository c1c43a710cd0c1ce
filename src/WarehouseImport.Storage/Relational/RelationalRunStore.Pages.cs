using System.Buffers.Binary;
using System.Data.Common;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Storage.Relational;

internal sealed partial class RelationalRunStore
{
    public Task<bool> RecordPageAsync(Guid runId, long fence, RecordedPage page, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await HeldAsync(session, runId, fence, database.ForShare).ConfigureAwait(false) is null) return false;

            // Recording again is what a caller does whose answer was lost; the rows under a page number never change.
            await session.ExecuteAsync(
                $"""
                INSERT INTO run_pages (run_id, page, row_count, acknowledged, last_cursor, digests, payload)
                VALUES (@run, @page, @rows, {database.False}, @cursor, @digests, @payload)
                ON CONFLICT (run_id, page) DO NOTHING
                """,
                ("run", runId),
                ("page", page.Number),
                ("rows", page.Rows),
                ("cursor", page.LastCursor),
                ("digests", Pack(page.LastCursorDigests)),
                ("payload", page.Payload)).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<RecordedPage>> GetUnacknowledgedPagesAsync(Guid runId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"SELECT page, row_count, payload, last_cursor, digests FROM run_pages WHERE run_id = @run AND acknowledged = {database.False} ORDER BY page",
            reader => new RecordedPage(reader.GetInt32(0), reader.GetInt32(1), reader.Bytes(2), reader.GetString(3), Unpack(reader.Bytes(4))),
            ("run", runId)),
        cancellationToken).ConfigureAwait(false);

    public Task<RunPosition?> GetPositionAsync(Guid runId, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            if (await LastPageAsync(session, runId).ConfigureAwait(false) is not { } last) return null;
            var digests = await DigestsAsync(session, "digests", runId, last.Cursor).ConfigureAwait(false);
            return new RunPosition(last.Page, last.Cursor, digests);
        },
        cancellationToken);

    public async Task<IReadOnlyList<RowDigest>> GetBoundaryAsync(Guid boundaryRunId, string cursor, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
            {
                var digests = await DigestsAsync(session, "kept_digests", boundaryRunId, cursor).ConfigureAwait(false);
                digests.Sort();
                return digests;
            },
            cancellationToken).ConfigureAwait(false);

    private static async Task<(int Page, string Cursor)?> LastPageAsync(Session session, Guid runId)
    {
        var pages = await session.QueryAsync(
            "SELECT page, last_cursor FROM run_pages WHERE run_id = @run ORDER BY page DESC LIMIT 1",
            reader => (reader.GetInt32(0), reader.GetString(1)),
            ("run", runId)).ConfigureAwait(false);
        return pages.Count == 0 ? null : pages[0];
    }

    private static async Task<List<RowDigest>> DigestsAsync(Session session, string column, Guid runId, string cursor)
    {
        var packed = await session.QueryAsync(
            $"SELECT {column} FROM run_pages WHERE run_id = @run AND last_cursor = @cursor AND {column} IS NOT NULL ORDER BY page",
            (DbDataReader reader) => reader.Bytes(0),
            ("run", runId),
            ("cursor", cursor)).ConfigureAwait(false);
        return [.. packed.SelectMany(Unpack)];
    }

    private static byte[] Pack(IReadOnlyList<RowDigest> digests)
    {
        var bytes = new byte[digests.Count * RowDigest.Size];
        for (var index = 0; index < digests.Count; index++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(index * RowDigest.Size), digests[index].High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(index * RowDigest.Size + 8), digests[index].Low);
        }

        return bytes;
    }

    private static RowDigest[] Unpack(byte[] bytes)
    {
        var digests = new RowDigest[bytes.Length / RowDigest.Size];
        for (var index = 0; index < digests.Length; index++)
        {
            digests[index] = new RowDigest(
                BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(index * RowDigest.Size)),
                BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(index * RowDigest.Size + 8)));
        }

        return digests;
    }
}
