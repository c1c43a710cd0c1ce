using System.Text.Json.Nodes;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>The stored form of a plan: the same plan always gives the same text.</summary>
public static class UploadPlanJson
{
    private const string Definition = "definition";
    private const string ModifiedAt = "modifiedAt";
    private const string StrictKlaviyo = "strictKlaviyo";
    private const string AllRowsSubscribed = "allRowsSubscribed";
    private const string Registers = "registers";
    private const string Confirmation = "confirmation";

    public static string Write(UploadPlan plan) => new JsonObject
    {
        [Definition] = SyncJson.ToStorage(plan.Definition),
        [ModifiedAt] = plan.ModifiedAt,
        [StrictKlaviyo] = plan.StrictKlaviyo,
        [AllRowsSubscribed] = plan.AllRowsSubscribed is { } stated
            ? new JsonObject { [Registers] = new JsonArray([.. stated.Registers.Select(kind => (JsonNode)kind.Name())]), [Confirmation] = stated.Confirmation }
            : null,
    }.ToJsonString();

    /// <exception cref="FormatException">Not a stored plan, or one of a newer version.</exception>
    public static UploadPlan Read(string text) => JsonNode.Parse(text) is JsonObject plan && plan[Definition] is { } definition
        ? new UploadPlan(SyncJson.FromStorage(definition.GetValue<string>()), plan[ModifiedAt]?.GetValue<string>(), plan[StrictKlaviyo]?.GetValue<bool>() ?? false) { AllRowsSubscribed = ReadSubscribed(plan[AllRowsSubscribed]) }
        : throw new FormatException("The stored plan of an upload cannot be read.");

    private static SubscribedRows? ReadSubscribed(JsonNode? node)
    {
        if (node is not JsonObject stated) return null;
        var registers = new List<ConsentRegisterKind>();
        foreach (var name in stated[Registers]!.AsArray())
            registers.Add(ConsentRegisterKinds.TryParse(name!.GetValue<string>(), out var kind, out var error) ? kind : throw new FormatException(error.Detail));
        return new SubscribedRows(registers, stated[Confirmation]!.GetValue<string>());
    }
}
