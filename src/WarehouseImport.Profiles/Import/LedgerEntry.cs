using System.Text.Json;
using System.Text.Json.Serialization;

namespace WarehouseImport.Profiles.Import;

/// <summary>The stored form of a batch's result: what a replay returns.</summary>
static partial class LedgerEntry
{
    public static byte[] Encode(BatchResult result) => JsonSerializer.SerializeToUtf8Bytes(result, LedgerJson.Default.BatchResult);

    public static BatchResult Decode(byte[] entry) =>
        JsonSerializer.Deserialize(entry, LedgerJson.Default.BatchResult) ?? throw new InvalidDataException("An empty ledger entry.");

    [JsonSerializable(typeof(BatchResult))]
    private sealed partial class LedgerJson : JsonSerializerContext;
}
