using System.IO.Compression;
using System.Text;

namespace WarehouseImport.Emulators.Hosting;

/// <summary>An answer before it is sent, so that faults can be put between.</summary>
internal sealed record EmulatedResponse(int Status, byte[] Body)
{
    public string ContentType { get; init; } = "application/json";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <value>Whether the body is sent compressed.</value>
    public bool IsGzip { get; init; }

    public static EmulatedResponse Json(int status, string body) => new(status, Encoding.UTF8.GetBytes(body));

    public byte[] Wire()
    {
        if (!IsGzip) return Body;
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest)) gzip.Write(Body);
        return buffer.ToArray();
    }
}
