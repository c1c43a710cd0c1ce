using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>Decodes the rows of a stored body as they are asked for.</summary>
internal sealed class SnowflakeRows(IReadOnlyList<SnowflakeColumn> columns, int maxCellBytes, string what)
{
    private readonly SnowflakeCells[] _cells = [.. columns.Select(column => new SnowflakeCells(column.Form))];

    /// <summary>All rows, or the first few; for small results.</summary>
    public async Task<List<string?[]>> ReadAsync(StoredBody body, int? limit, CancellationToken cancellationToken)
    {
        var sink = new ListSink(columns.Count, limit);
        await foreach (var _ in ReadAsync(body, 0, sink, cancellationToken))
        {
            if (sink.IsFull) break;
        }

        return sink.Rows;
    }

    /// <summary>Pages of the rows after <paramref name="skip"/>.</summary>
    /// <param name="cursor">Index of the column that is the cursor.</param>
    /// <param name="first">Index of the first column of a page; the rest follow it.</param>
    public async IAsyncEnumerable<RowPage> ReadPagesAsync(
        StoredBody body, int skip, int cursor, int first, PageBuilder page, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var _ in ReadAsync(body, skip, new PageSink(page, cursor, first, what), cancellationToken)) yield return page.Take();
        if (!page.IsEmpty) yield return page.Take();
    }

    private async IAsyncEnumerable<bool> ReadAsync(StoredBody body, int skip, RowSink sink, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = body.OpenRead();
        using var pump = new JsonPump(stream, maxCellBytes, what);
        var position = new Position { Skip = skip };
        while (!pump.IsAtEnd)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await pump.FillAsync(cancellationToken);
            while (Decode(pump, sink, ref position)) yield return true;
        }
    }

    /// <returns>True if the sink is full; false if more bytes are needed.</returns>
    private bool Decode(JsonPump pump, RowSink sink, ref Position position)
    {
        var reader = pump.Reader();
        while (reader.Read())
        {
            if (!position.IsData)
            {
                position.IsData = reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("data"u8);
                continue;
            }

            switch (reader.CurrentDepth)
            {
                case 3:
                    if (position.Skip == 0 && position.Column < _cells.Length) Cell(ref reader, sink, position.Column);
                    position.Column++;
                    break;
                case 2 when reader.TokenType == JsonTokenType.StartArray:
                    position.Column = 0;
                    if (position.Skip == 0) sink.Start();
                    break;
                case 2:
                    if (position.Column != _cells.Length)
                    {
                        throw new WarehouseException(
                            WarehouseErrors.AnswerDamaged,
                            FormattableString.Invariant($"{what} failed: a row has {position.Column} cells instead of {_cells.Length}."),
                            isTransient: true);
                    }

                    if (position.Skip > 0)
                    {
                        position.Skip--;
                        break;
                    }

                    sink.End();
                    if (!sink.IsFull) break;
                    pump.Return(ref reader, isDrained: false);
                    return true;
                case 1 when reader.TokenType is JsonTokenType.EndArray or JsonTokenType.Null:
                    position.IsData = false;
                    break;
            }
        }

        pump.Return(ref reader, isDrained: true);
        return false;
    }

    private void Cell(ref Utf8JsonReader reader, RowSink sink, int column)
    {
        if (reader.TokenType == JsonTokenType.Null) return;
        if (!sink.Wants(column)) return;
        if (!reader.ValueIsEscaped)
        {
            sink.Set(column, _cells[column].Convert(reader.ValueSpan));
            return;
        }

        var unescaped = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(unescaped);
            sink.Set(column, _cells[column].Convert(unescaped.AsSpan(0, length)));
        }
        catch (InvalidOperationException failure)
        {
            throw new WarehouseException(WarehouseErrors.AnswerDamaged, $"{what} failed: a cell of \"{columns[column].Name}\" is no valid text.", inner: failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unescaped);
        }
    }

    private struct Position
    {
        public bool IsData;
        public int Column;
        public int Skip;
    }

    private abstract class RowSink
    {
        public abstract bool IsFull { get; }

        public abstract bool Wants(int column);

        public abstract void Start();

        public abstract void Set(int column, string value);

        public abstract void End();
    }

    private sealed class ListSink(int columns, int? limit) : RowSink
    {
        public List<string?[]> Rows { get; } = [];

        public override bool IsFull => Rows.Count == limit;

        public override bool Wants(int column) => true;

        public override void Start() => Rows.Add(new string?[columns]);

        public override void Set(int column, string value) => Rows[^1][column] = value;

        public override void End()
        {
        }
    }

    private sealed class PageSink(PageBuilder page, int cursor, int first, string what) : RowSink
    {
        private bool _hasCursor;

        public override bool IsFull => page.IsFull;

        public override bool Wants(int column) => column == cursor || column >= first;

        public override void Start() => _hasCursor = false;

        public override void Set(int column, string value)
        {
            if (column != cursor)
            {
                page.Set(column - first, value);
                return;
            }

            page.StartRow(value);
            _hasCursor = true;
        }

        public override void End()
        {
            if (!_hasCursor) throw new WarehouseException(WarehouseErrors.QueryFailed, $"{what} failed: a row of the window has no cursor.");
            page.EndRow();
        }
    }
}
