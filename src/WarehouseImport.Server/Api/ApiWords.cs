using System.Text.Json;

namespace WarehouseImport.Server.Api;

/// <summary>The words of the API for people who read sentences: <c>succeeded with row errors</c> instead of <c>succeeded_with_row_errors</c>.</summary>
internal static class ApiWords
{
    public static string Spaced<T>(T choice)
        where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString()).Replace('_', ' ');
}
