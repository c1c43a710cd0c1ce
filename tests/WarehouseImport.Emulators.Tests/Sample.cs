using System.Text.Json;

namespace WarehouseImport.Emulators.Tests;

/// <summary>A recorded or documented cell.</summary>
internal sealed record Sample(string Type, string Value, string Cell, bool AsDouble = false)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<Sample> Read(string service) =>
        JsonSerializer.Deserialize<List<Sample>>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, service, "Samples", "cells.json")), Web)!;
}
