using Microsoft.Extensions.Primitives;

namespace WarehouseImport.Emulators.Hosting;

/// <summary>A request that has been read to its end.</summary>
internal sealed record EmulatedRequest(string Method, string Path, IQueryCollection Query, IHeaderDictionary Headers, string Body)
{
    public string? Header(string name) => Headers.TryGetValue(name, out var value) && !StringValues.IsNullOrEmpty(value) ? value.ToString() : null;

    public string? Parameter(string name) => Query.TryGetValue(name, out var value) && !StringValues.IsNullOrEmpty(value) ? value.ToString() : null;
}
