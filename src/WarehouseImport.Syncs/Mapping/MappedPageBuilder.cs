using System.Collections.Immutable;
using System.Runtime.InteropServices;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>
/// The rules that make a row valid or refused (profile-import-rules 3.1, 13), shared by warehouse pages and API imports so that both give the
/// same outcomes and errors. Used by one page and one thread; its scratch space is reused for every row.
/// </summary>
internal sealed class MappedPageBuilder(int page, int rows, RowRules rules)
{
    private const int Kinds = 4;
    private static readonly IReadOnlyDictionary<int, IReadOnlyList<RowProblem>> NoWarnings = ImmutableDictionary<int, IReadOnlyList<RowProblem>>.Empty;

    private readonly List<ProfileUpdate> _updates = new(rows);
    private readonly List<RunErrorRow> _refused = [];
    private readonly IdentifierCell[] _identifiers = new IdentifierCell[Kinds];
    private readonly List<(int Position, RowProblem Problem)> _problems = [];
    private FieldWrite[] _writes = new FieldWrite[16];
    private int _writeCount;
    private bool _hasErrors;
    private SourceInstant? _instant;
    private SourceInstant? _largest;
    private Dictionary<int, IReadOnlyList<RowProblem>>? _warnings;

    private ImmutableArray<ConsentWrite> _consent = [];
    private ImmutableArray<SuppressionWrite> _suppressions = [];
    private Coordinate _latitude;
    private Coordinate _longitude;

    public void Begin()
    {
        Array.Clear(_identifiers);
        _problems.Clear();
        _writeCount = 0;
        _hasErrors = false;
        _instant = null;
        (_latitude, _longitude) = (default, default);
        (_consent, _suppressions) = ([], []);
    }

    /// <summary>The row's source instant; null as long as none could be read.</summary>
    public SourceInstant? Instant => _instant;

    public void SetInstant(SourceInstant instant) => _instant = instant;

    /// <summary>An identifier cell that is not blank: a canonical value, or an error.</summary>
    public void AddIdentifier(IdentifierKind kind, in CanonicalResult result, string raw, string column, int position)
    {
        _identifiers[(int)kind] = new IdentifierCell(true, result.Value, raw, result.Error, column, position);
        if (result.Warning is { } warning) AddProblem(position, warning, column, kind.FieldName(), raw);
    }

    public void AddWrite(int target, string? json)
    {
        if (_writeCount == _writes.Length) Array.Resize(ref _writes, _writeCount * 2);
        _writes[_writeCount++] = new FieldWrite(target, json);
    }

    /// <summary>What the row says about consent. Its errors are never left out: they fail the row under every policy (9.3).</summary>
    public void SetConsent(ImmutableArray<ConsentWrite> writes, ImmutableArray<SuppressionWrite> suppressions) => (_consent, _suppressions) = (writes, suppressions);

    /// <summary>An invalid value: fails the row, or under <see cref="InvalidValuePolicy.SkipField"/> leaves out the field with a warning.</summary>
    public void AddInvalidValue(int position, Problem error, string column, string target, string? raw) =>
        AddProblem(position, rules.InvalidValues == InvalidValuePolicy.SkipField ? error with { Severity = ProblemSeverity.Warning } : error, column, target, raw);

    public void AddProblem(int position, Problem problem, string? column, string? target, string? raw)
    {
        _hasErrors |= problem.Severity == ProblemSeverity.Error;
        var entry = (position, new RowProblem(problem, column, target, raw is null ? null : ProblemCatalogue.Show(raw)));

        // Cells are read in column order, so this only moves the few problems that concern a row as a whole.
        var index = _problems.Count;
        while (index > 0 && _problems[index - 1].Position > position) index--;
        _problems.Insert(index, entry);
    }

    public void SawCoordinate(bool isLatitude, bool hasValue, string column, int position)
    {
        var coordinate = new Coordinate(true, hasValue, column, position);
        if (isLatitude) _latitude = coordinate;
        else _longitude = coordinate;
    }

    /// <summary>Closes the row.</summary>
    /// <returns>False if it is refused; then <see cref="Refuse"/> must be called with its cells.</returns>
    public bool TryFinish(int row)
    {
        if (_instant is { } seen && (_largest is null || seen > _largest)) _largest = seen;
        var primary = FindPrimary();
        CheckCoordinates();
        if (_hasErrors || primary < 0 || _instant is not { } instant) return false;

        _updates.Add(new ProfileUpdate(row, instant, Claims(primary), Writes()) { Consent = _consent, Suppressions = _suppressions });
        if (_problems.Count > 0) (_warnings ??= [])[row] = Problems();
        return true;
    }

    public void Refuse(int row, string? modifiedAt, string?[] cells)
    {
        string? identifier = null;
        for (var kind = 0; kind < Kinds && identifier is null; kind++)
            if (rules.FixedKind is null || (int)rules.FixedKind == kind) identifier = _identifiers[kind].Value;
        _refused.Add(new RunErrorRow(page, row, Outcome.Failed, identifier, modifiedAt, Problems(), cells));
    }

    public MappedPage Build(ImmutableArray<FieldTarget> targets) => new(targets, _updates, _refused, _warnings ?? NoWarnings, _largest);

    // The primary is the highest-ranked identifier whose cell is not blank. If that one is invalid the row fails even where others may be dropped:
    // dropping it would silently change which person the row means.
    private int FindPrimary()
    {
        var primary = -1;
        for (var kind = 0; kind < Kinds; kind++)
        {
            ref readonly var cell = ref _identifiers[kind];
            if (!cell.IsGiven) continue;
            if (primary < 0 && (rules.FixedKind is null || (int)rules.FixedKind == kind)) primary = kind;
            if (cell.Error is not { } error) continue;
            var isDropped = rules.DropInvalidSecondaryIdentifier && kind != primary && (primary >= 0 || rules.FixedKind is not null);
            AddProblem(cell.Position, isDropped ? error with { Severity = ProblemSeverity.Warning } : error, cell.Column, ((IdentifierKind)kind).FieldName(), cell.Raw);
        }

        if (primary < 0)
            AddProblem(rules.IdentifierPosition, ProblemCatalogue.Fill(ProblemCodes.IdentifierMissing), rules.IdentifierColumn, rules.IdentifierTarget, null);
        return primary;
    }

    private void CheckCoordinates()
    {
        if (!rules.MapsBothCoordinates || _latitude.HasValue == _longitude.HasValue) return;
        var (present, absent, cell) = _latitude.HasValue ? ("latitude", "longitude", _latitude) : ("longitude", "latitude", _longitude);
        AddProblem(cell.Position, ProblemCatalogue.Fill(ProblemCodes.CoordinatesIncomplete, ("present", present), ("absent", absent)), cell.Column, "location." + present, null);
    }

    private ImmutableArray<IdentifierClaim> Claims(int primary)
    {
        var count = 0;
        foreach (ref readonly var cell in _identifiers.AsSpan())
            if (cell.Value is not null) count++;

        var claims = new IdentifierClaim[count];
        claims[0] = Claim(primary);
        var next = 1;
        for (var kind = 0; kind < Kinds; kind++)
            if (kind != primary && _identifiers[kind].Value is not null) claims[next++] = Claim(kind);
        return ImmutableCollectionsMarshal.AsImmutableArray(claims);
    }

    private IdentifierClaim Claim(int kind)
    {
        ref readonly var cell = ref _identifiers[kind];
        return new IdentifierClaim(new Identifier((IdentifierKind)kind, cell.Value!), cell.Raw == cell.Value ? null : cell.Raw);
    }

    private ImmutableArray<FieldWrite> Writes() =>
        _writeCount == 0 ? [] : ImmutableCollectionsMarshal.AsImmutableArray(_writes.AsSpan(0, _writeCount).ToArray());

    private RowProblem[] Problems()
    {
        var problems = new RowProblem[_problems.Count];
        for (var index = 0; index < problems.Length; index++) problems[index] = _problems[index].Problem;
        return problems;
    }

    private readonly record struct IdentifierCell(bool IsGiven, string? Value, string Raw, Problem? Error, string Column, int Position);

    private readonly record struct Coordinate(bool IsMapped, bool HasValue, string Column, int Position);
}
