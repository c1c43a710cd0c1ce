using System.Text.Json;
using System.Text.Json.Nodes;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>A plan, or everything that has to change.</summary>
public sealed record UploadPlanResult(UploadPlan? Plan, IReadOnlyList<SetupProblem> Problems);

/// <summary>
/// Reads the request of a check or an import: the members <c>fields</c>, <c>identifier</c>, <c>phone</c>, <c>mode</c>, <c>invalidValues</c>,
/// <c>dropInvalidSecondaryIdentifier</c>, <c>precedence</c> and <c>recordStale</c> as a sync has them, and <c>modifiedAt</c>, <c>mapRemaining</c>, <c>strictKlaviyo</c>,
/// <c>allRowsSubscribed</c> (an object of <c>registers</c>, such as <c>email.marketing</c>, and <c>confirmation</c>, a sentence that is kept).
/// What is absent is taken from the suggestion. Checked by the mapping rules of a sync (profile-import-rules 12).
/// </summary>
public static class UploadPlanReader
{
    private const string Fields = "fields";
    private const string Identifier = "identifier";

    private static readonly Dictionary<string, PropertyType> NoTypes = [];

    private static readonly string[] Given = ["name", "connectionId", "dataset", "cursor", "schedule", "lookback", "settle", "allowSharedProperties"];

    /// <param name="types">Types that syncs gave custom properties, by field path (6.4): columns without a stated type take them, another stated type is refused.</param>
    public static UploadPlanResult Read(JsonElement? request, UploadDescription description, IReadOnlyDictionary<string, PropertyType>? types = null)
    {
        types ??= NoTypes;
        var problems = new List<SetupProblem>();
        JsonObject members = [];
        if (request is { } element)
        {
            if (element.ValueKind != JsonValueKind.Object) return Refuse(SetupCodes.BodyInvalid, "The request is not an object.", "");
            members = JsonObject.Create(element)!;
        }

        var modifiedAt = Take(members, "modifiedAt", JsonValueKind.String, problems) is { } column ? column.GetValue<string>() : null;
        var mapsRemaining = Take(members, "mapRemaining", JsonValueKind.True, problems) is { } remaining && remaining.GetValue<bool>();
        var isStrict = Take(members, "strictKlaviyo", JsonValueKind.True, problems) is { } strict && strict.GetValue<bool>();
        var subscribed = TakeSubscribed(members, problems);
        foreach (var given in Given.Where(members.ContainsKey))
            problems.Add(new SetupProblem(SetupCodes.MemberUnknown, $"'{given}' is not a member of an upload's request.", "/" + given));
        if (problems.Count > 0) return new UploadPlanResult(null, problems);

        Complete(members, description, modifiedAt, mapsRemaining, types);
        var read = SyncJson.Read(JsonSerializer.SerializeToElement(members));
        if (read.Definition is not { } definition) return new UploadPlanResult(null, read.Problems);

        CheckTypes(definition, types, problems);
        definition = definition with { Fields = [.. definition.Fields.Select(field => field with { Type = field.Type ?? TypeOf(field.Target, types) })] };
        return Check(definition, description, modifiedAt, isStrict, subscribed, problems);

        static UploadPlanResult Refuse(string code, string message, string pointer) => new(null, [new SetupProblem(code, message, pointer)]);
    }

    private static JsonNode? Take(JsonObject members, string name, JsonValueKind kind, List<SetupProblem> problems)
    {
        if (!members.Remove(name, out var node) || node is null) return null;
        var found = node.GetValueKind();
        if (found == kind || (kind == JsonValueKind.True && found == JsonValueKind.False)) return node;
        problems.Add(new SetupProblem(SetupCodes.ValueInvalid, $"{name} must be {(kind == JsonValueKind.True ? "true or false" : "the name of a column")}.", "/" + name));
        return null;
    }

    private static SubscribedRows? TakeSubscribed(JsonObject members, List<SetupProblem> problems)
    {
        const string Pointer = "/allRowsSubscribed";
        if (!members.Remove("allRowsSubscribed", out var node) || node is null) return null;
        if (node is not JsonObject stated || stated.Any(member => member.Key is not ("registers" or "confirmation")))
        {
            problems.Add(new SetupProblem(SetupCodes.ValueInvalid, "allRowsSubscribed must be an object of registers and confirmation.", Pointer));
            return null;
        }

        var registers = new List<ConsentRegisterKind>();
        foreach (var name in stated["registers"] as JsonArray ?? [])
        {
            var text = name?.GetValueKind() == JsonValueKind.String ? name.GetValue<string>() : name?.ToJsonString() ?? "null";
            if (!ConsentRegisterKinds.TryParse(text, out var kind, out var error)) problems.Add(MappingRules.From(error, Pointer + "/registers"));
            else if (!registers.Contains(kind)) registers.Add(kind);
        }

        if (stated["registers"] is not JsonArray { Count: > 0 })
            problems.Add(new SetupProblem(SetupCodes.MemberMissing, $"registers must be a list of {string.Join(", ", ConsentRegisterKinds.All.Select(kind => kind.Name()))}.", Pointer + "/registers"));

        var confirmation = Text(stated, "confirmation")?.Trim() ?? "";
        if (confirmation.Length is 0 or > SubscribedRows.MaxConfirmationLength)
        {
            problems.Add(new SetupProblem(
                SetupCodes.MemberMissing,
                $"confirmation has {confirmation.Length} characters; 1 to {SubscribedRows.MaxConfirmationLength} are allowed.",
                Pointer + "/confirmation",
                "Say in a sentence how these people consented; it is kept with the import."));
        }

        return new SubscribedRows(registers, confirmation);
    }

    private static PropertyType? TypeOf(string target, IReadOnlyDictionary<string, PropertyType> types) =>
        types.TryGetValue(MappingRules.CanonicalTarget(target), out var type) ? type : null;

    private static string NameOf(PropertyType type) => DefinitionWords.WordOf(DefinitionWords.PropertyTypes, type);

    private static void CheckTypes(SyncDefinition definition, IReadOnlyDictionary<string, PropertyType> types, List<SetupProblem> problems)
    {
        for (var index = 0; index < definition.Fields.Count; index++)
        {
            var field = definition.Fields[index];
            if (field.Type is not { } stated || TypeOf(field.Target, types) is not { } known || stated == known) continue;
            var conflict = ProblemCatalogue.Fill(ProblemCodes.PropertyTypeConflict, ("target", field.Target), ("a", NameOf(known)), ("b", NameOf(stated)));
            problems.Add(MappingRules.From(conflict, MappingRules.PointerTo(index) + "/type"));
        }
    }

    private static void Complete(
        JsonObject members, UploadDescription description, string? modifiedAt, bool mapsRemaining, IReadOnlyDictionary<string, PropertyType> types)
    {
        var fields = members[Fields] as JsonArray;
        if (members[Fields] is null)
        {
            fields = [.. description.Fields.Where(field => !FieldPaths.IsCustom(field.Target) && field.Column != modifiedAt).Select(ToNode)];
            members[Fields] = fields;
        }

        if (mapsRemaining && fields is not null)
        {
            var mapped = fields.Select(field => Text(field, "column")).Append(modifiedAt).ToHashSet(StringComparer.Ordinal);
            foreach (var field in description.Fields.Where(field => FieldPaths.IsCustom(field.Target) && !mapped.Contains(field.Column)))
                fields.Add(ToNode(field with { Type = TypeOf(field.Target, types) ?? field.Type }));
        }

        if (members[Identifier] is null && fields is not null && Best(fields) is { } best)
        {
            members[Identifier] = new JsonObject { ["column"] = best.Column, ["kind"] = best.Kind.FieldName() };
        }

        members["name"] = "Uploaded file";
        members["connectionId"] = FileImports.SourceId.ToString();
        members["dataset"] = "file";
        members["cursor"] = new JsonObject { ["column"] = modifiedAt ?? UploadPlan.NoCursor };
        members["schedule"] = new JsonObject { ["manual"] = true };
        members["lookback"] = "0s";
        members["settle"] = "0s";
    }

    private static (string Column, IdentifierKind Kind)? Best(JsonArray fields)
    {
        (string Column, IdentifierKind Kind)? best = null;
        foreach (var field in fields)
        {
            if (Text(field, "column") is not { } column || !IdentifierKinds.TryParse(Text(field, "target") ?? "", out var kind)) continue;
            if (best is null || kind < best.Value.Kind) best = (column, kind);
        }

        return best;
    }

    private static string? Text(JsonNode? node, string member) =>
        node is JsonObject members && members[member] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static JsonNode ToNode(SuggestedField field)
    {
        var node = new JsonObject { ["column"] = field.Column, ["target"] = field.Target };
        if (field.Type is { } type) node["type"] = DefinitionWords.WordOf(DefinitionWords.PropertyTypes, type);
        return node;
    }

    private static UploadPlanResult Check(SyncDefinition definition, UploadDescription description, string? modifiedAt, bool isStrict, SubscribedRows? subscribed, List<SetupProblem> problems)
    {
        MappingRules.CheckDefinition(definition, problems);
        var columns = UploadMappings.MapperColumns(description.Columns, modifiedAt);
        MappingRules.CheckColumns(definition, columns, problems);
        for (var index = 0; index < definition.Fields.Count; index++)
        {
            if (definition.Fields[index].Column == modifiedAt)
                problems.Add(new SetupProblem(SetupCodes.ValueInvalid, $"Column '{modifiedAt}' is modified_at and cannot fill a property as well.", MappingRules.PointerTo(index) + "/column"));
        }

        foreach (var kind in subscribed?.Registers ?? [])
        {
            var mapped = definition.Fields.FirstOrDefault(field => ConsentColumns.TryGet(field.Target, out var target) && target.Register == kind);
            if (mapped is not null)
            {
                problems.Add(new SetupProblem(
                    SetupCodes.ValueInvalid, $"Column '{mapped.Column}' says who subscribes to {kind.Name()}, so all rows cannot be stated to.", "/allRowsSubscribed/registers"));
            }
        }

        if (problems.Count > 0)
        {
            return new UploadPlanResult(
                null, [.. problems.Select(problem => problem.Pointer.StartsWith("/cursor", StringComparison.Ordinal) ? problem with { Pointer = "/modifiedAt" } : problem)]);
        }

        var resolved = definition.Fields.Select(field => field with
        {
            Target = MappingRules.CanonicalTarget(field.Target),
            Type = MappingRules.TypeOf(field, columns.First(column => column.Name == field.Column)) ?? field.Type,
        });
        return new UploadPlanResult(new UploadPlan(definition with { Fields = [.. resolved] }, modifiedAt, isStrict) { AllRowsSubscribed = subscribed }, []);
    }
}
