using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Runs;

/// <summary>Binds definitions with <see cref="RowMapper"/> and <see cref="CursorCodec"/>.</summary>
internal sealed class RunMappings(IOptions<ConsentSettings> consent) : IRunMappings
{
    public IReadOnlyList<string> ColumnsOf(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) => RowMapper.ColumnsToRead(definition, columns);

    public IRunMapping Bind(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns)
    {
        if (Setup.SchemaCheck.Compare(definition, columns) is [var first, ..] problems)
        {
            throw new RunFailedException(first.Code, string.Join(" ", problems.Select(problem => problem.Message)), first.Fix);
        }

        var byName = columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        var kind = byName[definition.Cursor.Column].Kind;
        if (!CursorCodec.TryCreate(definition.Cursor, kind, out var codec, out var problem)) throw new RunFailedException(problem.Code, problem.Message, problem.Fix);

        DatasetColumn[] read = [.. RowMapper.ColumnsToRead(definition, columns).Select(name => byName[name])];
        return new Mapping(codec, codec.ToColumn(definition.Cursor), kind, read, RowMapper.Create(definition, read, ageGatedSms: consent.Value.AgeGatedSms));
    }

    private sealed class Mapping(CursorCodec codec, CursorColumn cursor, ColumnKind cursorKind, IReadOnlyList<DatasetColumn> columns, RowMapper mapper) : IRunMapping
    {
        public IReadOnlyList<DatasetColumn> Columns => columns;

        public CursorColumn Cursor => cursor;

        public IReadOnlyList<Problem> Notices => mapper.Notices;

        public ColumnKind CursorKind => cursorKind;

        public bool TryReadCursor(string text, out SourceInstant instant) => codec.TryParse(text, out instant);

        public string FormatLowerBound(SourceInstant instant) => codec.FormatLowerBound(instant);

        public string FormatUpperBound(SourceInstant instant) => codec.FormatUpperBound(instant);

        public MappedPage Map(RowPage page, SourceInstant ceiling) => mapper.Map(page, ceiling);
    }
}

/// <summary>Opens stored connections.</summary>
internal sealed class RunWarehouses(IWarehouseConnections connections) : IRunWarehouses
{
    public async Task<IWarehouse> OpenAsync(Guid connectionId, CancellationToken cancellationToken) =>
        await connections.OpenAsync(connectionId, cancellationToken)
            ?? throw new RunFailedException(RunErrors.ConnectionUnknown, $"The connection {connectionId} of the sync is gone.", "Choose another connection for the sync.");
}
