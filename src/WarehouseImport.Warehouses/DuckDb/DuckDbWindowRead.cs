using System.Runtime.CompilerServices;
using DuckDB.NET.Data;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.DuckDb;

/// <summary>A window streamed from one statement inside one read-only transaction; only the engine's sort and one page are held.</summary>
internal sealed class DuckDbWindowRead : IWindowRead
{
    private readonly DuckDbSession _session;
    private readonly DuckDBCommand _command;
    private readonly WindowQuery _query;
    private readonly string _path;
    private readonly (long Length, DateTime Written)? _stamp;
    private readonly Func<string, string>? _cursorText;
    private readonly Func<string, string>?[] _cellText;
    private readonly PageBuilder _page;
    private readonly Lock _gate = new();
    private DuckDBDataReader? _reader;
    private bool _started;
    private bool _disposing;
    private bool _disposed;

    public DuckDbWindowRead(
        DuckDbSession session,
        string path,
        WindowQuery query,
        string relation,
        CursorPlan cursor,
        IReadOnlyList<DatasetColumn> columns,
        CursorStatistics statistics,
        (long Length, DateTime Written)? stamp)
    {
        _session = session;
        _path = path;
        _query = query;
        _stamp = stamp;
        Columns = columns;
        Statistics = statistics;
        _cursorText = ExactText.For(cursor.Kind);
        _cellText = [.. columns.Select(column => ExactText.For(column.Kind))];
        _page = new PageBuilder(columns.Count, query.PageRows);
        _command = session.Command(DuckDbSql.Window(relation, cursor, columns, query.From, query.To));
        _command.UseStreamingMode = true;
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

        while (await Task.Run(() => ReadPage(cancellationToken), cancellationToken) is { } page) yield return page;
    }

    /// <summary>Waits for a page being read elsewhere to notice the interrupt, then frees the connection and with it the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposing, true)) return;
        _command.Cancel();
        await Task.Run(() =>
        {
            lock (_gate)
            {
                _disposed = true;
                _reader?.Dispose();
                _command.Dispose();
                _session.Dispose();
            }
        });
    }

    private RowPage? ReadPage(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                using var cancelling = cancellationToken.Register(_command.Cancel);
                _reader ??= _command.ExecuteReader();
                while (!_page.IsFull && _reader.Read()) AddRow(_reader);
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (DuckDBException failure)
            {
                throw DuckDbErrors.Map(failure, _path, $"Reading {_query.Dataset}", cancellationToken);
            }

            if (_stamp != _session.FileStamp(_query.Dataset))
            {
                throw new WarehouseException(
                    WarehouseErrors.QueryFailed,
                    $"The file of {_query.Dataset} was changed while it was being read.",
                    "Replace files by renaming a finished one over the old one.",
                    isTransient: true);
            }

            return _page.IsEmpty ? null : _page.Take();
        }
    }

    private void AddRow(DuckDBDataReader reader)
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
