using System.Text.Encodings.Web;
using System.Text.Json;

namespace WarehouseImport.Emulators.Engine;

/// <summary>JSON as the services write it: no escapes beyond what JSON asks for.</summary>
internal static class WireJson
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
