using System.Text;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>Rows of one API import, mapped.</summary>
/// <param name="Page">Updates and refused rows, as a sync's page would give them.</param>
/// <param name="Columns">The targets in order of first use; the columns of the refused rows' cells.</param>
public sealed record ApiRows(MappedPage Page, IReadOnlyList<string> Columns);

/// <summary>
/// Reads rows given as JSON objects through the same parsers and rules as a sync's columns (profile-import-rules 3, 4.2, 7, 13).
/// </summary>
/// <remarks>
/// <para>A row's members are targets: <c>email</c>, <c>first_name</c>, <c>location.city</c> or nested <c>location: {city}</c>, <c>properties: {name: …}</c> or
/// <c>properties.name</c>, <c>consent.email.marketing</c> or <c>consent: {email.marketing: …}</c>. <c>modified_at</c> is the row's instant as text in any form of 7.5; without it the instant of the request counts.</para>
/// <para>JSON null clears a field; a null identifier is no value, and null consent says nothing. Consent without an instant of its own has the row's, and none
/// may be later than the request (C2). Phone numbers must be E.164 (8). A row may have 100 KB.</para>
/// </remarks>
/// <param name="ageGatedSms">Whether SMS consent needs a valid date of birth on the row (C14).</param>
/// <param name="declaredTypes">Types of known custom properties by name; others take the type of the JSON value.</param>
public sealed class ApiRowReader(IReadOnlyDictionary<string, PropertyType>? declaredTypes = null, EmailOptions? email = null, bool ageGatedSms = false)
{
    public const string ModifiedAtMember = "modified_at";

    /// <summary>Most bytes of one row (15).</summary>
    public const int MaxRowBytes = 100_000;

    private static readonly RowRules Rules = new(InvalidValuePolicy.FailRow, false, null, null, null, 0, MapsBothCoordinates: true);

    private readonly EmailCanonicaliser _email = new(email);
    private readonly PhoneCanonicaliser _phone = new();
    private readonly InstantParser _modifiedAt = new(InputKind.Text);

    /// <param name="rows">The rows, in order.</param>
    /// <param name="requestedAt">The instant of rows without <c>modified_at</c>.</param>
    public ApiRows Read(IReadOnlyList<JsonElement> rows, SourceInstant requestedAt, int page = 0)
    {
        var state = new PageState(new ConsentOptions { AgeGatedSms = ageGatedSms });
        var builder = new MappedPageBuilder(page, rows.Count, Rules);
        var cells = new List<KeyValuePair<int, string?>>();
        for (var row = 0; row < rows.Count; row++)
        {
            builder.Begin();
            cells.Clear();
            string? modifiedAt = null;
            ReadRow(rows[row], requestedAt, state, builder, cells, ref modifiedAt);
            if (!builder.TryFinish(row)) builder.Refuse(row, modifiedAt ?? requestedAt.ToString(), CellsOf(cells, state.Columns.Count));
        }

        return new ApiRows(builder.Build([.. state.Targets]), [.. state.Columns.Keys]);
    }

    private static string?[] CellsOf(List<KeyValuePair<int, string?>> cells, int columns)
    {
        var ordered = new string?[columns];
        foreach (var (column, cell) in cells) ordered[column] = cell;
        return ordered;
    }

    private static bool IsE164(string text)
    {
        var digits = text.AsSpan(1);
        return text[0] == '+' && digits.Length is >= 7 and <= 15 && digits[0] != '0' && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static InputKind KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => InputKind.Decimal,
        JsonValueKind.True or JsonValueKind.False => InputKind.Boolean,
        JsonValueKind.Array => InputKind.List,
        JsonValueKind.Object => InputKind.Json,
        _ => InputKind.Text,
    };

    // A text with half a surrogate pair is valid JSON but no text; its escaped form is kept so that the error row can show it.
    private static bool TryGetText(JsonElement value, out string text)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            text = value.GetRawText();
            return true;
        }

        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = value.GetRawText();
            return false;
        }
    }

    private void ReadRow(
        JsonElement row,
        SourceInstant requestedAt,
        PageState state,
        MappedPageBuilder builder,
        List<KeyValuePair<int, string?>> cells,
        ref string? modifiedAt)
    {
        builder.SetInstant(requestedAt);
        if (row.ValueKind != JsonValueKind.Object)
        {
            builder.AddProblem(0, ProblemCatalogue.Fill(ProblemCodes.JsonInvalid, ("reason", "a row must be an object")), null, null, null);
            return;
        }

        if (row.GetRawText() is { Length: > MaxRowBytes / 3 } raw && Encoding.UTF8.GetByteCount(raw) > MaxRowBytes)
        {
            builder.AddProblem(0, ProblemCatalogue.Fill(ProblemCodes.RowTooLarge, ("max", "100 KB")), null, null, null);
            return;
        }

        state.Consent.Clear();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in row.EnumerateObject())
        {
            var hasMembers = member.NameEquals("properties") || member.NameEquals("location") || member.NameEquals("consent");
            if (hasMembers && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var nested in member.Value.EnumerateObject())
                    ReadMember($"{member.Name}.{nested.Name}", nested.Value, state, builder, cells, seen, ref modifiedAt);
            }
            else
            {
                ReadMember(member.Name, member.Value, state, builder, cells, seen, ref modifiedAt);
            }
        }

        if (state.Consent.Count > 0) ReadConsent(requestedAt, state, builder);
    }

    // Read after the row's other members, because its instant may stand behind them.
    private static void ReadConsent(SourceInstant requestedAt, PageState state, MappedPageBuilder builder)
    {
        var members = state.Consent;
        var reading = state.ConsentReaderFor(members).Read([.. members.Select(member => member.Cell)], builder.Instant ?? requestedAt, requestedAt);
        builder.SetConsent(reading.Writes, reading.Suppressions);
        foreach (var (column, problem) in reading.Problems)
        {
            if (column < 0) builder.AddProblem(int.MaxValue, problem, null, null, null);
            else builder.AddProblem(members[column].Position, problem, members[column].Name, members[column].Target.Path, members[column].Cell);
        }
    }

    private static void AddConsent(string target, JsonElement value, bool isNull, string text, string name, int position, PageState state, MappedPageBuilder builder)
    {
        var input = isNull ? InputKind.Text : KindOf(value);
        if (!ConsentColumns.TryGet(target, out var consent) || ConsentColumns.Check(target, input) is not null)
            builder.AddProblem(position, ConsentColumns.Check(target, input)!, name, target, text);
        else
            state.Consent.Add(new ConsentMember(consent, input, isNull ? null : text, name, position));
    }

    private void ReadMember(
        string name,
        JsonElement value,
        PageState state,
        MappedPageBuilder builder,
        List<KeyValuePair<int, string?>> cells,
        Dictionary<string, string> seen,
        ref string? modifiedAt)
    {
        var target = FieldPaths.TryGetCustomName(name, out var custom) ? FieldPaths.Custom(CustomPropertyNames.Canonicalise(custom)) : name;
        var position = state.ColumnOf(target);
        var isReadable = TryGetText(value, out var text);
        var isNull = value.ValueKind == JsonValueKind.Null;
        cells.Add(new(position, isNull ? null : text));
        if (!seen.TryAdd(target, name))
        {
            builder.AddProblem(position, ProblemCatalogue.Fill(ProblemCodes.MappingDuplicateTarget, ("a", seen[target]), ("b", name), ("target", target)), name, target, text);
            return;
        }

        if (!isReadable)
        {
            builder.AddProblem(position, ProblemCatalogue.Fill(ProblemCodes.TextInvalid), name, target, text);
            return;
        }

        if (target == ModifiedAtMember)
        {
            if (isNull) return;
            modifiedAt = text;
            if (value.ValueKind == JsonValueKind.String && _modifiedAt.TryParse(text, out var instant)) builder.SetInstant(instant);
            else builder.AddProblem(position, InstantParser.Unparsable(text, ModifiedAtMember), name, null, text);
        }
        else if (IdentifierKinds.TryParse(target, out var kind))
        {
            if (!isNull) ReadIdentifier(kind, value, text, name, position, builder);
        }
        else if (MappingRules.IsConsent(target))
        {
            AddConsent(target, value, isNull, text, name, position, state, builder);
        }
        else
        {
            ReadField(target, value, isNull, text, name, position, state, builder);
        }
    }

    private void ReadIdentifier(IdentifierKind kind, JsonElement value, string text, string name, int position, MappedPageBuilder builder)
    {
        var input = KindOf(value);
        if (FieldConverters.Check(kind.FieldName(), input, null) is { } objection)
        {
            builder.AddProblem(position, objection, name, kind.FieldName(), text);
            return;
        }

        var result = kind switch
        {
            IdentifierKind.Id => ProfileIdCanonicaliser.Canonicalise(text),
            IdentifierKind.ExternalId => ExternalIdCanonicaliser.Canonicalise(text, input),
            IdentifierKind.Email => _email.Canonicalise(text),
            _ when string.IsNullOrWhiteSpace(text) => CanonicalResult.NoValue,
            _ when !IsE164(text) => CanonicalResult.Invalid(ProblemCatalogue.Fill(ProblemCodes.PhoneInvalid, ("value", text), ("for_country", ""))),
            _ => _phone.Canonicalise(text, input),
        };
        if (!result.IsNoValue) builder.AddIdentifier(kind, result, text, name, position);
    }

    private void ReadField(string target, JsonElement value, bool isNull, string text, string name, int position, PageState state, MappedPageBuilder builder)
    {
        var input = isNull ? InputKind.Text : KindOf(value);
        var (converter, objection) = state.ConverterFor(target, input, DeclaredType(target, value));
        if (objection is not null)
        {
            builder.AddProblem(position, objection, name, target, text);
            return;
        }

        var hasValue = false;
        if (isNull)
        {
            builder.AddWrite(state.TargetOf(target), null);
        }
        else
        {
            var parsed = converter!.Convert(text);
            if (parsed.Warning is { } warning) builder.AddProblem(position, warning, name, target, text);
            if (parsed.Error is { } error) builder.AddInvalidValue(position, error, name, target, text);
            if (parsed.Json is { } json)
            {
                hasValue = true;
                builder.AddWrite(state.TargetOf(target), json);
            }
        }

        if (target is "location.latitude" or "location.longitude") builder.SawCoordinate(target == "location.latitude", hasValue, name, position);
    }

    private PropertyType? DeclaredType(string target, JsonElement value)
    {
        if (!FieldPaths.TryGetCustomName(target, out var name)) return null;
        if (declaredTypes is not null && declaredTypes.TryGetValue(name, out var declared)) return declared;
        return value.ValueKind switch
        {
            JsonValueKind.Number => PropertyType.Number,
            JsonValueKind.True or JsonValueKind.False => PropertyType.Boolean,
            JsonValueKind.Array => PropertyType.List,
            JsonValueKind.Object => PropertyType.Json,
            _ => PropertyType.Text,
        };
    }

    private readonly record struct ConsentMember(ConsentColumn Target, InputKind Input, string? Cell, string Name, int Position);

    /// <summary>What the rows of one request have in common.</summary>
    private sealed class PageState(ConsentOptions consentOptions)
    {
        private readonly Dictionary<string, int> _targets = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Target, InputKind Kind, PropertyType? Type), (FieldConverter? Converter, Problem? Objection)> _converters = [];

        private readonly Dictionary<string, ConsentReader> _consentReaders = new(StringComparer.Ordinal);

        /// <summary>The consent members of the row being read.</summary>
        public List<ConsentMember> Consent { get; } = [];

        public OrderedDictionary<string, int> Columns { get; } = new(StringComparer.Ordinal);

        public List<FieldTarget> Targets { get; } = [];

        public int ColumnOf(string target)
        {
            if (!Columns.TryGetValue(target, out var position)) Columns.Add(target, position = Columns.Count);
            return position;
        }

        public int TargetOf(string target)
        {
            if (_targets.TryGetValue(target, out var index)) return index;
            _targets.Add(target, index = Targets.Count);
            Targets.Add(new FieldTarget(target, WriteMode.Replace, FieldStrength.Ordinary));
            return index;
        }

        public ConsentReader ConsentReaderFor(List<ConsentMember> members)
        {
            var shape = string.Join(' ', members.Select(member => $"{member.Target.Path}:{member.Input}"));
            if (!_consentReaders.TryGetValue(shape, out var reader))
                _consentReaders.Add(shape, reader = new ConsentReader([.. members.Select(member => new ConsentColumnBinding(member.Target, member.Input))], consentOptions));
            return reader;
        }

        public (FieldConverter? Converter, Problem? Objection) ConverterFor(string target, InputKind kind, PropertyType? type)
        {
            var key = (target, kind, type);
            if (!_converters.TryGetValue(key, out var entry))
            {
                var objection = FieldConverters.Check(target, kind, type);
                entry = (objection is null ? FieldConverters.For(target, kind, type) : null, objection);
                _converters.Add(key, entry);
            }

            return entry;
        }
    }
}
