using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>What reading a definition gave: the definition, or everything that has to change.</summary>
public sealed record SyncJsonResult(SyncDefinition? Definition, IReadOnlyList<SetupProblem> Problems);

/// <summary>
/// A definition as JSON: the form of the API, and with a version in front the form the stores keep. Members are camelCase, choices snake_case words.
/// Reading is strict: an unknown member is named and refused, never ignored.
/// </summary>
public static class SyncJson
{
    /// <summary>Version of <see cref="ToStorage"/>'s form. A new form gets a new number and keeps reading the old ones.</summary>
    public const int StorageVersion = 1;

    private const int MaxDepth = 16;
    private const string VersionMember = "version";
    private const string SavedColumnsMember = "savedColumns";
    private const string DailyForm = "HH:mm";
    private const string DailyFormWithSeconds = "HH:mm:ss";

    /// <summary>Options with which a <see cref="SyncDefinition"/> anywhere in an answer takes the API form.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Reads the API form. Only the shape is checked here; whether the definition can work is the mapping validator's question.</summary>
    public static SyncJsonResult Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
            using var document = JsonDocument.ParseValue(ref reader);
            return reader.Read()
                ? Refuse("There is text after the end of the request.")
                : Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            return Refuse($"The request is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
        }

        static SyncJsonResult Refuse(string message) => new(null, [new SetupProblem(SetupCodes.BodyInvalid, message, "")]);
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte})"/>
    public static SyncJsonResult Read(JsonElement element)
    {
        var problems = new List<SetupProblem>();
        var members = new StrictObject(element, "", problems);
        var definition = ReadDefinition(members, problems);
        members.Finish();
        return new SyncJsonResult(problems.Count == 0 ? definition : null, problems);
    }

    public static void Write(Utf8JsonWriter writer, SyncDefinition definition)
    {
        writer.WriteStartObject();
        WriteMembers(writer, definition);
        writer.WriteEndObject();
    }

    public static string Write(SyncDefinition definition) => ToText(definition, version: null);

    /// <summary>The stored form: the same definition always gives the same text.</summary>
    public static string ToStorage(SyncDefinition definition) => ToText(definition, StorageVersion);

    /// <exception cref="FormatException">Not a stored definition, or one of a newer version.</exception>
    public static SyncDefinition FromStorage(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var problems = new List<SetupProblem>();
            var members = new StrictObject(document.RootElement, "", problems);
            var version = members.Integer(VersionMember, 0);
            if (version != StorageVersion) throw new FormatException($"The stored sync has form {version}; this program reads form {StorageVersion}.");
            var definition = ReadDefinition(members, problems);
            var savedColumns = ReadSavedColumns(members, problems);
            members.Finish();
            return problems.Count == 0 ? definition! with { SavedColumns = savedColumns } : throw new FormatException($"The stored sync cannot be read: {problems[0].Message}");
        }
        catch (JsonException exception)
        {
            throw new FormatException("The stored sync is not valid JSON.", exception);
        }
    }

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.Converters.Add(new DefinitionConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static SyncDefinition? ReadDefinition(StrictObject members, List<SetupProblem> problems)
    {
        var name = members.Text("name", isNeeded: true);
        var connection = ReadGuid(members, "connectionId");
        var dataset = ReadDataset(members);
        var identifier = members.Need("identifier", ProblemCodes.MappingNoIdentifier, "Name the column that identifies a person and its kind.") is { } identifierElement
            ? ReadIdentifier(identifierElement, problems)
            : null;
        var cursor = members.Need("cursor", ProblemCodes.MappingNoCursor, "Name the column that says when a row was last changed.") is { } cursorElement
            ? ReadCursor(cursorElement, problems)
            : null;
        var fields = ReadFields(members, problems);
        var schedule = members.Need("schedule") is { } scheduleElement ? ReadSchedule(scheduleElement, problems) : null;
        var lookback = members.Duration("lookback");
        var settle = members.Duration("settle");
        var precedence = members.Integer("precedence", 0);
        var invalidValues = members.Word("invalidValues", DefinitionWords.InvalidValues);
        var mode = members.Word("mode", DefinitionWords.Modes);
        var recordStale = members.Flag("recordStale");
        var dropInvalid = members.Flag("dropInvalidSecondaryIdentifier");
        var orphans = members.Word("orphans", DefinitionWords.Orphans);
        var shared = ReadTexts(members, "allowSharedProperties");
        var phone = members.Find("phone") is { } phoneElement ? ReadPhone(phoneElement, problems) : new PhoneDefinition();
        if (name is null || connection is null || dataset is null || identifier is null || cursor is null || schedule is null) return null;

        return new SyncDefinition
        {
            Name = name,
            ConnectionId = connection.Value,
            Dataset = dataset,
            Identifier = identifier,
            Cursor = cursor,
            Fields = fields,
            Schedule = schedule,
            Lookback = lookback ?? SyncDefinition.DefaultLookback,
            Settle = settle ?? SyncDefinition.DefaultSettle,
            Precedence = precedence,
            InvalidValues = invalidValues ?? InvalidValuePolicy.FailRow,
            Mode = mode ?? ImportMode.Upsert,
            RecordStale = recordStale,
            DropInvalidSecondaryIdentifier = dropInvalid,
            Orphans = orphans ?? OrphanPolicy.Suggest,
            AllowSharedProperties = shared ?? [],
            Phone = phone,
        };
    }

    private static Guid? ReadGuid(StrictObject members, string member)
    {
        if (members.Need(member) is not { } element) return null;
        if (element.ValueKind == JsonValueKind.String && element.TryGetGuid(out var value)) return value;
        members.Wrong(member, element, "an id such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        return null;
    }

    private static DatasetName? ReadDataset(StrictObject members)
    {
        if (members.Need("dataset") is not { } element) return null;
        if (element.ValueKind == JsonValueKind.String && DatasetName.TryParse(element.GetString(), out var name)) return name;
        members.Wrong("dataset", element, "a name such as crm.customers, with parts other than plain words in double quotes");
        return null;
    }

    private static IdentifierDefinition? ReadIdentifier(JsonElement element, List<SetupProblem> problems)
    {
        var members = new StrictObject(element, "/identifier", problems);
        var column = members.Text("column", isNeeded: true);
        var kind = members.Word("kind", DefinitionWords.IdentifierKinds, isNeeded: true);
        var isFixed = members.Flag("fixed");
        members.Finish();
        return column is null || kind is null ? null : new IdentifierDefinition(column, kind.Value, isFixed);
    }

    private static CursorDefinition? ReadCursor(JsonElement element, List<SetupProblem> problems)
    {
        var members = new StrictObject(element, "/cursor", problems);
        var column = members.Text("column", isNeeded: true);
        var cursor = new CursorDefinition(
            column ?? "",
            members.Text("zone"),
            members.Word("unit", DefinitionWords.CursorUnits),
            members.Text("textForm"),
            members.Text("secondColumn"),
            members.Word("combine", DefinitionWords.Combinations) ?? CursorCombination.Coalesce,
            members.Flag("allowVolatile"));
        members.Finish();
        return column is null ? null : cursor;
    }

    private static IReadOnlyList<FieldMapping> ReadFields(StrictObject members, List<SetupProblem> problems)
    {
        if (members.Need("fields") is not { } element) return [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            members.Wrong("fields", element, "an array");
            return [];
        }

        var fields = new List<FieldMapping>();
        foreach (var item in element.EnumerateArray())
        {
            var field = new StrictObject(item, $"/fields/{fields.Count.ToString(CultureInfo.InvariantCulture)}", problems);
            fields.Add(new FieldMapping(
                field.Text("column", isNeeded: true) ?? "",
                field.Text("target", isNeeded: true) ?? "",
                field.Word("type", DefinitionWords.PropertyTypes),
                field.Word("onNull", DefinitionWords.NullPolicies) ?? NullPolicy.Ignore,
                field.Word("write", DefinitionWords.WritePolicies) ?? WritePolicy.Always,
                field.Word("list", DefinitionWords.WriteModes) ?? WriteMode.Replace,
                ReadTexts(field, "transform"),
                field.Word("unit", DefinitionWords.CursorUnits),
                field.Flag("keepEmpty"),
                field.Flag("required")));
            field.Finish();
        }

        return fields;
    }

    private static ScheduleDefinition ReadSchedule(JsonElement element, List<SetupProblem> problems)
    {
        var members = new StrictObject(element, "/schedule", problems);
        var every = members.Duration("every");
        TimeOnly? daily = null;
        if (members.Find("daily") is { } dailyElement)
        {
            if (dailyElement.ValueKind == JsonValueKind.String
                && TimeOnly.TryParseExact(dailyElement.GetString(), [DailyForm, DailyFormWithSeconds], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
                daily = time;
            else
                members.Wrong("daily", dailyElement, "a time of day such as 06:00");
        }

        var schedule = new ScheduleDefinition(every, daily, members.Text("cron"), members.Text("zone"), members.Flag("manual"));
        members.Finish();
        return schedule;
    }

    private static PhoneDefinition ReadPhone(JsonElement element, List<SetupProblem> problems)
    {
        var members = new StrictObject(element, "/phone", problems);
        var phone = new PhoneDefinition(members.Text("defaultCountry"), members.Text("countryColumn"), members.Flag("doubleZeroIsPlus"), members.Flag("acceptPossible"));
        members.Finish();
        return phone;
    }

    private static List<SavedColumn> ReadSavedColumns(StrictObject members, List<SetupProblem> problems)
    {
        var columns = new List<SavedColumn>();
        if (members.Find(SavedColumnsMember) is not { ValueKind: JsonValueKind.Array } element) return columns;
        foreach (var item in element.EnumerateArray())
        {
            var column = new StrictObject(item, $"/{SavedColumnsMember}/{columns.Count.ToString(CultureInfo.InvariantCulture)}", problems);
            columns.Add(new SavedColumn(
                column.Text("name", isNeeded: true) ?? "",
                column.Text("nativeType", isNeeded: true) ?? "",
                column.Word("kind", DefinitionWords.ColumnKinds, isNeeded: true) ?? ColumnKind.Unreadable));
            column.Finish();
        }

        return columns;
    }

    private static List<string>? ReadTexts(StrictObject members, string member)
    {
        if (members.Find(member) is not { } element) return null;
        if (element.ValueKind != JsonValueKind.Array || element.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            members.Wrong(member, element, "an array of texts");
            return null;
        }

        return [.. element.EnumerateArray().Select(item => item.GetString()!)];
    }

    private static string ToText(SyncDefinition definition, int? version)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (version is { } number) writer.WriteNumber(VersionMember, number);
            WriteMembers(writer, definition);
            if (version is not null) WriteSavedColumns(writer, definition.SavedColumns);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // Defaults of the definition are written out, so that a later change of a default does not change what a stored sync does.
    private static void WriteMembers(Utf8JsonWriter writer, SyncDefinition definition)
    {
        writer.WriteString("name", definition.Name);
        writer.WriteString("connectionId", definition.ConnectionId);
        writer.WriteString("dataset", definition.Dataset.ToString());

        writer.WriteStartObject("identifier");
        writer.WriteString("column", definition.Identifier.Column);
        writer.WriteString("kind", DefinitionWords.WordOf(DefinitionWords.IdentifierKinds, definition.Identifier.Kind));
        if (definition.Identifier.Fixed) writer.WriteBoolean("fixed", true);
        writer.WriteEndObject();

        WriteCursor(writer, definition.Cursor);

        writer.WriteStartArray("fields");
        foreach (var field in definition.Fields) WriteField(writer, field);
        writer.WriteEndArray();

        WriteSchedule(writer, definition.Schedule);
        writer.WriteString("lookback", DurationText.Format(definition.Lookback));
        writer.WriteString("settle", DurationText.Format(definition.Settle));
        writer.WriteNumber("precedence", definition.Precedence);
        writer.WriteString("invalidValues", DefinitionWords.WordOf(DefinitionWords.InvalidValues, definition.InvalidValues));
        writer.WriteString("mode", DefinitionWords.WordOf(DefinitionWords.Modes, definition.Mode));
        writer.WriteBoolean("recordStale", definition.RecordStale);
        writer.WriteBoolean("dropInvalidSecondaryIdentifier", definition.DropInvalidSecondaryIdentifier);
        writer.WriteString("orphans", DefinitionWords.WordOf(DefinitionWords.Orphans, definition.Orphans));
        WriteTexts(writer, "allowSharedProperties", definition.AllowSharedProperties);

        writer.WriteStartObject("phone");
        WriteOptional(writer, "defaultCountry", definition.Phone.DefaultCountry);
        WriteOptional(writer, "countryColumn", definition.Phone.CountryColumn);
        writer.WriteBoolean("doubleZeroIsPlus", definition.Phone.DoubleZeroIsPlus);
        writer.WriteBoolean("acceptPossible", definition.Phone.AcceptPossible);
        writer.WriteEndObject();
    }

    private static void WriteSavedColumns(Utf8JsonWriter writer, IReadOnlyList<SavedColumn> columns)
    {
        writer.WriteStartArray(SavedColumnsMember);
        foreach (var column in columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("nativeType", column.NativeType);
            writer.WriteString("kind", DefinitionWords.WordOf(DefinitionWords.ColumnKinds, column.Kind));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteCursor(Utf8JsonWriter writer, CursorDefinition cursor)
    {
        writer.WriteStartObject("cursor");
        writer.WriteString("column", cursor.Column);
        WriteOptional(writer, "zone", cursor.Zone);
        if (cursor.Unit is { } unit) writer.WriteString("unit", DefinitionWords.WordOf(DefinitionWords.CursorUnits, unit));
        WriteOptional(writer, "textForm", cursor.TextForm);
        WriteOptional(writer, "secondColumn", cursor.SecondColumn);
        if (cursor.SecondColumn is not null || cursor.Combine != CursorCombination.Coalesce)
            writer.WriteString("combine", DefinitionWords.WordOf(DefinitionWords.Combinations, cursor.Combine));
        if (cursor.AllowVolatile) writer.WriteBoolean("allowVolatile", true);
        writer.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter writer, FieldMapping field)
    {
        writer.WriteStartObject();
        writer.WriteString("column", field.Column);
        writer.WriteString("target", field.Target);
        if (field.Type is { } type) writer.WriteString("type", DefinitionWords.WordOf(DefinitionWords.PropertyTypes, type));
        writer.WriteString("onNull", DefinitionWords.WordOf(DefinitionWords.NullPolicies, field.OnNull));
        writer.WriteString("write", DefinitionWords.WordOf(DefinitionWords.WritePolicies, field.Write));
        writer.WriteString("list", DefinitionWords.WordOf(DefinitionWords.WriteModes, field.List));
        if (field.Transform is not null) WriteTexts(writer, "transform", field.Transform);
        if (field.Unit is { } unit) writer.WriteString("unit", DefinitionWords.WordOf(DefinitionWords.CursorUnits, unit));
        if (field.KeepEmpty) writer.WriteBoolean("keepEmpty", true);
        if (field.Required) writer.WriteBoolean("required", true);
        writer.WriteEndObject();
    }

    private static void WriteSchedule(Utf8JsonWriter writer, ScheduleDefinition schedule)
    {
        writer.WriteStartObject("schedule");
        if (schedule.Every is { } every) writer.WriteString("every", DurationText.Format(every));
        if (schedule.Daily is { } daily) writer.WriteString("daily", daily.ToString(daily.Second == 0 ? DailyForm : DailyFormWithSeconds, CultureInfo.InvariantCulture));
        WriteOptional(writer, "cron", schedule.Cron);
        WriteOptional(writer, "zone", schedule.Zone);
        if (schedule.Manual) writer.WriteBoolean("manual", true);
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string member, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(member);
        foreach (var text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string member, string? value)
    {
        if (value is not null) writer.WriteString(member, value);
    }

    private sealed class DefinitionConverter : JsonConverter<SyncDefinition>
    {
        public override SyncDefinition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            var result = SyncJson.Read(document.RootElement);
            return result.Definition ?? throw new JsonException(result.Problems[0].Message);
        }

        public override void Write(Utf8JsonWriter writer, SyncDefinition value, JsonSerializerOptions options) => SyncJson.Write(writer, value);
    }
}
