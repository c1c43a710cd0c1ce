using System.Text.Json.Nodes;
using WarehouseImport.Syncs.Definitions;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>The stored form of a plan: the same plan always gives the same text.</summary>
public static class UploadPlanJson
{
    private const string Definition = "definition";
    private const string ModifiedAt = "modifiedAt";
    private const string StrictKlaviyo = "strictKlaviyo";

    public static string Write(UploadPlan plan) => new JsonObject
    {
        [Definition] = SyncJson.ToStorage(plan.Definition),
        [ModifiedAt] = plan.ModifiedAt,
        [StrictKlaviyo] = plan.StrictKlaviyo,
    }.ToJsonString();

    /// <exception cref="FormatException">Not a stored plan, or one of a newer version.</exception>
    public static UploadPlan Read(string text) => JsonNode.Parse(text) is JsonObject plan && plan[Definition] is { } definition
        ? new UploadPlan(SyncJson.FromStorage(definition.GetValue<string>()), plan[ModifiedAt]?.GetValue<string>(), plan[StrictKlaviyo]?.GetValue<bool>() ?? false)
        : throw new FormatException("The stored plan of an upload cannot be read.");
}
