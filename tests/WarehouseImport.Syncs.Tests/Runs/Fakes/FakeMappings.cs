using System.Collections.Immutable;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

/// <summary>Maps <c>id</c> and <c>name</c>: a row without id is refused, a name that begins with "odd" is imported with a warning.</summary>
sealed class FakeMappings : IRunMappings
{
    /// <summary>Rows that were validated, over all runs.</summary>
    public int MappedRows;

    public IReadOnlyList<string> ColumnsOf(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) => ["id", "name"];

    public IRunMapping Bind(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) =>
        new Mapping(this, definition, [.. columns.Where(column => column.Name is "id" or "name")]);

    private sealed class Mapping(FakeMappings owner, SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) : IRunMapping
    {
        private static readonly ImmutableArray<FieldTarget> Targets = [new("first_name", WriteMode.Replace, FieldStrength.Ordinary)];

        public IReadOnlyList<DatasetColumn> Columns => columns;

        public CursorColumn Cursor => new(definition.Cursor.Column);

        public IReadOnlyList<Problem> Notices => [];

        public ColumnKind CursorKind => ColumnKind.TimestampWithZone;

        public bool TryReadCursor(string text, out SourceInstant instant) => SourceInstant.TryParse(text, out instant);

        public string FormatLowerBound(SourceInstant instant) => instant.ToString();

        public string FormatUpperBound(SourceInstant instant) => instant.ToString();

        public MappedPage Map(RowPage page, SourceInstant ceiling)
        {
            Interlocked.Add(ref owner.MappedRows, page.RowCount);
            var updates = new List<ProfileUpdate>();
            var refused = new List<RunErrorRow>();
            var warnings = new Dictionary<int, IReadOnlyList<RowProblem>>();
            SourceInstant? largest = null;
            for (var row = 0; row < page.RowCount; row++)
            {
                var instant = SourceInstant.Parse(page.Cursor[row]);
                if (largest is not { } greatest || instant > greatest) largest = instant;
                var (id, name) = (page.Columns[0][row], page.Columns[1][row]);
                if (id is null)
                {
                    var missing = new RowProblem(new Problem("identifier_missing", ProblemSeverity.Error, "This row has no value in any mapped identifier column."), "id", "external_id", null);
                    refused.Add(new RunErrorRow(page.Number, row, Outcome.Failed, null, page.Cursor[row], [missing], [id, name]));
                    continue;
                }

                if (name?.StartsWith("odd", StringComparison.Ordinal) == true)
                {
                    warnings[row] = [new RowProblem(new Problem("timezone_unknown", ProblemSeverity.Warning, "Odd."), "name", "first_name", name)];
                }

                updates.Add(new ProfileUpdate(
                    row,
                    instant,
                    [new IdentifierClaim(new Identifier(IdentifierKind.ExternalId, id))],
                    name is null ? [] : [new FieldWrite(0, JsonSerializer.Serialize(name))]));
            }

            return new MappedPage(Targets, updates, refused, warnings, largest);
        }
    }
}
