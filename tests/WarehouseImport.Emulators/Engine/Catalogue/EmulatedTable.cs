using System.Globalization;
using System.Text;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Engine.Catalogue;

/// <summary>
/// A table or view with its declared types. Values may be given as the CLR's own (numbers, strings, <see cref="DateTimeOffset"/>, <see cref="DateOnly"/>,
/// <c>byte[]</c>, a <see cref="System.Text.Json.Nodes.JsonNode"/> for nested values) or as exact text, which is the only way to write nanoseconds.
/// </summary>
public sealed class EmulatedTable
{
    private const int InsertBatch = 500;
    private readonly List<ColumnDefinition> _columns = [];

    internal EmulatedTable(EmulatedSchema schema, string name, TableBuilder builder, string? viewSql = null)
    {
        Schema = schema;
        Name = name;
        Kind = builder.RelationKind;
        PrimaryKey = builder.Key;
        Clustering = builder.Clustering;
        Comment = builder.Description;
        PartitionColumn = builder.PartitionColumn;
        IsPartitionFilterRequired = builder.IsPartitionFilterRequired;
        VisibleTo = builder.Roles?.ToHashSet(StringComparer.Ordinal);
        ViewSql = viewSql;
        CreatedOn = schema.Database.Catalogue.Clock.GetUtcNow();
        ModifiedOn = CreatedOn;
        StorageName = Catalogue.NextName('t');
        foreach (var column in builder.Columns) _columns.Add(column with { StorageName = Catalogue.NextName('c') });
        if (viewSql is not null) return;
        var columns = string.Concat(_columns.Select(c => $"{c.StorageName} {c.Type.Storage}, "));
        Store.Run($"CREATE TABLE {StorageName} ({columns}f_from HUGEINT, f_to HUGEINT)");
    }

    public string Name { get; internal set; }

    public RelationKind Kind { get; }

    public IReadOnlyList<ColumnDefinition> Columns => _columns;

    public string? Comment { get; set; }

    /// <value>Roles that see it; null for everyone.</value>
    public IReadOnlySet<string>? VisibleTo { get; set; }

    /// <value>BigQuery: rows still in the streaming buffer, as <c>tables.get</c> says.</value>
    public long StreamingRows { get; set; }

    /// <value>Rows visible now; 0 for a view.</value>
    public long RowCount => ViewSql is null ? Store.Count($"SELECT count(*) FROM {StorageName} WHERE f_to IS NULL") : 0;

    internal IReadOnlyList<string> PrimaryKey { get; }

    internal IReadOnlyList<string> Clustering { get; }

    internal string? PartitionColumn { get; }

    internal bool IsPartitionFilterRequired { get; }

    internal string? ViewSql { get; }

    internal EmulatedSchema Schema { get; }

    internal DateTimeOffset CreatedOn { get; }

    internal DateTimeOffset ModifiedOn { get; private set; }

    internal string StorageName { get; }

    private EmulatedCatalogue Catalogue => Schema.Database.Catalogue;

    private DuckStore Store => Catalogue.Store;

    /// <summary>Inserts one row, committed now; one value for each column in order.</summary>
    public EmulatedTable Insert(params object?[] row) => InsertMany([row]);

    /// <summary>Inserts rows in one commit.</summary>
    public EmulatedTable InsertMany(IEnumerable<object?[]> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Commit([.. rows.Select(RowLiteral)]);
        return this;
    }

    /// <summary>Rows of a transaction that has not committed: nobody sees them until <see cref="StagedRows.Commit"/>, whatever their own time says.</summary>
    public StagedRows Stage(params object?[][] rows) => new(this, [.. rows.Select(RowLiteral)]);

    /// <summary>Deletes the rows where a column has this value (null finds NULL).</summary>
    public EmulatedTable Delete(string column, object? value)
    {
        End($"{Match(column, value)}");
        return this;
    }

    public EmulatedTable DeleteAll()
    {
        End("true");
        return this;
    }

    /// <summary>Changes columns of the rows where <paramref name="keyColumn"/> has the value, in one commit.</summary>
    public EmulatedTable Update(string keyColumn, object? keyValue, params (string Column, object? Value)[] changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var now = Now();
        var cells = _columns.Select(c => Array.Find(changes, x => x.Column == c.Name) is { Column: not null } change ? Literal(c, change.Value) : c.StorageName);
        Store.Run(
            $"""
             CREATE TEMP TABLE moved AS SELECT {string.Join(", ", cells.Select((c, i) => $"{c} AS x{i}"))} FROM {StorageName} WHERE f_to IS NULL AND {Match(keyColumn, keyValue)};
             UPDATE {StorageName} SET f_to = {now} WHERE f_to IS NULL AND {Match(keyColumn, keyValue)};
             INSERT INTO {StorageName} SELECT *, {now}, NULL FROM moved;
             DROP TABLE moved
             """);
        return this;
    }

    public EmulatedTable AddColumn(string name, SqlType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var column = new ColumnDefinition(name, type) { StorageName = Catalogue.NextName('c') };
        // Commit times stay the last two columns, so the table is rebuilt around the new one.
        Rebuild([.. _columns, column], c => c == column ? $"CAST(NULL AS {type.Storage})" : c.StorageName);
        return this;
    }

    public EmulatedTable DropColumn(string name)
    {
        var column = Column(name);
        Rebuild([.. _columns.Where(c => c != column)], static c => c.StorageName);
        return this;
    }

    public EmulatedTable RenameColumn(string name, string newName)
    {
        _columns[_columns.IndexOf(Column(name))] = Column(name) with { Name = newName };
        return this;
    }

    /// <summary>Gives a column another type; values that cannot be converted become NULL.</summary>
    public EmulatedTable RetypeColumn(string name, SqlType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var old = Column(name);
        var column = old with { Type = type, StorageName = Catalogue.NextName('c') };
        var converted = Conversion.Cast(new Typed(old.StorageName, old.Type), type, isSafe: true, "UTC", isBigQuery: false).Sql;
        Rebuild([.. _columns.Select(c => c == old ? column : c)], c => c == column ? converted : c.StorageName);
        return this;
    }

    internal void Commit(IReadOnlyList<string> rows)
    {
        var now = Now();
        for (var start = 0; start < rows.Count; start += InsertBatch)
        {
            var sql = new StringBuilder($"INSERT INTO {StorageName} VALUES ");
            sql.AppendJoin(", ", rows.Skip(start).Take(InsertBatch).Select(r => $"({r}{(r.Length > 0 ? ", " : "")}{now}, NULL)"));
            Store.Run(sql.ToString());
        }
    }

    /// <summary>Replaces every row by those of a query over DuckDB, in one commit.</summary>
    internal void ReplaceFrom(string select)
    {
        var now = Now();
        Store.Run($"UPDATE {StorageName} SET f_to = {now} WHERE f_to IS NULL; INSERT INTO {StorageName} SELECT *, {now}, NULL FROM ({select})");
    }

    /// <summary>The rows visible at a commit time; null for now.</summary>
    internal string VisibleRows(string? asOf) =>
        asOf is null
            ? $"(SELECT * FROM {StorageName} WHERE f_to IS NULL)"
            : $"(SELECT * FROM {StorageName} WHERE f_from <= {asOf} AND (f_to IS NULL OR f_to > {asOf}))";

    private ColumnDefinition Column(string name) =>
        _columns.Find(c => c.Name == name) ?? throw new KeyNotFoundException($"'{Name}' has no column '{name}'; it has {string.Join(", ", _columns.Select(c => c.Name))}.");

    private string Match(string column, object? value) => $"{Column(column).StorageName} IS NOT DISTINCT FROM {Literal(Column(column), value)}";

    private void End(string condition) => Store.Run($"UPDATE {StorageName} SET f_to = {Now()} WHERE f_to IS NULL AND {condition}");

    private void Rebuild(List<ColumnDefinition> columns, Func<ColumnDefinition, string> value)
    {
        var cells = string.Concat(columns.Select(c => $"{value(c)} AS {c.StorageName}, "));
        Store.Run($"CREATE OR REPLACE TABLE {StorageName} AS SELECT {cells}f_from, f_to FROM {StorageName}");
        _columns.Clear();
        _columns.AddRange(columns);
        ModifiedOn = Catalogue.Clock.GetUtcNow();
    }

    private string RowLiteral(object?[] row) =>
        row.Length == _columns.Count
            ? string.Join(", ", _columns.Select((c, i) => Literal(c, row[i])))
            : throw new ArgumentException($"A row of '{Name}' has {row.Length} values; the table has {_columns.Count} columns.", nameof(row));

    private string Literal(ColumnDefinition column, object? value)
    {
        try
        {
            return SeedValue.Literal(value, column.Type);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or InvalidCastException)
        {
            throw new ArgumentException($"'{value}' cannot be stored in column '{column.Name}' of type {column.Type.Kind}: {exception.Message}", exception);
        }
    }

    private string Now()
    {
        ModifiedOn = Catalogue.Clock.GetUtcNow();
        return Catalogue.Now().ToString(CultureInfo.InvariantCulture);
    }
}
