using System.Collections.Immutable;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Scheduling;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>
/// Turns pages of cells into profile updates and refused rows (profile-import-rules 3.1, 4.2, 4.3, 7–10, 13, 15). Converters are chosen once per column;
/// the same row gives the same result every time (G15). Immutable: pages may be mapped at the same time on several threads.
/// </summary>
/// <remarks>
/// A required field without a value fails the row under every policy: it is missing, not invalid. A position with one coordinate only is a warning of the row
/// where both are mapped, and a notice of the run where one is.
/// </remarks>
public sealed class RowMapper
{
    private readonly Step[] _steps;
    private readonly ConsentCells? _consent;
    private readonly RowRules _rules;
    private readonly MapperLimits _limits;
    private readonly int _columnCount;

    private RowMapper(Step[] steps, ConsentCells? consent, RowRules rules, MapperLimits limits, int columnCount, ImmutableArray<FieldTarget> targets, IReadOnlyList<Problem> notices)
    {
        (_steps, _consent, _rules, _limits, _columnCount) = (steps, consent, rules, limits, columnCount);
        (Targets, Notices) = (targets, notices);
    }

    /// <summary>The fields that the updates' writes index; the same for every page.</summary>
    public ImmutableArray<FieldTarget> Targets { get; }

    /// <summary>Things to say once per run: <c>zip_numeric</c>, half a position mapped.</summary>
    public IReadOnlyList<Problem> Notices { get; }

    /// <summary>
    /// The columns a run reads: every column that is mapped, the phone's country column and the cursor's, each once, in the dataset's order. They are the original
    /// columns of the error file. A column the dataset does not have comes last, so that the warehouse refuses the window (<c>column_missing</c>).
    /// </summary>
    public static IReadOnlyList<string> ColumnsToRead(SyncDefinition definition, IReadOnlyList<DatasetColumn> dataset)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal) { definition.Identifier.Column };
        foreach (var field in definition.Fields) needed.Add(field.Column);
        if (definition.Phone.CountryColumn is { } country) needed.Add(country);
        needed.Add(definition.Cursor.Column);
        if (definition.Cursor.SecondColumn is { } second) needed.Add(second);

        var columns = new List<string>(needed.Count);
        foreach (var column in dataset)
            if (needed.Remove(column.Name)) columns.Add(column.Name);
        columns.AddRange(needed.Order(StringComparer.Ordinal));
        return columns;
    }

    /// <param name="definition">A definition that the mapping validator accepted.</param>
    /// <param name="columns">The columns of the pages, in their order (<see cref="IWindowRead.Columns"/>).</param>
    /// <param name="email">What the workspace decides about email addresses.</param>
    /// <exception cref="ArgumentException">A column is missing or cannot fill its target, which the validator and the schema check report before.</exception>
    /// <param name="strictKlaviyo">Read values as narrowly as Klaviyo's pages do where the rules name a difference (7.4).</param>
    /// <param name="allRowsSubscribed">What an upload states about the consent of all its rows (9.2); a warehouse sync may not.</param>
    /// <param name="ageGatedSms">Whether SMS consent needs a valid date of birth on the row (C14).</param>
    public static RowMapper Create(
        SyncDefinition definition,
        IReadOnlyList<DatasetColumn> columns,
        EmailOptions? email = null,
        MapperLimits? limits = null,
        bool strictKlaviyo = false,
        IReadOnlyList<ConsentRegisterKind>? allRowsSubscribed = null,
        bool ageGatedSms = false)
    {
        var consent = new ConsentOptions { StrictKlaviyo = strictKlaviyo, AgeGatedSms = ageGatedSms, AllRowsSubscribed = [.. allRowsSubscribed ?? []] };
        return new Builder(definition, columns, email, limits ?? MapperLimits.Default, consent).Build();
    }

    /// <summary>Maps a page. Every row becomes an update or a refused row.</summary>
    /// <param name="ceiling">The run's ceiling: consent of a later instant fails its row (C2). Needed only where consent is mapped.</param>
    /// <exception cref="ArgumentException">The page has another number of columns than the mapper was made for, or consent is mapped and the ceiling is missing.</exception>
    public MappedPage Map(RowPage page, SourceInstant? ceiling = null)
    {
        if (_consent is not null && ceiling is null) throw new ArgumentException("Consent columns are mapped, so the run's ceiling is needed.", nameof(ceiling));
        if (page.Columns.Length != _columnCount)
            throw new ArgumentException($"Page {page.Number} has {page.Columns.Length} columns; the mapper was made for {_columnCount}.", nameof(page));

        var rows = page.RowCount;
        var builder = new MappedPageBuilder(page.Number, rows, _rules);
        for (var row = 0; row < rows; row++)
        {
            builder.Begin();
            CheckRowSize(page, row, builder);
            foreach (var step in _steps) step.Read(page, row, builder, _limits);
            _consent?.Read(page, row, builder, _limits, ceiling!.Value);
            if (!builder.TryFinish(row)) builder.Refuse(row, page.Cursor[row], Cells(page, row));
        }

        return builder.Build(Targets);
    }

    /// <summary>The cells of a row as read, for its error row; oversized ones are cut to <see cref="MapperLimits.KeptCharacters"/> characters.</summary>
    public string?[] Cells(RowPage page, int row)
    {
        var cells = new string?[page.Columns.Length];
        for (var column = 0; column < cells.Length; column++)
        {
            var cell = page.Columns[column][row];
            cells[column] = cell is not null && IsLarger(cell, _limits.CellBytes) ? string.Concat(cell.AsSpan(0, MapperLimits.KeptCharacters), "…") : cell;
        }

        return cells;
    }

    private static bool IsLarger(string text, int bytes) => text.Length > bytes / 3 && (text.Length > bytes || Encoding.UTF8.GetByteCount(text) > bytes);

    private static string InKibibytes(int bytes) => $"{bytes / 1024} KiB";

    private void CheckRowSize(RowPage page, int row, MappedPageBuilder builder)
    {
        long length = 0;
        foreach (var column in page.Columns) length += column[row]?.Length ?? 0;
        if (length <= _limits.RowBytes / 3) return;

        long bytes = 0;
        foreach (var column in page.Columns)
            if (column[row] is { } cell) bytes += Encoding.UTF8.GetByteCount(cell);
        if (bytes > _limits.RowBytes)
            builder.AddProblem(int.MaxValue, ProblemCatalogue.Fill(ProblemCodes.RowTooLarge, ("max", InKibibytes(_limits.RowBytes))), null, null, null);
    }

    /// <summary>One reading of one column; steps are ordered by column so that problems come out ordered.</summary>
    private abstract class Step(int position, string column)
    {
        public int Position => position;

        protected string Column => column;

        public abstract void Read(RowPage page, int row, MappedPageBuilder builder, MapperLimits limits);

        protected static Problem TooLarge(MapperLimits limits) => ProblemCatalogue.Fill(ProblemCodes.CellTooLarge, ("max", InKibibytes(limits.CellBytes)));
    }

    private sealed class CursorStep(int position, string column, CursorCodec codec) : Step(position, column)
    {
        public override void Read(RowPage page, int row, MappedPageBuilder builder, MapperLimits limits)
        {
            var text = page.Cursor[row];
            if (codec.TryParse(text, out var instant)) builder.SetInstant(instant);
            else builder.AddProblem(Position, ProblemCatalogue.Fill(ProblemCodes.CursorUnparsable, ("value", text), ("column", Column)), Column, null, text);
        }
    }

    private sealed class IdentifierStep(int position, string column, IdentifierKind kind, ColumnTransform? transform, bool isRequired, IIdentifierReader reader)
        : Step(position, column)
    {
        public override void Read(RowPage page, int row, MappedPageBuilder builder, MapperLimits limits)
        {
            var raw = page.Columns[Position][row];
            var cell = transform is null ? raw : transform.Apply(raw);
            if (cell is not null && IsLarger(cell, limits.CellBytes))
            {
                builder.AddIdentifier(kind, CanonicalResult.Invalid(TooLarge(limits)), cell[..MapperLimits.KeptCharacters], Column, Position);
                return;
            }

            var result = cell is null ? CanonicalResult.NoValue : reader.Read(cell, page, row);
            if (!result.IsNoValue) builder.AddIdentifier(kind, result, raw ?? cell!, Column, Position);
            else if (isRequired) builder.AddProblem(Position, ProblemCatalogue.Fill(ProblemCodes.RequiredMissing, ("target", kind.FieldName())), Column, kind.FieldName(), raw);
        }
    }

    private sealed class FieldStep(int position, FieldMapping mapping, int target, ColumnTransform? transform, IValueConverter converter) : Step(position, mapping.Column)
    {
        private const string EmptyList = "[]";

        private readonly bool _clears = mapping.OnNull == NullPolicy.Clear && mapping.List == WriteMode.Replace;
        private readonly bool _replaces = mapping.List == WriteMode.Replace;
        private readonly bool _isLatitude = mapping.Target == "location.latitude";
        private readonly bool _isCoordinate = mapping.Target is "location.latitude" or "location.longitude";

        public override void Read(RowPage page, int row, MappedPageBuilder builder, MapperLimits limits)
        {
            var raw = page.Columns[Position][row];
            var cell = transform is null ? raw : transform.Apply(raw);
            var hasValue = false;
            if (cell is not null && IsLarger(cell, limits.CellBytes))
            {
                builder.AddInvalidValue(Position, TooLarge(limits), Column, mapping.Target, cell[..MapperLimits.KeptCharacters]);
            }
            else
            {
                var parsed = cell is null ? ParsedValue.NoValue : converter.Convert(cell);
                if (parsed.Warning is { } warning) builder.AddProblem(Position, warning, Column, mapping.Target, raw ?? cell);

                if (parsed.Error is { } error)
                {
                    builder.AddInvalidValue(Position, error, Column, mapping.Target, raw ?? cell);
                }
                else if (parsed.Json is { } json && (json != EmptyList || (_replaces && !_clears)))
                {
                    hasValue = true;
                    builder.AddWrite(target, json);
                }
                else if (mapping.Required && parsed.Json is null)
                {
                    builder.AddProblem(Position, ProblemCatalogue.Fill(ProblemCodes.RequiredMissing, ("target", mapping.Target)), Column, mapping.Target, raw);
                }
                else if (_clears)
                {
                    builder.AddWrite(target, null);
                }
            }

            if (_isCoordinate) builder.SawCoordinate(_isLatitude, hasValue, Column, Position);
        }
    }

    private sealed record ConsentCell(int Position, FieldMapping Mapping, ConsentColumn Target, ColumnTransform? Transform);

    /// <summary>Reads all consent cells of a row together, after the others, because a row's instant stands in for a missing consent instant.</summary>
    private sealed class ConsentCells(ConsentCell[] columns, ConsentReader reader)
    {
        public void Read(RowPage page, int row, MappedPageBuilder builder, MapperLimits limits, SourceInstant ceiling)
        {
            var cells = new string?[columns.Length];
            for (var index = 0; index < columns.Length; index++)
            {
                var (position, mapping, target, transform) = columns[index];
                var raw = page.Columns[position][row];
                var cell = transform is null ? raw : transform.Apply(raw);
                if (cell is not null && IsLarger(cell, limits.CellBytes))
                {
                    // Consent is never left out of a row that is imported, whatever the policy for invalid values.
                    builder.AddProblem(position, ProblemCatalogue.Fill(ProblemCodes.CellTooLarge, ("max", InKibibytes(limits.CellBytes))), mapping.Column, target.Path, cell[..MapperLimits.KeptCharacters]);
                    continue;
                }

                cells[index] = cell;
                if (mapping.Required && string.IsNullOrWhiteSpace(cell))
                    builder.AddProblem(position, ProblemCatalogue.Fill(ProblemCodes.RequiredMissing, ("target", target.Path)), mapping.Column, target.Path, raw);
            }

            // A row whose own instant cannot be read is refused anyway; the ceiling lets its other consent errors be told as well.
            var reading = reader.Read(cells, builder.Instant ?? ceiling, ceiling);
            builder.SetConsent(reading.Writes, reading.Suppressions);
            foreach (var (column, problem) in reading.Problems)
            {
                if (column < 0) builder.AddProblem(int.MaxValue, problem, null, null, null);
                else builder.AddProblem(columns[column].Position, problem, columns[column].Mapping.Column, columns[column].Target.Path, page.Columns[columns[column].Position][row]);
            }
        }
    }

    private interface IIdentifierReader
    {
        CanonicalResult Read(string cell, RowPage page, int row);
    }

    private sealed class ProfileIdReader : IIdentifierReader
    {
        public CanonicalResult Read(string cell, RowPage page, int row) => ProfileIdCanonicaliser.Canonicalise(cell);
    }

    private sealed class ExternalIdReader(InputKind kind) : IIdentifierReader
    {
        public CanonicalResult Read(string cell, RowPage page, int row) => ExternalIdCanonicaliser.Canonicalise(cell, kind);
    }

    private sealed class EmailReader(EmailCanonicaliser canonicaliser) : IIdentifierReader
    {
        public CanonicalResult Read(string cell, RowPage page, int row) => canonicaliser.Canonicalise(cell);
    }

    private sealed class PhoneReader(PhoneCanonicaliser canonicaliser, InputKind kind, int countryPosition, ColumnTransform? countryTransform) : IIdentifierReader
    {
        public CanonicalResult Read(string cell, RowPage page, int row)
        {
            var country = countryPosition < 0 ? null : page.Columns[countryPosition][row];
            return canonicaliser.Canonicalise(cell, kind, countryTransform is null ? country : countryTransform.Apply(country));
        }
    }

    private sealed class Builder(
        SyncDefinition definition,
        IReadOnlyList<DatasetColumn> columns,
        EmailOptions? email,
        MapperLimits limits,
        ConsentOptions consentOptions)
    {
        private readonly List<Step> _steps = [];
        private readonly List<FieldTarget> _targets = [];
        private readonly List<Problem> _notices = [];
        private readonly TimeZoneInfo _zone = ZoneOf(definition.Cursor);

        public RowMapper Build()
        {
            var identifiers = definition.Fields.Where(field => IdentifierKinds.TryParse(field.Target, out _)).ToList();
            var identifier = definition.Identifier;
            if (!identifiers.Exists(field => field.Target == identifier.Kind.FieldName())) identifiers.Add(new FieldMapping(identifier.Column, identifier.Kind.FieldName()));
            foreach (var mapping in identifiers) AddIdentifier(mapping);
            var consent = definition.Fields.Where(field => ConsentColumns.TryGet(field.Target, out _)).ToList();
            foreach (var mapping in definition.Fields.Except(identifiers).Except(consent)) AddField(mapping);

            var cursor = Find(definition.Cursor.Column);
            _steps.Add(new CursorStep(cursor, definition.Cursor.Column, CursorCodec.Create(definition.Cursor, columns[cursor].Kind)));

            var latitude = _targets.Exists(target => target.Field == "location.latitude");
            var longitude = _targets.Exists(target => target.Field == "location.longitude");
            if (latitude != longitude)
            {
                var (present, absent) = latitude ? ("latitude", "longitude") : ("longitude", "latitude");
                _notices.Add(new Problem(ProblemCodes.CoordinatesIncomplete, ProblemSeverity.Notice, $"The mapping has a {present} but no {absent}."));
            }

            var rules = new RowRules(
                definition.InvalidValues,
                definition.DropInvalidSecondaryIdentifier,
                identifier.Fixed ? identifier.Kind : null,
                identifier.Column,
                identifier.Kind.FieldName(),
                Find(identifier.Column),
                latitude && longitude);
            return new RowMapper([.. _steps.OrderBy(step => step.Position)], CreateConsent(consent), rules, limits, columns.Count, [.. _targets], _notices);
        }

        private static TimeZoneInfo ZoneOf(CursorDefinition cursor)
        {
            if (cursor.Zone is null) return TimeZoneInfo.Utc;
            return Zones.TryGet(cursor.Zone, out var zone) ? zone : throw new ArgumentException($"'{cursor.Zone}' is not a known IANA time zone.", nameof(cursor));
        }

        private static ColumnTransform? TransformOf(FieldMapping mapping)
        {
            if (!ColumnTransform.TryParse(mapping.Transform, out var transform, out var error)) throw new ArgumentException(error, nameof(mapping));
            return transform == ColumnTransform.None ? null : transform;
        }

        private int Find(string name)
        {
            for (var position = 0; position < columns.Count; position++)
                if (columns[position].Name == name) return position;
            throw new ArgumentException($"The pages have no column {name}.", nameof(name));
        }

        private InputKind KindOf(int position, ColumnTransform? transform)
        {
            if (transform?.Constant is not null) return InputKind.Text;
            return InputKinds.TryGet(columns[position].Kind, out var kind)
                ? kind
                : throw new ArgumentException($"Column {columns[position].Name} of type {columns[position].NativeType} cannot be read.", nameof(position));
        }

        private void AddIdentifier(FieldMapping mapping)
        {
            IdentifierKinds.TryParse(mapping.Target, out var kind);
            var position = Find(mapping.Column);
            var transform = TransformOf(mapping);
            var input = KindOf(position, transform);
            IIdentifierReader reader = kind switch
            {
                IdentifierKind.Id => new ProfileIdReader(),
                IdentifierKind.ExternalId => new ExternalIdReader(input),
                IdentifierKind.Email => new EmailReader(new EmailCanonicaliser(email)),
                _ => CreatePhoneReader(input),
            };
            _steps.Add(new IdentifierStep(position, mapping.Column, kind, transform, mapping.Required, reader));
        }

        private PhoneReader CreatePhoneReader(InputKind input)
        {
            var phone = definition.Phone;
            var canonicaliser = new PhoneCanonicaliser(new PhoneOptions
            {
                DefaultCountry = phone.DefaultCountry,
                DoubleZeroMeansPlus = phone.DoubleZeroIsPlus,
                Validation = phone.AcceptPossible ? PhoneValidation.Possible : PhoneValidation.Valid,
            });
            if (phone.CountryColumn is { } column) return new PhoneReader(canonicaliser, input, Find(column), null);
            return definition.Fields.FirstOrDefault(field => field.Target == "location.country") is { } country
                ? new PhoneReader(canonicaliser, input, Find(country.Column), TransformOf(country))
                : new PhoneReader(canonicaliser, input, -1, null);
        }

        private void AddField(FieldMapping mapping)
        {
            var position = Find(mapping.Column);
            var transform = TransformOf(mapping);
            var options = new ValueOptions { Zone = _zone, KeepEmpty = mapping.KeepEmpty, IntegerDateUnit = UnitOf(mapping.Unit), StrictKlaviyo = consentOptions.StrictKlaviyo };
            var converter = FieldConverters.For(mapping.Target, KindOf(position, transform), mapping.Type, options);
            if (converter.Notice is { } notice) _notices.Add(notice);
            _steps.Add(new FieldStep(position, mapping, _targets.Count, transform, converter.Converter));
            var field = FieldPaths.TryGetCustomName(mapping.Target, out var name) ? FieldPaths.Custom(CustomPropertyNames.Canonicalise(name)) : mapping.Target;
            _targets.Add(new FieldTarget(field, mapping.List, mapping.Write == WritePolicy.IfEmpty ? FieldStrength.IfEmpty : FieldStrength.Ordinary));
        }

        private ConsentCells? CreateConsent(List<FieldMapping> mappings)
        {
            var cells = new List<ConsentCell>(mappings.Count);
            var bindings = new List<ConsentColumnBinding>(mappings.Count);
            foreach (var mapping in mappings)
            {
                ConsentColumns.TryGet(mapping.Target, out var target);
                var position = Find(mapping.Column);
                var transform = TransformOf(mapping);
                cells.Add(new ConsentCell(position, mapping, target!, transform));
                bindings.Add(new ConsentColumnBinding(target!, KindOf(position, transform), new ValueOptions { Zone = _zone, IntegerDateUnit = UnitOf(mapping.Unit) }));
            }

            var reader = new ConsentReader(bindings, consentOptions);
            return reader.IsEmpty ? null : new ConsentCells([.. cells], reader);
        }

        private static EpochUnit? UnitOf(CursorUnit? unit) => unit switch
        {
            null => null,
            CursorUnit.Seconds => EpochUnit.Seconds,
            CursorUnit.Milliseconds => EpochUnit.Milliseconds,
            CursorUnit.Microseconds => EpochUnit.Microseconds,
            CursorUnit.Nanoseconds => EpochUnit.Nanoseconds,
            _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Unknown unit."),
        };
    }
}
