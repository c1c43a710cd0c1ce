using System.Text.Json.Nodes;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>A run's counts as the API gives them.</summary>
internal static class Counts
{
    private static readonly string[] Outcomes = ["created", "updated", "unchanged", "stale", "duplicate", "failed"];

    /// <summary>In the words of the reference fold's counts.</summary>
    public static string Text(JsonNode counts) => string.Join(", ", Outcomes.Select(outcome => $"{outcome} {(long)counts[outcome]!}"));

    public static long Sum(JsonNode counts) => Outcomes.Append("suppressed").Sum(outcome => (long)counts[outcome]!);
}
