using System.Globalization;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Joins a file to the row mapper: the same mapper, with lines instead of cursors and the file's own faults as refused rows.</summary>
/// <param name="startedAt">The instant of every row of a file without <c>modified_at</c>, and the latest one allowed in a file with it.</param>
internal sealed class UploadMappings(UploadInput input, SourceInstant startedAt, bool ageGatedSms) : IRunMappings
{
    public IReadOnlyList<string> ColumnsOf(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) => [];

    public IRunMapping Bind(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns) => new Mapping(input, definition, startedAt, ageGatedSms);

    /// <summary>The file's columns, and the cursor as the instant it becomes before rows are mapped.</summary>
    internal static DatasetColumn[] MapperColumns(IReadOnlyList<string> columns, string? modifiedAt)
    {
        var mapped = UploadScan.ToColumns(modifiedAt is null ? columns.Append(UploadPlan.NoCursor) : columns);
        var cursor = Array.FindIndex(mapped, column => column.Name == (modifiedAt ?? UploadPlan.NoCursor));
        if (cursor >= 0) mapped[cursor] = mapped[cursor] with { Kind = ColumnKind.TimestampWithZone };
        return mapped;
    }

    private sealed class Mapping : IRunMapping
    {
        private readonly InstantParser _parser = new(InputKind.Text);
        private readonly UploadInput _input;
        private readonly RowMapper _mapper;
        private readonly SourceInstant _startedAt;
        private readonly string _start;
        private readonly int _modifiedAt;

        public Mapping(UploadInput input, SyncDefinition definition, SourceInstant startedAt, bool ageGatedSms)
        {
            _input = input;
            (_startedAt, _start) = (startedAt, startedAt.ToString());
            _modifiedAt = input.Plan.ModifiedAt is { } column ? input.Columns.ToList().IndexOf(column) : -1;
            _mapper = RowMapper.Create(
                definition,
                MapperColumns(input.Columns, input.Plan.ModifiedAt),
                strictKlaviyo: input.Plan.StrictKlaviyo,
                allRowsSubscribed: input.Plan.AllRowsSubscribed?.Registers,
                ageGatedSms: ageGatedSms);
            Columns = UploadScan.ToColumns(input.Columns);
            Cursor = new CursorColumn(definition.Cursor.Column);
        }

        public IReadOnlyList<DatasetColumn> Columns { get; }

        public CursorColumn Cursor { get; }

        public ColumnKind CursorKind => ColumnKind.Integer;

        public bool KeepsOrder => _modifiedAt < 0;

        public IReadOnlyList<Problem> Notices => [.. _input.Notices, .. _mapper.Notices, .. _input.Plan.AllRowsSubscribed is { } stated ? [stated.ToNotice()] : Array.Empty<Problem>()];

        public bool TryReadCursor(string text, out SourceInstant instant)
        {
            instant = _startedAt;
            return true;
        }

        public string FormatLowerBound(SourceInstant instant) => "";

        public string FormatUpperBound(SourceInstant instant) => "";

        public RunErrorRow Locate(RunErrorRow row)
        {
            if (row.Line is not null) return row;
            return row with { Line = CsvMark.Parse(row.ModifiedAt).Line, ModifiedAt = _modifiedAt < 0 ? _start : row.Cells[_modifiedAt] };
        }

        public MappedPage Map(RowPage page, SourceInstant ceiling)
        {
            var refused = new List<RunErrorRow>();
            var lines = new int[page.RowCount];
            var whole = new List<int>(page.RowCount);
            for (var row = 0; row < page.RowCount; row++)
            {
                var mark = CsvMark.Parse(page.Cursor[row]);
                lines[row] = mark.Line;
                if (FaultOf(mark) is { } fault) refused.Add(Refuse(page, row, mark.Line, [new RowProblem(fault, null, null, null)]));
                else whole.Add(row);
            }

            var cursors = Cursors(page, whole, out var undated);
            var mapped = _mapper.Map(ToMap(page, whole, cursors), _startedAt);
            var updates = new List<ProfileUpdate>(mapped.Updates.Count);
            var warnings = new Dictionary<int, IReadOnlyList<RowProblem>>();
            foreach (var (row, found) in mapped.Warnings) warnings.Add(whole[row], found);
            foreach (var update in mapped.Updates)
            {
                var row = whole[update.Row];
                if (undated is null || !undated.TryGetValue(row, out var problem)) updates.Add(update with { Row = row });
                else refused.Add(Refuse(page, row, lines[row], Ordered(warnings.Remove(row, out var found) ? found : [], problem), update.Identifiers[0].Identifier.Value));
            }

            foreach (var failed in mapped.Refused)
            {
                var row = whole[failed.Row];
                var problems = undated is not null && undated.TryGetValue(row, out var problem) ? Ordered(failed.Problems, problem) : failed.Problems;
                refused.Add(Refuse(page, row, lines[row], problems, failed.Identifier));
            }

            return new MappedPage(mapped.Targets, updates, refused, warnings, _startedAt) { FirstRowWinsLines = KeepsOrder ? lines : null };
        }

        private RowPage ToMap(RowPage page, List<int> rows, string[] cursors)
        {
            var isWhole = rows.Count == page.RowCount;
            var columns = page.Columns.Select(column => isWhole ? column : rows.ConvertAll(row => column[row]).ToArray());
            if (_modifiedAt < 0) columns = columns.Append(new string?[rows.Count]);
            return new RowPage(page.Number, cursors, [.. columns]);
        }

        private Problem? FaultOf(CsvMark mark)
        {
            var line = mark.Line.ToString(CultureInfo.InvariantCulture);
            return mark.Fault switch
            {
                CsvFault.None => null,
                CsvFault.WrongColumns => ProblemCatalogue.Fill(
                    ProblemCodes.CsvWrongColumns,
                    ("n", line),
                    ("a", mark.Cells.ToString(CultureInfo.InvariantCulture)),
                    ("b", _input.HeaderCells.ToString(CultureInfo.InvariantCulture))),
                CsvFault.TooLarge => ProblemCatalogue.Fill(ProblemCodes.RowTooLarge, ("max", "1024 KiB")),
                CsvFault.BadQuote => ProblemCatalogue.Fill(ProblemCodes.CsvBadQuote, ("n", line)),
                _ => throw new ArgumentOutOfRangeException(nameof(mark), mark.Fault, "Unknown fault."),
            };
        }

        /// <param name="undated">Rows whose <c>modified_at</c> cannot be used; they are mapped all the same, so that all their errors are told at once.</param>
        private string[] Cursors(RowPage page, List<int> rows, out Dictionary<int, RowProblem>? undated)
        {
            undated = null;
            var cursors = new string[rows.Count];
            Array.Fill(cursors, _start);
            if (_modifiedAt < 0) return cursors;

            for (var index = 0; index < rows.Count; index++)
            {
                var cell = page.Columns[_modifiedAt][rows[index]];
                if (CheckInstant(cell, out var instant) is not { } problem) cursors[index] = instant.ToString();
                else (undated ??= []).Add(rows[index], new RowProblem(problem, _input.Plan.ModifiedAt, null, cell is null ? null : ProblemCatalogue.Show(cell)));
            }

            return cursors;
        }

        // A warehouse's row without a date is not read and one of the future waits. A file is read once, so both are refused and can be mended.
        private Problem? CheckInstant(string? cell, out SourceInstant instant)
        {
            instant = default;
            if (string.IsNullOrWhiteSpace(cell)) return new Problem(ProblemCodes.CursorNull, ProblemSeverity.Error, $"The row has no {_input.Plan.ModifiedAt}.", "Fill the cell, or import the file without a modified_at column.");
            if (!_parser.TryParse(cell, out instant)) return InstantParser.Unparsable(cell, _input.Plan.ModifiedAt!);
            return instant <= _startedAt
                ? null
                : new Problem(ProblemCodes.CursorFuture, ProblemSeverity.Error, $"{instant} in {_input.Plan.ModifiedAt} lies in the future.", "A row of the future would win over every later change; correct the date.");
        }

        private RowProblem[] Ordered(IEnumerable<RowProblem> problems, RowProblem added)
        {
            var columns = _input.Columns.Select((name, index) => (name, index)).ToDictionary(column => column.name, column => column.index, StringComparer.Ordinal);
            return [.. problems.Append(added).OrderBy(problem => problem.Column is { } column && columns.TryGetValue(column, out var index) ? index : int.MaxValue)];
        }

        private RunErrorRow Refuse(RowPage page, int row, int line, IReadOnlyList<RowProblem> problems, string? identifier = null) =>
            new(page.Number, row, Outcome.Failed, identifier, _modifiedAt < 0 ? _start : page.Columns[_modifiedAt][row], problems, _mapper.Cells(page, row)) { Line = line };
    }
}
