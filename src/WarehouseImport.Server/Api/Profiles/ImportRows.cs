using System.Globalization;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Server.Api.Profiles;

/// <summary>
/// Rows of an import by API, turned into a page of columns so that they go through the same rules as a warehouse's rows. A row is an object of
/// identifiers, standard properties, <c>location</c> and <c>properties</c>; <c>modified_at</c> is its source time, the time of the request if absent.
/// </summary>
internal sealed class ImportRows
{
    private const string ModifiedAt = "modified_at";
    private const string Location = "location";
    private const string Properties = "properties";
    private const int MaximumColumns = 512;

    private readonly Dictionary<string, ImportColumn> _columns = new(StringComparer.Ordinal);
    private readonly List<ApiFieldProblem> _problems = [];

    private ImportRows(JsonElement rows, DateTimeOffset now)
    {
        Cursors = new string[rows.GetArrayLength()];
        var defaultInstant = SourceInstant.FromDateTimeOffset(now).ToString();
        var index = 0;
        foreach (var row in rows.EnumerateArray())
        {
            Cursors[index] = defaultInstant;
            Read(row, index++);
        }

        if (_columns.Count > MaximumColumns)
            _problems.Add(new ApiFieldProblem("/rows", "limit_exceeded", $"The rows have {_columns.Count} different members; the limit is {MaximumColumns}."));
        foreach (var column in _columns.Values.Where(column => column.NullRow is not null && column.AbsentRow(Cursors.Length) is not null))
        {
            _problems.Add(new ApiFieldProblem(
                $"/rows/{column.NullRow}",
                "member_null_or_absent",
                $"'{column.Target}' is null in row {column.NullRow} and absent in row {column.AbsentRow(Cursors.Length)}; null clears and absent keeps, so send such rows in separate requests."));
        }
    }

    private string[] Cursors { get; }

    /// <returns>Null if there are problems.</returns>
    public static (SyncDefinition Definition, IReadOnlyList<DatasetColumn> Columns, RowPage Page)? Read(
        JsonElement body, DateTimeOffset now, IRunMappings mappings, out IReadOnlyList<ApiFieldProblem> problems)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("rows", out var rows) || rows.ValueKind != JsonValueKind.Array)
        {
            problems = [new ApiFieldProblem("/rows", "member_missing", "'rows' is missing; it must be an array of objects.")];
            return null;
        }

        if (body.EnumerateObject().FirstOrDefault(member => member.Name != "rows") is { Name: { } unknown })
        {
            problems = [new ApiFieldProblem($"/{unknown}", "member_unknown", $"'{unknown}' is not a known member; known is rows.")];
            return null;
        }

        if (rows.GetArrayLength() is 0 or > ApiImport.MaxRows)
        {
            problems = [new ApiFieldProblem("/rows", "limit_exceeded", $"'rows' has {rows.GetArrayLength()} items; allowed are 1 to {ApiImport.MaxRows}.")];
            return null;
        }

        var import = new ImportRows(rows, now);
        problems = import._problems;
        return import.ToImport(mappings);
    }

    private (SyncDefinition Definition, IReadOnlyList<DatasetColumn> Columns, RowPage Page)? ToImport(IRunMappings mappings)
    {
        var columns = _columns.Values.OrderBy(column => column.Target, StringComparer.Ordinal).ToArray();
        IdentifierKind[] ranked = [IdentifierKind.Id, IdentifierKind.ExternalId, IdentifierKind.Email, IdentifierKind.PhoneNumber];
        if (_problems.Count == 0 && !ranked.Any(kind => _columns.ContainsKey(kind.FieldName())))
            _problems.Add(new ApiFieldProblem("/rows", "mapping_no_identifier", "No row has an identifier; give id, external_id, email or phone_number."));
        if (_problems.Count > 0) return null;

        var identifier = ranked.First(kind => _columns.ContainsKey(kind.FieldName()));
        var definition = new SyncDefinition
        {
            Name = "Import by API",
            ConnectionId = ApiImports.SourceId,
            Dataset = new DatasetName("api", "rows"),
            Identifier = new IdentifierDefinition(identifier.FieldName(), identifier),
            Cursor = new CursorDefinition(ModifiedAt),
            Fields = [.. columns.Where(column => column.Target != identifier.FieldName()).Select(column => column.ToMapping())],
            Schedule = new ScheduleDefinition(Manual: true),
        };
        var inOrder = mappings.ColumnsOf(definition).Where(_columns.ContainsKey).Select(name => _columns[name]).ToArray();
        DatasetColumn[] described = [.. inOrder.Select(column => column.ToColumn()), new DatasetColumn(ModifiedAt, "timestamp", ColumnKind.TimestampWithZone, false)];
        return (definition, described, new RowPage(0, Cursors, [.. inOrder.Select(column => column.ToCells(Cursors.Length))]));
    }

    private void Read(JsonElement row, int index)
    {
        var pointer = string.Create(CultureInfo.InvariantCulture, $"/rows/{index}");
        if (row.ValueKind != JsonValueKind.Object)
        {
            _problems.Add(new ApiFieldProblem(pointer, "value_invalid", $"'{pointer}' is not an object."));
            return;
        }

        foreach (var member in row.EnumerateObject())
        {
            switch (member.Name)
            {
                case ModifiedAt:
                    if (member.Value.ValueKind == JsonValueKind.String && SourceInstant.TryParse(member.Value.GetString(), out var instant)) Cursors[index] = instant.ToString();
                    else _problems.Add(new ApiFieldProblem($"{pointer}/{ModifiedAt}", "date_invalid", $"'{member.Value}' is not a time of the form YYYY-MM-DDTHH:MM:SS[.f]Z."));
                    break;
                case Location or Properties when member.Value.ValueKind == JsonValueKind.Object:
                    foreach (var inner in member.Value.EnumerateObject()) Add($"{member.Name}.{inner.Name}", inner.Value, index);
                    break;
                case Location or Properties:
                    _problems.Add(new ApiFieldProblem($"{pointer}/{member.Name}", "value_invalid", $"'{member.Name}' must be an object."));
                    break;
                default:
                    Add(member.Name, member.Value, index);
                    break;
            }
        }
    }

    private void Add(string target, JsonElement value, int index)
    {
        if (!_columns.TryGetValue(target, out var column)) _columns.Add(target, column = new ImportColumn(target));
        column.Add(index, value);
    }
}

/// <summary>One member over all rows. Values of one JSON kind keep their native kind; mixed ones are read as text of the kind seen first, so that the others are refused by name.</summary>
internal sealed class ImportColumn(string target)
{
    private readonly Dictionary<int, string?> _cells = [];
    private ColumnKind? _kind;
    private bool _isMixed;

    public string Target { get; } = target;

    public int? NullRow { get; private set; }

    private bool IsProperty => Target.StartsWith("properties.", StringComparison.Ordinal);

    public int? AbsentRow(int rows) => _cells.Count == rows ? null : Enumerable.Range(0, rows).First(row => !_cells.ContainsKey(row));

    public void Add(int row, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            NullRow ??= row;
            _cells[row] = null;
            return;
        }

        var kind = value.ValueKind switch
        {
            JsonValueKind.Number => ColumnKind.Text,
            JsonValueKind.True or JsonValueKind.False => ColumnKind.Boolean,
            JsonValueKind.Array => ColumnKind.List,
            JsonValueKind.Object => ColumnKind.Json,
            _ => ColumnKind.Text,
        };
        _isMixed |= _kind is { } before && before != kind;
        _kind ??= kind;
        IsNumber = value.ValueKind == JsonValueKind.Number && (IsNumber || _cells.Values.All(cell => cell is null));
        _cells[row] = value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText();
    }

    private bool IsNumber { get; set; }

    public DatasetColumn ToColumn() => new(Target, "json", _isMixed ? ColumnKind.Text : _kind ?? ColumnKind.Text, true);

    public string?[] ToCells(int rows) => [.. Enumerable.Range(0, rows).Select(row => _cells.GetValueOrDefault(row))];

    public FieldMapping ToMapping() => new(Target, Target, IsProperty ? Type : null, NullRow is null ? NullPolicy.Ignore : NullPolicy.Clear, KeepEmpty: false);

    private PropertyType Type => _kind switch
    {
        ColumnKind.Boolean => PropertyType.Boolean,
        ColumnKind.List => PropertyType.List,
        ColumnKind.Json => PropertyType.Json,
        _ => IsNumber ? PropertyType.Number : PropertyType.Text,
    };
}
