using System.Runtime.CompilerServices;
using Npgsql;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Postgres;

/// <summary>A window read through a server-side cursor inside the session's transaction (R4 level b).</summary>
internal sealed class PostgresWindowRead : IWindowRead
{
    private readonly PostgresSession _session;
    private readonly WindowQuery _query;
    private readonly Func<string, string>? _cursorText;
    private readonly Func<string, string>?[] _cellText;
    private readonly PageBuilder _page;
    private bool _started;

    public PostgresWindowRead(PostgresSession session, WindowQuery query, CursorPlan cursor, IReadOnlyList<DatasetColumn> columns, CursorStatistics statistics)
    {
        _session = session;
        _query = query;
        Columns = columns;
        Statistics = statistics;
        _cursorText = ExactText.For(cursor.Kind);
        _cellText = [.. columns.Select(column => ExactText.For(column.Kind))];
        _page = new PageBuilder(columns.Count, query.PageRows);
    }

    public PagingLevel Level => PagingLevel.Snapshot;

    public bool IsStoredResult => false;

    public CursorStatistics Statistics { get; }

    public IReadOnlyList<DatasetColumn> Columns { get; }

    public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(firstPage, 0);
        if (_started) throw new InvalidOperationException("The pages of a snapshot can be read once; open the window again.");
        _started = true;

        var isLast = false;
        while (!isLast)
        {
            // One fetch may give several pages when its cells are large; rows are taken off the wire only as pages are asked for.
            await using var command = _session.Command(PostgresSql.Fetch(_query.PageRows));
            await using var reader = await MapAsync(() => command.ExecuteReaderAsync(cancellationToken), cancellationToken);
            var fetched = 0;
            while (await MapAsync(() => reader.ReadAsync(cancellationToken), cancellationToken))
            {
                fetched++;
                AddRow(reader);
                if (_page.IsFull) yield return _page.Take();
            }

            isLast = fetched < _query.PageRows;
        }

        if (!_page.IsEmpty) yield return _page.Take();
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task<T> MapAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step();
        }
        catch (Exception failure) when (PostgresSession.IsDriverFailure(failure))
        {
            throw _session.Map(failure, $"Reading {_query.Dataset}", _query.Dataset, cancellationToken);
        }
    }

    private void AddRow(NpgsqlDataReader reader)
    {
        var cursor = reader.GetString(0);
        _page.StartRow(_cursorText is null ? cursor : _cursorText(cursor));
        for (var column = 0; column < _cellText.Length; column++)
        {
            if (reader.IsDBNull(column + 1)) continue;
            var text = reader.GetString(column + 1);
            _page.Set(column, _cellText[column] is { } convert ? convert(text) : text);
        }

        _page.EndRow();
    }
}
