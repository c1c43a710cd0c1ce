using System.Text;
using System.Text.Json;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Merging;

/// <summary>
/// A list property that is written element by element (guarantees section 3): a base list written as a whole, and one register for each distinct
/// element appended or removed after it.
/// </summary>
/// <remarks>
/// Element registers not above the base are dropped: a replacement makes every older statement about single elements void, and an older
/// element write that arrives later is refused for the same reason, so the state is the same in every order of arrival.
/// </remarks>
sealed class ListRegister
{
    private readonly SortedDictionary<string, ElementRegister> _elements = new(StringComparer.Ordinal);

    public Register? Base { get; private set; }

    public IReadOnlyDictionary<string, ElementRegister> Elements => _elements;

    /// <summary>The list as it stands: the base in its own order without removed elements, then appended ones in ordinal order. Null if cleared or never set.</summary>
    public string? Effective
    {
        get
        {
            var baseItems = Base?.Value is { } value ? Items(value) : [];
            var items = new List<string>(baseItems.Count + _elements.Count);
            foreach (var item in baseItems)
            {
                if (!_elements.TryGetValue(item, out var element) || element.IsPresent) items.Add(item);
            }

            var anyPresent = false;
            foreach (var (item, element) in _elements)
            {
                if (!element.IsPresent) continue;
                anyPresent = true;
                if (!baseItems.Contains(item)) items.Add(item);
            }

            if (Base is { Value: null } && !anyPresent) return null;
            return Base is null && _elements.Count == 0 ? null : Join(items);
        }
    }

    /// <summary>The greatest version that has a say in the list.</summary>
    public FieldVersion Version
    {
        get
        {
            var greatest = Base?.Version;
            foreach (var element in _elements.Values)
            {
                if (greatest is null || FieldVersion.CompareKeys(element.Version, greatest.Value) > 0) greatest = element.Version;
            }

            return greatest ?? throw new InvalidOperationException("An empty list register has no version.");
        }
    }

    /// <summary>Number of items the list would have at most after appending; used for the limit of 1 000 items.</summary>
    public int CountWith(IReadOnlyList<string> appended) => (Base?.Value is { } value ? Items(value).Count : 0) + _elements.Keys.Union(appended, StringComparer.Ordinal).Count();

    public WriteEffect Replace(string? value, in FieldVersion version)
    {
        var before = Effective;
        if (Base is { } current && FieldVersion.Compare(version, value, current.Version, current.Value) <= 0)
        {
            return value == before ? WriteEffect.Same : WriteEffect.Superseded;
        }

        Base = new Register(value, version);
        DropVoidElements();
        var after = Effective;
        if (before != after) return WriteEffect.Changed;
        return value == after ? WriteEffect.Same : WriteEffect.Superseded;
    }

    public WriteEffect WriteElements(IReadOnlyList<string> items, bool present, in FieldVersion version)
    {
        var before = Effective;
        foreach (var item in items)
        {
            if (Base is { } current && FieldVersion.CompareKeys(version, current.Version) <= 0) continue;
            var incoming = new ElementRegister(present, version);
            if (!_elements.TryGetValue(item, out var stored) || Compare(incoming, stored) > 0) _elements[item] = incoming;
        }

        var after = Effective;
        if (after != before) return WriteEffect.Changed;
        var standing = after is null ? [] : Items(after);
        return items.All(item => standing.Contains(item) == present) ? WriteEffect.Same : WriteEffect.Superseded;
    }

    /// <summary>Adds every statement that stands in another register of the same field.</summary>
    public void Absorb(ListRegister other)
    {
        if (other.Base is { } whole) Replace(whole.Value, whole.Version);
        foreach (var (item, element) in other._elements) WriteElements([item], element.IsPresent, element.Version);
    }

    public void Restore(Register? baseRegister) => Base = baseRegister;

    public void Restore(string item, ElementRegister element) => _elements[item] = element;

    /// <summary>The canonical items of a canonical JSON array, in order.</summary>
    public static List<string> Items(string jsonArray)
    {
        using var document = JsonDocument.Parse(jsonArray);
        var items = new List<string>(document.RootElement.GetArrayLength());
        foreach (var item in document.RootElement.EnumerateArray()) items.Add(CanonicalJson.Canonicalise(item.GetRawText()));
        return items;
    }

    private static int Compare(ElementRegister left, ElementRegister right)
    {
        var order = FieldVersion.CompareKeys(left.Version, right.Version);
        return order != 0 ? order : right.IsPresent.CompareTo(left.IsPresent);
    }

    private static string Join(List<string> items)
    {
        var json = new StringBuilder("[");
        json.AppendJoin(',', items);
        return json.Append(']').ToString();
    }

    private void DropVoidElements()
    {
        var baseVersion = Base!.Value.Version;
        var dropped = _elements.Where(e => FieldVersion.CompareKeys(e.Value.Version, baseVersion) <= 0).Select(e => e.Key).ToList();
        foreach (var item in dropped) _elements.Remove(item);
    }
}
