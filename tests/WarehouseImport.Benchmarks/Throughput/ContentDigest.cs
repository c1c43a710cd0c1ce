using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>The values of many profiles in a number that does not depend on their order.</summary>
readonly record struct ContentDigest(long Profiles, ulong Sum)
{
    /// <summary>Adds a profile's document, nested as the product stores it or flat as the floor does; equal values count as equal.</summary>
    public ContentDigest Add(string document)
    {
        using var json = JsonDocument.Parse(document);
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in json.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Object) fields.Add(member.Name, member.Value.ToString());
            else foreach (var nested in member.Value.EnumerateObject()) fields.Add($"{member.Name}.{nested.Name}", nested.Value.ToString());
        }

        var hash = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join('\n', fields.Select(field => $"{field.Key}={field.Value}"))));
        return new ContentDigest(Profiles + 1, unchecked(Sum + hash));
    }
}
