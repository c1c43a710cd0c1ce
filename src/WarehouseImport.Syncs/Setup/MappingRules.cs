using System.Globalization;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Scheduling;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Setup;

/// <summary>The mapping rules (profile-import-rules 12 and 15) that need no warehouse and no store: everything a definition and its columns decide.</summary>
public static class MappingRules
{
    public const int MaxColumns = 512;
    public const int MaxNameLength = 255;
    public const int MaxPrecedence = 1_000;
    public static readonly TimeSpan MaxLookback = TimeSpan.FromDays(30);
    public static readonly TimeSpan MaxSettle = TimeSpan.FromDays(1);

    private const string SuppressionsOwned = "suppression";
    private const int MaxNamesShown = 30;

    /// <summary>
    /// What a sync owns by mapping a target (4.4): a property is its own; of consent it is channel and purpose, whether status, time or list of channels says it;
    /// suppressions are one. Identifiers, and what only describes a row's consent, belong to nobody.
    /// </summary>
    public static IReadOnlyList<string> OwnedBy(string target)
    {
        target = CanonicalTarget(target);
        if (IdentifierKinds.TryParse(target, out _)) return [];
        if (!ConsentColumns.TryGet(target, out var consent)) return [target];
        return consent.Role switch
        {
            ConsentColumnRole.Status or ConsentColumnRole.Timestamp => [consent.Register!.Value.FieldName()],
            ConsentColumnRole.Channels => [ConsentRegisterKind.EmailMarketing.FieldName(), ConsentRegisterKind.SmsMarketing.FieldName()],
            ConsentColumnRole.Suppressed or ConsentColumnRole.SuppressionReason => [SuppressionsOwned],
            _ => [],
        };
    }

    /// <summary>The target as it is stored: a custom property's name without outer spaces.</summary>
    public static string CanonicalTarget(string target) =>
        FieldPaths.TryGetCustomName(target, out var name) ? FieldPaths.Custom(CustomPropertyNames.Canonicalise(name)) : target;

    /// <summary>Checks the definition alone: names, ranges, schedule, targets, options. Problems are added in the order of the request.</summary>
    public static void CheckDefinition(SyncDefinition definition, List<SetupProblem> problems)
    {
        CheckName(definition.Name, "The name", "/name", problems);
        CheckIdentifierAndCursor(definition, problems);
        CheckFields(definition, problems);
        foreach (var problem in Schedule.Validate(definition.Schedule)) problems.Add(problem with { Pointer = "/schedule" + problem.Pointer });
        CheckSpan(definition.Lookback, MaxLookback, "lookback", "30d", problems);
        CheckSpan(definition.Settle, MaxSettle, "settle", "1d", problems);
        if (definition.Precedence is < -MaxPrecedence or > MaxPrecedence)
            problems.Add(new SetupProblem(SetupCodes.LimitExceeded, $"The precedence is {definition.Precedence}; it must be between -1000 and 1000.", "/precedence"));
        if (definition.Phone.DefaultCountry is { } country && !Countries.TryRecognise(country, out _))
        {
            problems.Add(new SetupProblem(
                SetupCodes.ValueInvalid, $"'{Show(country)}' is not a known country.", "/phone/defaultCountry", "Use an ISO code such as DE, or an English country name."));
        }
    }

    /// <summary>Checks the definition against the dataset's columns: <c>column_missing</c>, <c>column_type_unsupported</c>, the target's own rules, the cursor's type.</summary>
    public static void CheckColumns(SyncDefinition definition, IReadOnlyList<DatasetColumn> columns, List<SetupProblem> problems)
    {
        var known = columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        var identifierMapping = definition.Fields.FirstOrDefault(field => field.Target == definition.Identifier.Kind.FieldName());
        if (Find(definition.Identifier.Column, "/identifier/column") is { } identifier && identifierMapping is null)
            CheckTarget(new FieldMapping(identifier.Name, definition.Identifier.Kind.FieldName()), identifier, "/identifier", problems);

        if (Find(definition.Cursor.Column, "/cursor/column") is { } cursor)
        {
            if (!CursorCodec.TryCreate(definition.Cursor, cursor.Kind, out _, out var problem)) problems.Add(problem with { Pointer = "/cursor" + problem.Pointer });
            if (definition.Cursor.SecondColumn is { } secondName && Find(secondName, "/cursor/secondColumn") is { } second && second.Kind != cursor.Kind)
            {
                problems.Add(new SetupProblem(
                    WarehouseErrors.CursorUnsupported,
                    $"{cursor.Name} ({cursor.NativeType}) and {second.Name} ({second.NativeType}) cannot be combined into one cursor.",
                    "/cursor/secondColumn",
                    "Choose two columns of one type."));
            }
        }

        for (var index = 0; index < definition.Fields.Count; index++)
        {
            var field = definition.Fields[index];
            var pointer = PointerTo(index);
            if (Find(field.Column, pointer + "/column") is { } column) CheckTarget(field, column, pointer, problems);
        }

        if (definition.Phone.CountryColumn is { } countryColumn && Find(countryColumn, "/phone/countryColumn") is { } country && !InputKinds.TryGet(country.Kind, out _))
            problems.Add(Unreadable(country, "/phone/countryColumn"));

        DatasetColumn? Find(string name, string pointer)
        {
            if (known.TryGetValue(name, out var column)) return column;
            problems.Add(Missing(name, columns, pointer));
            return null;
        }
    }

    /// <summary>The type a mapping gives its custom property, with the suggestion of the column's type filled in; null for standard properties and unreadable columns.</summary>
    public static PropertyType? TypeOf(FieldMapping field, DatasetColumn column)
    {
        if (!FieldPaths.TryGetCustomName(field.Target, out var name)) return null;
        if (field.Type is not null) return field.Type;
        return InputKinds.TryGet(column.Kind, out var kind) ? TypeSuggestion.For(KindAfterTransform(field, kind), name) : null;
    }

    /// <summary>Targets of section 9, those of channels that are not kept included; <see cref="ConsentColumns.Check"/> has the last word on them.</summary>
    internal static bool IsConsent(string target) => ConsentColumns.TryGet(target, out _) || target.StartsWith("consent.", StringComparison.Ordinal);

    internal static bool NeedsUnit(ConsentColumn target, InputKind input) =>
        target.Role is ConsentColumnRole.Timestamp or ConsentColumnRole.DateOfBirth && ValueConverters.NeedsUnit(PropertyType.Date, input);

    internal static SetupProblem Missing(string name, IReadOnlyList<DatasetColumn> columns, string pointer)
    {
        var names = string.Join(", ", columns.Take(MaxNamesShown).Select(column => column.Name));
        var more = columns.Count > MaxNamesShown ? string.Create(CultureInfo.InvariantCulture, $" and {columns.Count - MaxNamesShown} more") : "";
        return new SetupProblem(ProblemCodes.ColumnMissing, $"The dataset has no column {Show(name)}.", pointer, $"Names are compared exactly, case included. Columns: {names}{more}.");
    }

    internal static string PointerTo(int field) => string.Create(CultureInfo.InvariantCulture, $"/fields/{field}");

    internal static SetupProblem From(Problem problem, string pointer) => new(problem.Code, problem.Detail, pointer, problem.Hint);

    internal static string Show(string text) => ProblemCatalogue.Show(text);

    private static void CheckName(string name, string what, string pointer, List<SetupProblem> problems)
    {
        if (name.Length is 0 or > MaxNameLength || string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
        {
            problems.Add(new SetupProblem(
                SetupCodes.LimitExceeded, $"{what} '{Show(name)}' has {name.Length} characters; 1 to 255 without control characters are allowed.", pointer));
        }
    }

    private static void CheckSpan(TimeSpan value, TimeSpan max, string name, string maxText, List<SetupProblem> problems)
    {
        if (value < TimeSpan.Zero || value > max || value.Ticks % TimeSpan.TicksPerMillisecond != 0)
            problems.Add(new SetupProblem(SetupCodes.LimitExceeded, $"The {name} is {value:c}; it must be whole milliseconds between 0s and {maxText}.", "/" + name));
    }

    private static void CheckIdentifierAndCursor(SyncDefinition definition, List<SetupProblem> problems)
    {
        var (identifier, cursor) = (definition.Identifier, definition.Cursor);
        if (identifier.Column.Length == 0)
            problems.Add(From(ProblemCatalogue.Fill(ProblemCodes.MappingNoIdentifier), "/identifier/column"));
        else
            CheckName(identifier.Column, "The column", "/identifier/column", problems);
        if (cursor.Column.Length == 0)
            problems.Add(From(ProblemCatalogue.Fill(ProblemCodes.MappingNoCursor), "/cursor/column"));
        else
            CheckName(cursor.Column, "The column", "/cursor/column", problems);

        if (identifier.Column.Length > 0 && IsCursor(identifier.Column)) problems.Add(CursorAsIdentifier(identifier.Column, "/identifier/column"));
        for (var index = 0; index < definition.Fields.Count; index++)
        {
            var field = definition.Fields[index];
            if (field.Column != identifier.Column && IdentifierKinds.TryParse(field.Target, out _) && IsCursor(field.Column))
                problems.Add(CursorAsIdentifier(field.Column, PointerTo(index) + "/column"));
        }

        if (cursor.SecondColumn == cursor.Column && cursor.Column.Length > 0)
            problems.Add(new SetupProblem(SetupCodes.ValueInvalid, $"The cursor combines {Show(cursor.Column)} with itself.", "/cursor/secondColumn"));

        bool IsCursor(string column) => column == cursor.Column || column == cursor.SecondColumn;

        static SetupProblem CursorAsIdentifier(string column, string pointer) => From(ProblemCatalogue.Fill(ProblemCodes.MappingCursorAsIdentifier, ("column", column)), pointer);
    }

    private static void CheckFields(SyncDefinition definition, List<SetupProblem> problems)
    {
        var fields = definition.Fields;
        var read = fields.Select(field => field.Column).Append(definition.Identifier.Column).Append(definition.Cursor.Column).Distinct(StringComparer.Ordinal).Count();
        if (read > MaxColumns || fields.Count > MaxColumns)
            problems.Add(new SetupProblem(SetupCodes.LimitExceeded, $"The sync has {fields.Count} mappings over {read} columns; at most {MaxColumns} are allowed.", "/fields"));

        var taken = new Dictionary<string, string>(StringComparer.Ordinal) { [definition.Identifier.Kind.FieldName()] = definition.Identifier.Column };
        var listed = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < fields.Count; index++)
        {
            var field = fields[index];
            var pointer = PointerTo(index);
            CheckName(field.Column, "The column", pointer + "/column", problems);

            // The identifier may be listed among the fields as well, to give it options; a second listing or another column is a second source.
            var target = CanonicalTarget(field.Target);
            if (!listed.Add(target) || (taken.TryGetValue(target, out var other) && other != field.Column))
            {
                problems.Add(From(
                    ProblemCatalogue.Fill(ProblemCodes.MappingDuplicateTarget, ("a", taken[target]), ("b", field.Column), ("target", target)), pointer + "/target"));
            }

            taken.TryAdd(target, field.Column);
            CheckOptions(field, pointer, problems);
        }

        if (!taken.Keys.Any(target => target is "email" or "phone_number"))
        {
            for (var index = 0; index < fields.Count; index++)
            {
                if (ConsentColumns.TryGet(fields[index].Target, out var consent) && consent.Role == ConsentColumnRole.Timestamp)
                    problems.Add(From(ProblemCatalogue.Fill(ProblemCodes.ConsentTimestampWithoutAddress), PointerTo(index) + "/target"));
            }
        }

        var owned = fields.SelectMany(field => OwnedBy(field.Target)).ToHashSet(StringComparer.Ordinal);
        for (var index = 0; index < definition.AllowSharedProperties.Count; index++)
        {
            var target = CanonicalTarget(definition.AllowSharedProperties[index]);
            if (IdentifierKinds.TryParse(target, out _) || !OwnedBy(target).Any(owned.Contains))
            {
                problems.Add(new SetupProblem(
                    SetupCodes.TargetUnknown,
                    $"'{Show(target)}' is not a property this sync maps.",
                    string.Create(CultureInfo.InvariantCulture, $"/allowSharedProperties/{index}"),
                    "List targets of this sync's fields; identifiers need no permission."));
            }
        }
    }

    private static void CheckOptions(FieldMapping field, string pointer, List<SetupProblem> problems)
    {
        if (!ColumnTransform.TryParse(field.Transform, out _, out var error)) problems.Add(new SetupProblem(SetupCodes.TransformInvalid, error, pointer + "/transform"));

        if (IdentifierKinds.TryParse(field.Target, out _))
        {
            if (field.OnNull == NullPolicy.Clear) Refuse("onNull", "clear", "an identifier is never cleared by a sync");
            if (field.Write == WritePolicy.IfEmpty) Refuse("write", "if_empty", "an identifier follows its version");
            if (field.List != WriteMode.Replace) Refuse("list", "append or remove", "an identifier is not a list");
            if (field.KeepEmpty) Refuse("keepEmpty", "true", "an empty identifier means nobody");
            return;
        }

        if (IsConsent(field.Target))
        {
            if (field.OnNull == NullPolicy.Clear) Refuse("onNull", "clear", "consent is never cleared");
            if (field.Write == WritePolicy.IfEmpty) Refuse("write", "if_empty", "consent follows its instant");
            if (field.List != WriteMode.Replace) Refuse("list", "append or remove", "consent is not a list");
            if (field.KeepEmpty) Refuse("keepEmpty", "true", "an empty cell says nothing about consent");
            if (field.Type is { } declared) Refuse("type", DefinitionWords.WordOf(DefinitionWords.PropertyTypes, declared), "consent has types of its own");
            return;
        }

        if (field.List != WriteMode.Replace)
        {
            if (!FieldPaths.IsCustom(field.Target) || field.Type is not (PropertyType.List or null)) Refuse("list", "append or remove", "only a property of type list has elements");
            if (field.OnNull == NullPolicy.Clear) Refuse("onNull", "clear", "elements are added or removed one by one");
            if (field.Write == WritePolicy.IfEmpty) Refuse("write", "if_empty", "elements are added or removed one by one");
        }

        if (field.KeepEmpty && field.Type is not (PropertyType.Text or null)) Refuse("keepEmpty", "true", "only text can be empty");

        void Refuse(string member, string value, string reason) =>
            problems.Add(new SetupProblem(SetupCodes.ValueInvalid, $"{member} of {Show(field.Target)} cannot be {value}: {reason}.", $"{pointer}/{member}"));
    }

    private static void CheckTarget(FieldMapping field, DatasetColumn column, string pointer, List<SetupProblem> problems)
    {
        if (!InputKinds.TryGet(column.Kind, out var kind))
        {
            problems.Add(Unreadable(column, pointer + "/column"));
            return;
        }

        var input = KindAfterTransform(field, kind);
        var isConsent = IsConsent(field.Target);
        if ((isConsent ? ConsentColumns.Check(field.Target, input) : FieldConverters.Check(field.Target, input, field.Type)) is { } objection)
        {
            var about = objection.Code switch
            {
                ProblemCodes.ColumnTypeUnsupported => "/column",
                ProblemCodes.PropertyTypeConflict => "/type",
                _ => field.Target == "" || pointer != "/identifier" ? "/target" : "/kind",
            };
            problems.Add(objection.Code == ProblemCodes.ColumnTypeUnsupported
                ? new SetupProblem(objection.Code, $"Column {column.Name} ({column.NativeType}): {objection.Detail}", pointer + about, objection.Hint)
                : From(objection, pointer + about));
            return;
        }

        var type = TypeOf(field, column);
        var needsUnit = isConsent
            ? ConsentColumns.TryGet(field.Target, out var consent) && NeedsUnit(consent, input)
            : type is { } known && ValueConverters.NeedsUnit(known, input);
        if (needsUnit && field.Unit is null)
        {
            problems.Add(new SetupProblem(
                SetupCodes.MemberMissing,
                $"The integer column {column.Name} fills a date and needs its unit: seconds, milliseconds, microseconds or nanoseconds.",
                pointer + "/unit"));
        }

        if (!isConsent && field.List != WriteMode.Replace && type is not PropertyType.List)
            problems.Add(new SetupProblem(SetupCodes.ValueInvalid, $"{Show(field.Target)} is not of type list, so nothing can be appended to it or removed from it.", pointer + "/list"));
    }

    private static SetupProblem Unreadable(DatasetColumn column, string pointer) => new(
        ProblemCodes.ColumnTypeUnsupported,
        $"Column {column.Name} has the type {column.NativeType}, which cannot be imported.",
        pointer,
        ProblemCatalogue.Get(ProblemCodes.ColumnTypeUnsupported).Hint);

    // A broken transform is reported on its own; until then the column counts as it is.
    private static InputKind KindAfterTransform(FieldMapping field, InputKind kind) =>
        ColumnTransform.TryParse(field.Transform, out var transform, out _) ? transform.ResultKind(kind) : kind;
}
