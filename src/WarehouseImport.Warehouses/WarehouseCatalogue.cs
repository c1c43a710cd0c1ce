using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Warehouses;

/// <summary>The kinds of warehouse this server knows.</summary>
public sealed class WarehouseCatalogue
{
    private readonly Dictionary<string, IWarehouseType> _types;

    /// <exception cref="ArgumentException">Two types have the same name.</exception>
    public WarehouseCatalogue(IEnumerable<IWarehouseType> types)
    {
        _types = types.ToDictionary(type => type.Name, StringComparer.Ordinal);
        Types = [.. _types.Values.OrderBy(type => type.Name, StringComparer.Ordinal)];
    }

    /// <summary>All kinds, ordered by name.</summary>
    public IReadOnlyList<IWarehouseType> Types { get; }

    public bool TryGet(string name, [NotNullWhen(true)] out IWarehouseType? type) => _types.TryGetValue(name, out type);

    /// <exception cref="WarehouseException"><see cref="WarehouseErrors.SettingInvalid"/> if no kind has that name.</exception>
    public IWarehouseType Get(string name) =>
        TryGet(name, out var type)
            ? type
            : throw new WarehouseException(
                WarehouseErrors.SettingInvalid,
                $"'{name}' is not a kind of warehouse.",
                $"Use one of: {string.Join(", ", Types.Select(known => known.Name))}.");
}
