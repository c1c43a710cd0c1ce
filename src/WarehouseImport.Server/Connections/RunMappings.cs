using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Connections;

/// <summary>Joins the row mapper and the cursor codec to the run engine.</summary>
internal sealed class RunMappings : IRunMappings
{
    public IReadOnlyList<string> ColumnsOf(SyncDefinition definition) => RowMapper.ColumnsToRead(definition, []);

    public IRunMapping Bind(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns)
    {
        var byName = columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        try
        {
            DatasetColumn[] read = [.. ColumnsOf(definition).Select(name => byName[name])];
            return new Mapping(RowMapper.Create(definition, read), CursorCodec.Create(definition.Cursor, byName[definition.Cursor.Column].Kind), definition.Cursor, read, byName[definition.Cursor.Column].Kind);
        }
        catch (Exception exception) when (exception is ArgumentException or KeyNotFoundException)
        {
            throw new RunFailedException(
                RunErrors.ColumnTypeChanged, $"The columns of {definition.Dataset} no longer fit the mapping of sync '{definition.Name}'.", "Check the sync's mapping and save it again.", exception);
        }
    }

    private sealed class Mapping(RowMapper mapper, CursorCodec codec, CursorDefinition cursor, IReadOnlyList<DatasetColumn> columns, ColumnKind cursorKind) : IRunMapping
    {
        public IReadOnlyList<DatasetColumn> Columns => columns;

        public CursorColumn Cursor { get; } = codec.ToColumn(cursor);

        public ColumnKind CursorKind => cursorKind;

        public bool TryReadCursor(string text, out SourceInstant instant) => codec.TryParse(text, out instant);

        public string FormatLowerBound(SourceInstant instant) => codec.FormatLowerBound(instant);

        public string FormatUpperBound(SourceInstant instant) => codec.FormatUpperBound(instant);

        public IReadOnlyList<Problem> Notices => mapper.Notices;

        public MappedPage Map(RowPage page) => mapper.Map(page);
    }
}
